"""Builds of the Go tools: repeated after an interruption, skipped when done, replaced by programs on PATH."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.paths import PROJECT
from local.tools import toolchain

pytestmark = pytest.mark.engine

BUILD_ETCD = """
import sys
from pathlib import Path
from local.paths import State
from local.progress import Report
from local.tools import toolchain
etcd = [tool for tool in toolchain.tools() if tool.name == "etcd"]
toolchain.install(State(Path(sys.argv[1])), Report(), etcd)
"""


def builder(state: Path, *on_path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", BUILD_ETCD, str(state)],
        cwd=PROJECT,
        env={**os.environ, "PATH": os.pathsep.join([*map(str, on_path), os.environ["PATH"]])},
        start_new_session=True,
    )


@dataclass(frozen=True)
class Repeated:
    """A build that was repeated after an interruption; all tests share it, because linking takes many seconds."""

    state: Path
    stamp_after_the_interruption: bool
    exit_code: int

    @property
    def program(self) -> Path:
        return self.state / "bin" / "etcd"


@pytest.fixture(scope="module")
def repeated(tmp_path_factory: pytest.TempPathFactory) -> Repeated:
    state = tmp_path_factory.mktemp("repeated")
    building = builder(state)
    log = state / "logs" / "build-etcd.log"
    while not log.exists() and building.poll() is None:
        time.sleep(0.01)
    os.killpg(building.pid, signal.SIGKILL)
    building.wait()
    stamp = (state / "stamps" / "tool-etcd").exists()
    return Repeated(state, stamp, builder(state).wait(timeout=900))


def test_killed_build_is_repeated(repeated: Repeated) -> None:
    assert not repeated.stamp_after_the_interruption
    assert repeated.exit_code == 0

    printed = subprocess.run([repeated.program, "--version"], capture_output=True, text=True, check=True)
    version = next(tool.version for tool in toolchain.tools() if tool.name == "etcd")
    assert toolchain.has_version(printed.stdout, version)


def test_finished_build_is_not_repeated(repeated: Repeated) -> None:
    built = repeated.program.stat().st_mtime_ns

    assert builder(repeated.state).wait(timeout=60) == 0

    assert repeated.program.stat().st_mtime_ns == built


def test_program_on_path_of_the_pinned_version_is_used(repeated: Repeated, tmp_path: Path) -> None:
    assert builder(tmp_path, repeated.program.parent).wait(timeout=60) == 0

    assert (tmp_path / "bin" / "etcd").resolve() == repeated.program


def test_program_on_path_of_another_version_is_not_used(tmp_path: Path) -> None:
    other = tmp_path / "other" / "etcd"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\necho etcd Version: 3.5.0\n")
    other.chmod(0o755)

    assert builder(tmp_path, other.parent).wait(timeout=900) == 0

    assert not (tmp_path / "bin" / "etcd").is_symlink()


def test_two_processes_build_a_tool_once(tmp_path: Path) -> None:
    first, second = builder(tmp_path), builder(tmp_path)
    assert (first.wait(timeout=900), second.wait(timeout=900)) == (0, 0)

    log = (tmp_path / "logs" / "build-etcd.log").read_text()
    assert len([line for line in log.splitlines() if line.startswith("$ ")]) == 1
