"""The programs that the engine tests run, from the project's own builds or from PATH."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from local.failure import Failure
from local.paths import State
from local.progress import Report
from local.tools import toolchain

PROGRAMS = ("etcd", "helm", "kube-apiserver", "kube-controller-manager", "kubectl", "pulumi")


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every one of ``PROGRAMS``, to be put at the front of PATH.

    It is named ``bin``: its parent is a root for the Automation API's ``PulumiCommand``.
    """
    return link_tools(tmp_path_factory.mktemp("tools") / "bin", PROGRAMS)


def link_tools(folder: Path, programs: Sequence[str]) -> Path:
    """Make ``folder`` with links to the programs; build those that are missing, and those that only tests use.

    Several test processes may call this at once: one of them builds, the others wait.
    """
    state = State()
    wanted = [
        tool
        for tool in toolchain.tools()
        if tool.name in programs and (tool.tests_only or _find(state, tool.name) is None)
    ]
    try:
        if wanted:
            toolchain.install(state, Report(), wanted)
    except Failure as failure:
        pytest.fail(f"{failure}; log: {failure.log}", pytrace=False)
    found = {name: _find(state, name) for name in programs}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        pytest.fail(f"{', '.join(missing)} neither in {state.bin} nor on PATH", pytrace=False)
    folder.mkdir()
    for name, path in found.items():
        (folder / name).symlink_to(Path(str(path)).resolve())
    return folder


def _find(state: State, name: str) -> str | None:
    return shutil.which(name, path=str(state.bin)) or shutil.which(name)
