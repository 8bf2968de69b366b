from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

import components.pangeo_cluster
from tests.engine.components.readiness.waiting_stack import WaitingStack
from tests.support.api_server import CONTROLLERS, ApiServer, throw_away_api_server
from tests.support.directory import ThrowAwayDirectory
from tests.support.kubelet import Kubelet, add_node, running_kubelet
from tests.support.tools import link_tools

LIMIT_SECONDS = 300
WORKLOADS = (
    "deployment-controller,replicaset-controller,persistentvolume-binder-controller,"
    "persistentvolumeclaim-protection-controller"
)


@pytest.fixture(scope="module")
def cluster(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """A cluster with a node, a scheduler, and the controllers of workloads and claims."""
    scheduler = link_tools(tmp_path_factory.mktemp("scheduler") / "bin", ["kube-scheduler"]) / "kube-scheduler"
    with throw_away_api_server(tools, f"{CONTROLLERS},{WORKLOADS}", scheduler) as server:
        add_node(server, "small")
        yield server


@pytest.fixture(scope="module")
def kubelet(cluster: ApiServer) -> Iterator[Kubelet]:
    with running_kubelet(cluster) as kubelet:
        yield kubelet


@pytest.fixture(autouse=True, scope="module")
def _limit() -> Iterator[None]:
    """Let a wait that should have ended fail in a reasonable time."""
    with mock.patch.object(components.pangeo_cluster, "RELEASE_TIMEOUT_SECONDS", LIMIT_SECONDS):
        yield


@pytest.fixture(scope="module")
def deployed_once(
    cluster: ApiServer,
    kubelet: Kubelet,
    directory: ThrowAwayDirectory,
    tools: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> WaitingStack:
    """A tenancy whose hub is ready."""
    stack = WaitingStack(tmp_path_factory.mktemp("waiting"), tools, directory, cluster.kubeconfig)
    stack.write(clusterName="waiting", externalIp="192.0.2.40")
    stack.deploy_chart()
    return stack


@pytest.fixture
def stack(deployed_once: WaitingStack) -> Iterator[WaitingStack]:
    yield deployed_once
    deployed_once.deploy_chart()
