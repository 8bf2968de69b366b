"""Private networks on the real node: users' pods reach what ``network.reach`` lists, and nothing else.

The private addresses are further ones of the node. The node itself reaches all of them, so a refusal comes from a
policy.
"""

import contextlib
import socket
from collections.abc import Iterator

import pytest

from local.host.commands import output
from local.tenancy.addresses import BRIDGE, NODE_ADDRESS
from tests.support.connections import TRY, Targets, try_from_the_node
from tests.support.dask import CLEAN_UP_SECONDS
from tests.support.enforced_policies import enforcing_state
from tests.support.kernel import Kernel
from tests.support.node_capacity import stop_admin_server
from tests.support.second_tenancy import SecondTenancy

pytestmark = pytest.mark.cluster

NAME = "private-networks"
STORE, OTHER = "10.79.0.1", "10.79.1.1"
"""An address in the network of an entry, and one outside of all."""

SETTINGS = {
    # Besides the notebooks of the local tenancy, two cores hold only a small one.
    "notebookCpus": 0.2,
    "notebookRamGb": 0.5,
    "network": {
        "reach": [
            {"name": "store", "cidrs": "10.79.0.0/24", "ports": ["8080-8081"]},
            {"name": "dask-only", "cidrs": "10.79.0.0/24", "ports": 8090, "for": "dask"},
        ]
    },
    "dask": {"schedulerRamGb": 0.5, "cpuRequest": 0.02, "workerRamGb": {"min": 0.25, "default": 0.5, "max": 1}},
}

TARGETS: Targets = {
    "store": (STORE, 8080),
    "store, end of the range": (STORE, 8081),
    "store, another port": (STORE, 8082),
    "store, port for Dask": (STORE, 8090),
    "other address": (OTHER, 8080),
    "kubelet": (str(NODE_ADDRESS), 10250),
    "Kubernetes API": (str(NODE_ADDRESS), 6443),
    "directory": (str(NODE_ADDRESS), 636),
}
METADATA: Targets = {"metadata": ("169.254.169.254", 80), "metadata of Alibaba": ("100.100.100.200", 80)}

OPEN_TO_NOTEBOOKS = {"store", "store, end of the range"}
OPEN_TO_DASK = OPEN_TO_NOTEBOOKS | {"store, port for Dask"}

CLUSTER_SECONDS = 180
START_CLUSTER = f"""
from dask_gateway import Gateway
cluster = Gateway().new_cluster()
cluster.scale(1)
client = cluster.get_client()
client.wait_for_workers(1, timeout={CLUSTER_SECONDS})
"""


@pytest.fixture(scope="module")
def servers() -> Iterator[None]:
    """Programs of this machine that listen at the private addresses."""
    with contextlib.ExitStack() as stack:
        for address in (STORE, OTHER):
            output(["ip", "address", "replace", f"{address}/32", "dev", BRIDGE], timeout_seconds=20)
            stack.callback(output, ["ip", "address", "del", f"{address}/32", "dev", BRIDGE], timeout_seconds=20)
        for target in TARGETS.values():
            if target[0] in (STORE, OTHER):
                # The kernel accepts connections into the queue, so no program needs to.
                stack.enter_context(socket.create_server(target, backlog=64))
        yield


@pytest.fixture(scope="module")
def tenancy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondTenancy]:
    tenancy = SecondTenancy(enforcing_state(), tmp_path_factory.mktemp("second"), NAME, **SETTINGS)
    tenancy.wipe()
    stop_admin_server(tenancy.state)
    try:
        tenancy.up()
        yield tenancy
    finally:
        tenancy.wipe()


@pytest.fixture(scope="module")
def kernel(servers: None, tenancy: SecondTenancy) -> Iterator[Kernel]:
    """A kernel on a user's server."""
    del servers
    tenancy.grant("alice")
    tenancy.wait_for_hub()
    alice = tenancy.person("alice")
    assert alice.log_in() == 200
    alice.start_server()
    with Kernel(alice) as kernel:
        kernel.run(TRY)
        yield kernel


def test_the_node_itself_reaches_every_target(servers: None) -> None:
    del servers
    assert try_from_the_node(TARGETS) == dict.fromkeys(TARGETS, "open")


def test_a_notebook_reaches_its_private_networks_only(kernel: Kernel) -> None:
    assert kernel.value(f"attempts({ {**TARGETS, **METADATA}!r})") == {
        target: "open" if target in OPEN_TO_NOTEBOOKS else "refused" for target in (*TARGETS, *METADATA)
    }


def test_a_dask_worker_reaches_its_private_networks_only(kernel: Kernel) -> None:
    kernel.run(START_CLUSTER, CLUSTER_SECONDS)
    try:
        found = kernel.value(f"client.submit(attempts, { {**TARGETS, **METADATA}!r}).result(timeout=60)")
    finally:
        kernel.run("client.close()\ncluster.shutdown()", CLEAN_UP_SECONDS)
    assert found == {target: "open" if target in OPEN_TO_DASK else "refused" for target in (*TARGETS, *METADATA)}
