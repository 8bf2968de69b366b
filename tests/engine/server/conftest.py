from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.engine.server.layouts import make_conda_layout
from tests.support.tenancies import tenancy
from tests.support.user_server import UserServer, running_server, server_environment, write_server_files

StartServer = Callable[..., AbstractContextManager[UserServer]]


@pytest.fixture(scope="session")
def server_python() -> Path:
    """The Python interpreter of a virtual environment like that of the local notebook image."""
    return server_environment() / "bin" / "python"


@pytest.fixture(scope="session")
def conda_python(server_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python interpreter of an environment with the layout of conda, which imports users' own packages."""
    return make_conda_layout(server_python, tmp_path_factory.mktemp("conda") / "envs" / "notebook")


@pytest.fixture(scope="session")
def server_command(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command of all servers."""
    return write_server_files(tmp_path_factory.mktemp("code"), tenancy())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def start_server(server_python: Path, server_command: list[str], home: Path, tmp_path: Path) -> StartServer:
    """Return a context manager that starts a server with the user's home."""

    def start(
        python: Path = server_python, environment: Mapping[str, str] | None = None, before: Sequence[str] = ()
    ) -> AbstractContextManager[UserServer]:
        return running_server(python, home, tmp_path, server_command, environment, before)

    return start
