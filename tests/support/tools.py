"""The programs the engine tier runs: built by ``make up`` or ``make tools``, or of the machine."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from local.paths import State

PROGRAMS = ("etcd", "helm", "kube-apiserver", "kube-controller-manager", "kubectl", "pulumi")


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every one of ``PROGRAMS``, to be put at the front of PATH.

    It is named ``bin``: its parent is a root for the Automation API's ``PulumiCommand``.
    """
    return gathered(tmp_path_factory.mktemp("tools") / "bin", PROGRAMS)


def gathered(folder: Path, programs: Sequence[str]) -> Path:
    """Links in ``folder`` to the project's own programs, or to the machine's where the project has none."""
    own = State().bin
    found = {name: shutil.which(name, path=str(own)) or shutil.which(name) for name in programs}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        pytest.fail(f"{', '.join(missing)} neither in {own} nor on PATH: run make up or make tools", pytrace=False)
    folder.mkdir()
    for name, path in found.items():
        (folder / name).symlink_to(Path(str(path)).resolve())
    return folder
