"""What the engine tier shares: throw-away servers, each one for all of the tier's tests, and the programs they need."""

from collections.abc import Iterator

import pytest

from tests.support.api_server import api_server
from tests.support.directory import directory
from tests.support.grpc_connections import separate_connections
from tests.support.tools import tools

__all__ = ["api_server", "directory", "tools"]


@pytest.fixture(scope="session", autouse=True)
def engines_are_reached() -> Iterator[None]:
    """However many of them one process starts, some to be killed."""
    with separate_connections():
        yield
