"""The list of Debian packages."""

import os
from pathlib import Path

import pytest

from local.failure import Failure
from local.host.packages import LIST, install, package_names
from local.paths import State
from local.progress import Report


def test_comments_and_blank_lines_are_ignored() -> None:
    assert package_names("# the node\ncontainerd\n\nrunc # runs containers\n") == ["containerd", "runc"]


def test_packages_are_listed_once() -> None:
    packages = package_names(LIST.read_text())

    assert len(packages) == len(set(packages)) > 0


@pytest.fixture
def refusing_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has none of the packages and whose apt finds none."""
    programs = {
        "dpkg-query": "#!/bin/sh\necho no packages found >&2; exit 1\n",
        "apt-get": '#!/bin/sh\n[ "$1" = update ] || { echo "E: Unable to locate package $4"; exit 100; }\n',
    }
    for name, text in programs.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


def test_refused_package_is_named_with_log_and_fix(refusing_apt: None, tmp_path: Path) -> None:
    with pytest.raises(Failure, match="Unable to locate package containerd") as refused:
        install(State(tmp_path), Report())

    assert refused.value.log == tmp_path / "logs" / "packages.log"
    assert "run make up again" in refused.value.fix
