"""Who may use a shared folder, and the list that the hub reads."""

from pathlib import Path

import pytest

from components.chart.values import chart_values
from components.in_hub.folders import Folder, folders_text, read_folders
from tests.support.tenancies import tenancy

A = {"name": "a", "claim": "data", "writers": ["w"], "readers": ["r"], "path": "/data", "gid": 5000, "required": False}
B = {"name": "b", "nfs": {"server": "192.0.2.1", "path": "/b", "options": ["port=12049"]}, "readers": "all"}
KEY = "components-in_hub-folders.json"


def test_writers_also_read() -> None:
    folder = Folder("a", "/a", "a", ("w",), ("r",), read_only=False, required=True)
    modes = {group: (folder.is_readable([group]), folder.is_writable([group])) for group in ("w", "r", "x")}
    assert modes == {"w": (True, True), "r": (True, False), "x": (False, False)}


def test_all_users_need_no_group() -> None:
    folder = Folder("a", "/a", "a", (), ("all",), read_only=True, required=True)
    assert (folder.is_readable([]), folder.is_writable([])) == (True, False)


def test_the_hub_reads_what_the_program_mounts(tmp_path: Path) -> None:
    file = tmp_path / "folders.json"
    files = chart_values(tenancy(sharedFolders=[A, B]))["jupyterhub"]["hub"]["extraFiles"]
    file.write_text(files[KEY]["stringData"])
    assert files[KEY]["mountPath"].endswith("/components/in_hub/folders.json")
    assert read_folders(file) == (
        Folder("a", "/data", "data", ("w",), ("r",), read_only=False, required=False, gid=5000),
        Folder(
            "b", "/shared/b", "folder-b", (), ("all",), read_only=False, required=True, server="192.0.2.1", port=12049
        ),
    )


def test_a_tenancy_without_folders_mounts_no_list(tmp_path: Path) -> None:
    assert KEY not in chart_values(tenancy())["jupyterhub"]["hub"]["extraFiles"]
    assert read_folders(tmp_path / "missing.json") == ()


@pytest.mark.parametrize("text", ["", "{}x", "3", "[3]", '[{"name": "a"}]'])
def test_another_file_is_an_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "folders.json"
    file.write_text(text)
    with pytest.raises(ValueError):  # noqa: PT011 - the JSON parser's message, or the function's own
        read_folders(file)


def test_the_text_is_the_same_in_every_run() -> None:
    folder = Folder("a", "/a", "a", ("w",), (), read_only=False, required=True)
    assert folders_text([folder]) == folders_text([folder])
