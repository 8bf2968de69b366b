from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.upgrade.old_stack import GROUP, OldStack, recorded
from tests.support.administrator import Administrator
from tests.support.api_server import ApiServer, throw_away_api_server
from tests.support.directory import ThrowAwayDirectory
from tests.support.gateway_archives import DASK, crd, put_gateway

MIDDLEWARE = "middlewares.traefik.io"


@pytest.fixture
def api_server(tools: Path) -> Iterator[ApiServer]:
    """A cluster of each test's own: the recorded CRDs belong to the whole cluster, and a namespace is kept."""
    with throw_away_api_server(tools) as server:
        yield server


@pytest.fixture
def stack(tmp_path: Path, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer) -> Iterator[OldStack]:
    found = recorded(api_server, directory)
    stack = OldStack(tmp_path, tools, directory, api_server.kubeconfig)
    middleware = crd(MIDDLEWARE, {"redirectScheme": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}})
    put_gateway(tmp_path / "chart", "2026.3.0", [crd(DASK), middleware])
    settings = {key.removeprefix("pangeo:"): value for key, value in found["stackFile"]["config"].items()}
    stack.write(**settings)
    stack.take_over(found["deployment"], api_server, tools)
    with Administrator.at(directory) as administrator:
        (group,) = (each for each in found["deployment"]["resources"] if each["type"].endswith("freeipa:Group"))
        administrator.make(GROUP, group["outputs"]["description"], [directory.user_dn("alice")])
        yield stack
        administrator.delete_groups()
