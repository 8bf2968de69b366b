from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.ci.checkout import checkout
from tests.engine.ci.watched_tenancy import WatchedTenancy
from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory


@pytest.fixture(scope="session")
def deployed_once(
    tmp_path_factory: pytest.TempPathFactory,
    tools: Path,
    directory: ThrowAwayDirectory,
    api_server: ApiServer,
) -> WatchedTenancy:
    """One deployed tenancy for all tests of this folder."""
    stack = WatchedTenancy(tmp_path_factory.mktemp("watched"), tools, directory, api_server.kubeconfig)
    stack.write(clusterName="watched", externalIp="192.0.2.30")
    stack.up()
    return stack


@pytest.fixture
def deployed(deployed_once: WatchedTenancy) -> Iterator[WatchedTenancy]:
    """The deployed tenancy; its stack file is restored after the test."""
    yield deployed_once
    deployed_once.write(clusterName="watched", externalIp="192.0.2.30")


@pytest.fixture
def project(tmp_path: Path, tools: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with the CLI's programs on PATH and an empty backend."""
    folder, variables = checkout(tmp_path, tools)
    for key, value in variables.items():
        monkeypatch.setenv(key, value)
    monkeypatch.chdir(folder)
    return folder
