from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.components.pangeo_cluster.program import Program
from tests.support.api_server import ApiServer, throw_away_api_server
from tests.support.directory import ThrowAwayDirectory


@pytest.fixture(scope="session")
def api_server(tools: Path) -> Iterator[ApiServer]:
    """An API server only for these tests: CRDs are shared, and other tests install the real ones."""
    with throw_away_api_server(tools) as server:
        yield server


NewStack = Callable[[], Program]


@pytest.fixture
def new_stack(tmp_path: Path, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer) -> NewStack:
    """Return a function that creates an empty stack."""
    made: list[Program] = []

    def make() -> Program:
        folder = tmp_path / f"stack-{len(made)}"
        folder.mkdir()
        made.append(Program(folder, tools, directory, api_server.kubeconfig))
        return made[-1]

    return make
