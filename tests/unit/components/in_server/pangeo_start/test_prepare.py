import sys
from pathlib import Path

import pytest

from components.in_server.pangeo_start.prepare import Preparation, avoid_home, prepare

CODE = Path(__file__).parents[5] / "components" / "in_server"
WORKSPACES = "JUPYTERLAB_WORKSPACES_DIR"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    (folder / ".jupyter" / "lab" / "workspaces").mkdir(parents=True)
    return folder


def start(home: Path, name: str, **variables: str) -> Preparation:
    run = home.parent / f"run-{name}"
    run.mkdir()
    given = {"HOME": str(home), "JUPYTERHUB_SERVER_NAME": name, "PATH": "/bin:/usr/bin", **variables}
    return prepare(sys.executable, run, given, CODE)


def test_servers_with_one_home_have_their_own_layout_and_connection_files(home: Path) -> None:
    usual, further = start(home, ""), start(home, "gpu")

    assert WORKSPACES not in usual.environment, "that of JupyterLab"
    assert further.environment[WORKSPACES] == f"{home}/.jupyter/lab/workspaces-gpu"
    assert usual.environment["JUPYTER_RUNTIME_DIR"] != further.environment["JUPYTER_RUNTIME_DIR"]
    assert usual.problems == further.problems == []


def test_layout_is_beside_the_folder_that_the_image_or_the_operator_chose(home: Path) -> None:
    assert start(home, "gpu", **{WORKSPACES: f"{home}/layouts"}).environment[WORKSPACES] == f"{home}/layouts-gpu"


@pytest.mark.parametrize(("name", "folder"), [("", "workspaces"), ("gpu", "workspaces-gpu")])
def test_server_that_cannot_write_to_the_home_opens_with_its_layout(home: Path, name: str, folder: str) -> None:
    prepared = start(home, name)
    kept = home / ".jupyter" / "lab" / folder
    kept.mkdir(exist_ok=True)
    (kept / "default.jupyterlab-workspace").write_text("{}")

    avoid_home(prepared, is_readable=True)

    used = Path(prepared.environment[WORKSPACES])
    assert prepared.run in used.parents
    assert (used / "default.jupyterlab-workspace").read_text() == "{}"
