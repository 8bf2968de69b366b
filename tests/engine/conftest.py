"""Fixtures of the engine tier: throw-away servers, each shared by all tests of the tier, and the programs they need."""

from collections.abc import Iterator

import pytest

from tests.support.api_server import api_server
from tests.support.directory import directory
from tests.support.grpc_connections import separate_connections
from tests.support.tools import tools

__all__ = ["api_server", "directory", "tools"]


@pytest.fixture(scope="session", autouse=True)
def engine_connections() -> Iterator[None]:
    """A separate gRPC connection to each engine, because one process starts many and kills some of them."""
    with separate_connections():
        yield
