import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from components.chart.server_code import EXTENSION, server_settings
from tests.support.tenancies import tenancy
from tests.support.user_server import UserServer, running_server, server_environment, write_server_files

StartServer = Callable[..., AbstractContextManager[UserServer]]
WriteCommand = Callable[..., list[str]]


@pytest.fixture(scope="session")
def server_python() -> Path:
    """The Python interpreter of a virtual environment like that of the local notebook image."""
    return server_environment() / "bin" / "python"


@pytest.fixture(scope="session")
def write_command(tmp_path_factory: pytest.TempPathFactory) -> WriteCommand:
    """Return a function: the command of servers whose limits are seconds."""

    def write(**seconds: Any) -> list[str]:
        folder = tmp_path_factory.mktemp("code")
        command = write_server_files(folder, tenancy())
        settings = json.loads(server_settings(tenancy()).to_json())
        (folder / EXTENSION / "settings.json").write_text(json.dumps(settings | seconds))
        return command

    return write


@pytest.fixture(scope="session")
def start_server(
    server_python: Path, write_command: WriteCommand, tmp_path_factory: pytest.TempPathFactory
) -> StartServer:
    """Return a context manager: ``with start_server(idle_seconds=20) as server``."""

    @contextmanager
    def start(environment: dict[str, str] | None = None, **seconds: Any) -> Iterator[UserServer]:
        folder = tmp_path_factory.mktemp("server")
        home = folder / "home"
        home.mkdir()
        with running_server(server_python, home, folder, write_command(**seconds), environment) as server:
            yield server

    return start
