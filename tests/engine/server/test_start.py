"""Real notebook servers that start in spite of what is in the user's home, and explain it on their first page."""

import json
import os
import subprocess
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from components.chart.server_code import HOME_VARIABLES
from components.in_hub.home_problems import PROBLEMS_PATH
from tests.engine.server.conftest import StartServer
from tests.engine.server.layouts import install, user_packages
from tests.support.notebook_api import run_code
from tests.support.user_server import UserServer
from tests.support.waiting import wait_until

pytestmark = pytest.mark.engine

PAGE = "/pangeo/start"
FULL_MB = 8

LOGIN_SHELL = 'export PATH={path}; exec "$@"'
"""Script of an entry point like that of Pangeo's own image, which is a login shell."""

WITHOUT_RIGHTS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all")
"""Words before a command that take away the root user's right to write into each folder."""


def explanation(server: UserServer) -> str:
    """Return the text of the first page, which must not be JupyterLab itself."""
    assert server.first_page().startswith(PAGE), server.log()
    answer = server.get(PAGE.lstrip("/"))
    assert answer.status_code == 200
    return unescape(answer.text)


def reported(server: UserServer) -> list[str]:
    """Return the kinds of problems that the hub was told."""
    path = "/hub" + PROBLEMS_PATH
    wait_until(lambda: server.hub.bodies(path), server.log)
    [body] = server.hub.bodies(path)
    return [each["kind"] for each in body["problems"]]


def check_works(server: UserServer) -> None:
    """Check that JupyterLab, the file browser and a kernel work."""
    assert server.get("lab").status_code == 200
    assert server.get("api/contents").status_code == 200
    assert run_code(server, "print(6 * 7)") == "42\n"


def commands(home: Path) -> str:
    """Return the command lines of the processes with this home."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"\0HOME={home}\0".encode() in folder.joinpath("environ").read_bytes():
                found.append(folder.joinpath("cmdline").read_text())
        except OSError:
            continue
    return "\n".join(found)


def test_good_home_opens_with_jupyterlab(start_server: StartServer, home: Path) -> None:
    (home / ".jupyter").mkdir()
    (home / ".jupyter" / "jupyter_server_config.py").write_text("c.ServerApp.shutdown_no_activity_timeout = 4321\n")
    with start_server() as server:
        assert server.first_page().startswith("/lab")
        check_works(server)
        assert reported(server) == []
        assert not (home / ".local" / "share" / "jupyter" / "runtime").exists()


@pytest.fixture
def full_home(home: Path, tmp_path: Path) -> Iterator[Path]:
    """A home with a file system of its own, without a free byte or inode block."""
    image = tmp_path / "home.img"
    with image.open("wb") as file:
        file.truncate(FULL_MB * 1024**2)
    subprocess.run(["mkfs.ext4", "-q", "-O", "^has_journal", "-m", "0", image], check=True, timeout=60)
    subprocess.run(["mount", "-o", "loop", image, home], check=True, timeout=60)
    try:
        fill(home / "big.nc")
        yield home
    finally:
        subprocess.run(["umount", "--lazy", home], check=True, timeout=60)


def fill(file: Path) -> None:
    """Write a file until the file system has no room for another byte."""
    with file.open("wb", buffering=0) as written:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while True:
                    written.write(bytes(size))
            except OSError:
                continue


def test_full_home_can_be_cleaned_in_the_file_browser(start_server: StartServer, full_home: Path) -> None:
    with start_server() as server:
        assert "Your home folder is full (0.0 MB of 0.0 GB are free)" in explanation(server)
        assert reported(server) == ["home-full"]
        check_works(server)
        assert server.request("DELETE", "api/contents/big.nc").status_code == 204
        assert not (full_home / "big.nc").exists()
        assert server.request("PUT", "api/contents/new.txt", {"type": "file", "format": "text", "content": "x"}).ok
    with start_server() as again:
        assert again.first_page().startswith("/lab")
        assert reported(again) == []


def test_read_only_home(start_server: StartServer, home: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", home], check=True, timeout=60)
    try:
        with start_server() as server:
            assert f"Nothing can be saved in your home folder {home}: Read-only file system." in explanation(server)
            assert reported(server) == ["home-unwritable"]
            check_works(server)
    finally:
        subprocess.run(["umount", "--lazy", home], check=True, timeout=60)


def test_home_of_another_user(start_server: StartServer, home: Path) -> None:
    (home / "notes.txt").write_text("mine")
    os.chown(home, 4242, 4242)
    with start_server(before=WITHOUT_RIGHTS) as server:
        assert "Permission denied" in explanation(server)
        assert reported(server) == ["home-unwritable"]
        check_works(server)


def test_unreadable_home(start_server: StartServer, home: Path) -> None:
    os.chown(home, 4242, 4242)
    home.chmod(0o700)
    with start_server(before=WITHOUT_RIGHTS) as server:
        assert "You are in an empty temporary folder instead" in explanation(server)
        assert reported(server) == ["home-unreadable"]
        check_works(server)


def test_broken_configuration_files_are_left_out(start_server: StartServer, home: Path) -> None:
    folder = home / ".jupyter"
    (folder / "labconfig").mkdir(parents=True)
    (folder / "jupyter_server_config.d").mkdir()
    (folder / "jupyter_server_config.py").write_text("c.ServerApp.port = (\n")
    (folder / "jupyter_server_config.json").write_text("{")
    (folder / "jupyter_server_config.d" / "mine.json").write_text("[]")
    (folder / "labconfig" / "page_config.json").write_text('{"disabledExtensions": {')
    with start_server() as server:
        text = explanation(server)
        for name in (
            "~/.jupyter/jupyter_server_config.py",
            "~/.jupyter/jupyter_server_config.json",
            "~/.jupyter/jupyter_server_config.d/mine.json",
            "~/.jupyter/labconfig/page_config.json",
        ):
            assert f"The configuration file {name} is broken and was left out" in text
        assert reported(server) == ["configuration"] * 4
        check_works(server)


@pytest.mark.parametrize(
    "code",
    [
        "import sys\nsys.exit(0)\n",
        "c.ServerApp.contents_manager_class = 'no.such.Class'\n",
        "import os\nos._exit(3)\n",
    ],
)
def test_configuration_that_ends_the_server(start_server: StartServer, home: Path, code: str) -> None:
    (home / ".jupyter").mkdir()
    (home / ".jupyter" / "jupyter_server_config.py").write_text(code)
    with start_server() as server:
        assert "with your own settings, so it was started without them" in explanation(server)
        assert reported(server) == ["start-failed"]
        check_works(server)


def test_old_packages_of_the_user_in_the_layout_of_conda(
    start_server: StartServer, conda_python: Path, home: Path
) -> None:
    folder = user_packages(home)
    for package, name in (("tornado", "tornado"), ("jupyter_server", "jupyter-server"), ("ipykernel", "ipykernel")):
        install(folder, package, "1.0", "raise ImportError('too old')\n", name)
    install(folder, "mine", "1.0", "VALUE = 'my own package'\n")
    with start_server(conda_python) as server:
        text = explanation(server)
        assert "tornado 1.0 (the image has " in text
        assert "pip uninstall --yes ipykernel jupyter-server tornado" in text
        assert reported(server) == ["packages"]
        check_works(server)
        assert run_code(server, "import mine; print(mine.VALUE)") == "my own package\n"


def test_fitting_packages_of_the_user_stay(start_server: StartServer, conda_python: Path, home: Path) -> None:
    install(user_packages(home), "mine", "1.0", "VALUE = 'my own package'\n")
    with start_server(conda_python) as server:
        assert server.first_page().startswith("/lab")
        assert run_code(server, "import mine; print(mine.VALUE)") == "my own package\n"


def test_stray_modules_of_the_user_that_no_package_lists(
    start_server: StartServer, conda_python: Path, home: Path
) -> None:
    folder = user_packages(home) / "traitlets"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise ImportError('a copy of an old traitlets')\n")
    with start_server(conda_python) as server:
        assert "a copy of an old traitlets" in explanation(server)
        assert server.get("lab").status_code == 200


def test_broken_kernel_of_the_user_is_replaced_by_the_images(start_server: StartServer, home: Path) -> None:
    folder = home / ".local" / "share" / "jupyter" / "kernels" / "python3"
    folder.mkdir(parents=True)
    spec = {"argv": ["/gone/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "Old"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    with start_server() as server:
        assert "Your kernel python3 does not start: its program /gone/python does not exist." in explanation(server)
        check_works(server)


def test_shell_that_ends_at_once(start_server: StartServer, home: Path) -> None:
    (home / ".bash_profile").write_text("exit 1\n")
    with start_server(environment={"SHELL": "/bin/bash"}) as server:
        assert "A start file of your shell ends it at once" in explanation(server)
        assert server.request("POST", "api/terminals").ok
        wait_until(lambda: "/bin/bash\0--noprofile\0--norc" in commands(home), server.log)


def test_home_with_pipes_devices_and_programs_in_the_background(start_server: StartServer, home: Path) -> None:
    (home / ".bash_profile").write_text("sleep 1000 &\n")
    (home / ".jupyter").mkdir()
    os.mkfifo(home / ".jupyter" / "jupyter_server_config.py")
    (home / ".jupyter" / "jupyter_lab_config.json").symlink_to("/dev/zero")
    with start_server(environment={"SHELL": "/bin/bash"}) as server:
        assert "jupyter_server_config.py is broken and was left out: it is no regular file" in explanation(server)
        assert reported(server) == ["configuration", "configuration"]
        assert "sleep\0001000" not in commands(home)
        check_works(server)


def test_entry_point_that_reads_the_start_files_of_the_shell(
    start_server: StartServer, server_python: Path, home: Path
) -> None:
    (home / ".bash_profile").write_text("exit 1\n")
    entry_point = ("bash", "--login", "-c", LOGIN_SHELL.format(path=f"{server_python.parent}:{os.defpath}"), "start")
    environment = {**HOME_VARIABLES, "PANGEO_HOME": str(home), "SHELL": "/bin/bash"}
    with start_server(environment=environment, before=entry_point) as server:
        assert "A start file of your shell ends it at once" in explanation(server)
        assert reported(server) == ["shell"]
        assert run_code(server, "import os; print(os.environ['HOME'])") == f"{home}\n"


def test_image_without_python_on_path(start_server: StartServer, server_python: Path, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "jupyterhub-singleuser").symlink_to(server_python.parent / "jupyterhub-singleuser")
    for name in ("sh", "setpriv"):
        (programs / name).symlink_to(f"/usr/bin/{name}")
    with start_server(environment={"PATH": str(programs)}) as server:
        assert server.first_page().startswith("/lab")
        assert "pangeo: no Python 3.9 or later on PATH; the server starts without its preparation" in server.log()
