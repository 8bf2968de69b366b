from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.tenancy_stack import TenancyStack


@pytest.fixture(scope="session")
def deployed(
    tmp_path_factory: pytest.TempPathFactory, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer
) -> TenancyStack:
    """A tenancy that the tests of this folder share; a test that changes the deployment restores it."""
    stack = TenancyStack(tmp_path_factory.mktemp("tenancy"), tools, directory, api_server.kubeconfig)
    stack.up()
    return stack


@pytest.fixture
def stack(deployed: TenancyStack, api_server: ApiServer) -> Iterator[TenancyStack]:
    """Give the deployed tenancy, and restore its stack file and variables afterwards."""
    yield deployed
    deployed.write()
    deployed.kubeconfig = api_server.kubeconfig
    deployed.environment = {}
