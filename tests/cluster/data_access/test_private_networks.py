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
from tests.cluster.data_access.settings import FAR, NEAR
from tests.support.connections import TRY, Targets, try_from_the_node
from tests.support.enforced_policies import enforcing_state
from tests.support.kernel import Kernel
from tests.support.notebook_user import NotebookUser

pytestmark = pytest.mark.cluster

TARGETS: Targets = {
    "near": (NEAR, 8080),
    "near, end of the range": (NEAR, 8081),
    "near, another port": (NEAR, 8082),
    "near, port for Dask": (NEAR, 8090),
    "other address": (FAR, 8080),
    "kubelet": (str(NODE_ADDRESS), 10250),
    "Kubernetes API": (str(NODE_ADDRESS), 6443),
    "directory": (str(NODE_ADDRESS), 636),
}
METADATA: Targets = {"metadata": ("169.254.169.254", 80), "metadata of Alibaba": ("100.100.100.200", 80)}

OPEN_TO_NOTEBOOKS = {"near", "near, end of the range"}
OPEN_TO_DASK = OPEN_TO_NOTEBOOKS | {"near, port for Dask"}


@pytest.fixture(scope="module")
def servers() -> Iterator[None]:
    """Programs of this machine that listen at the private addresses."""
    enforcing_state()
    with contextlib.ExitStack() as stack:
        for address in (NEAR, FAR):
            output(["ip", "address", "replace", f"{address}/32", "dev", BRIDGE], timeout_seconds=20)
            stack.callback(output, ["ip", "address", "del", f"{address}/32", "dev", BRIDGE], timeout_seconds=20)
        for target in TARGETS.values():
            if target[0] in (NEAR, FAR):
                # The kernel accepts connections into the queue, so no program needs to.
                stack.enter_context(socket.create_server(target, backlog=64))
        yield


@pytest.fixture(scope="module")
def kernel(servers: None, alice: NotebookUser) -> Kernel:
    """A kernel on a user's server, with a Dask cluster."""
    del servers
    alice.at_cluster.run(TRY)
    return alice.at_cluster


def test_the_node_itself_reaches_every_target(servers: None) -> None:
    del servers
    assert try_from_the_node(TARGETS) == dict.fromkeys(TARGETS, "open")


def test_a_notebook_reaches_its_private_networks_only(kernel: Kernel) -> None:
    assert kernel.value(f"attempts({ {**TARGETS, **METADATA}!r})") == {
        target: "open" if target in OPEN_TO_NOTEBOOKS else "refused" for target in (*TARGETS, *METADATA)
    }


def test_a_dask_worker_reaches_its_private_networks_only(kernel: Kernel) -> None:
    found = kernel.value(f"client.submit(attempts, { {**TARGETS, **METADATA}!r}).result(timeout=60)")
    assert found == {target: "open" if target in OPEN_TO_DASK else "refused" for target in (*TARGETS, *METADATA)}
