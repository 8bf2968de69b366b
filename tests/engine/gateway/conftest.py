import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.paths import State
from local.stand_ins.charts.assemble import assemble, chart_sources
from tests.engine.charts.renders import render_chart
from tests.engine.gateway.gateway_processes import Gateway, running_gateway
from tests.support.api_server import ApiServer
from tests.support.tenancies import tenancy
from tests.support.tools import link_tools
from tests.support.virtual_environment import virtual_environment

TENANCY = {
    "clusterName": "gateway-test",
    "registries": {"mirror": "mirror.example.org/cache", "pullSecrets": ["registry-login"]},
    "notebook": {
        "prePull": False,
        "image": "docker.io/example/notebook:7",
        "environment": {
            "STORE_URL": "https://all.example.org/$(HOME)/{}",
            "STORE_KEY": {"secret": "store-keys", "key": "all"},
        },
        "profiles": [
            {"name": "Lean", "image": "docker.io/example/lean:7"},
            {"name": "GPU", "image": "docker.io/example/gpu:7", "groups": ["modellers"]},
            {
                "name": "Own",
                "groups": ["authors"],
                "images": [{"name": "Listed", "image": "docker.io/example/listed:7"}],
                "customImages": {"pattern": "docker.io/authors/**"},
            },
        ],
    },
    "dask": {
        "clustersPerUser": 2,
        "totalCores": 50,
        "totalRamGb": 100,
        "workerCores": {"max": 4},
        "maxCores": 8,
        "schedulerCores": 0.5,
        "schedulerRamGb": 1.5,
    },
}


@pytest.fixture(scope="session")
def gateway_program() -> Path:
    """The program ``dask-gateway-server`` in a virtual environment, which is created once per set of requirements."""
    requirements = Path(__file__).with_name("requirements.txt")
    folder = virtual_environment("gateway", requirements, ["base", "gateway", "notebook"])
    return folder / "bin" / "dask-gateway-server"


@pytest.fixture(scope="session")
def gateway(
    gateway_program: Path, api_server: ApiServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """The gateway of one tenancy, from the charts that the environment selects."""
    with gateway_of(gateway_program, api_server, tmp_path_factory, **TENANCY) as running:
        yield running


@contextmanager
def gateway_of(
    program: Path, api_server: ApiServer, folders: pytest.TempPathFactory, **settings: Any
) -> Iterator[Gateway]:
    """Run the gateway of a tenancy inside the block, from the charts that the environment selects.

    Args:
        program: the gateway's program.
        api_server: the API server, which several gateways share.
        folders: creates temporary folders.
        settings: keys of the stack file.
    """
    state = State(folders.mktemp("charts"))
    link_tools(state.bin, ["helm"])
    render = render_chart(state.bin / "helm", assemble(state), tenancy(**settings))
    crds = chart_sources(os.environ) / "dask-gateway" / "crds"
    with running_gateway(program, api_server, render, crds, folders.mktemp("gateway")) as running:
        yield running
