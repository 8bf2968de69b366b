"""Pods of node pools on the real node: they start where their pool is, wait elsewhere, and replace placeholders.

An extended resource that only these pods request stands for the room on the node, so that no other pod is affected.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from components.chart.placement import notebook_traits
from components.config.tenancy import Tenancy
from components.preflight.nodes import compare_pools
from components.readiness.nodes import no_node_fits
from local.cluster.names import NODE_NAME
from local.images.definitions import NOTEBOOK
from local.paths import State
from tests.engine.charts.renders import Object, render_chart
from tests.support.kubectl import kubectl, list_objects, read_object
from tests.support.node_devices import advertised_devices
from tests.support.running_tenancy import running_state
from tests.support.second_tenancy import assembled_chart
from tests.support.tenancies import tenancy
from tests.support.waiting import wait_for, wait_until

pytestmark = pytest.mark.cluster

NAMESPACE = "node-pools"
LABEL, ROOM = "tenancy.test/pool", "tenancy.test/room"
SIZE = {"count": 1, "cpus": 1, "ramGb": 1}
POOLS = [
    {
        **{"name": "present", **SIZE, "labels": {LABEL: "present"}},
        **{"gpus": 1, "gpuResource": ROOM, "placeholders": 1},
    },
    {"name": "absent", **SIZE, "labels": {LABEL: "absent"}, "purposes": ["notebooks"]},
]
PROFILES = [{"name": "Present", "pool": "present", "gpus": 1}, {"name": "Absent", "pool": "absent"}]
CLUSTER_WIDE = ("PriorityClass", f"{NAMESPACE}-placeholder")


@pytest.fixture(scope="module")
def state() -> State:
    return running_state()


@pytest.fixture(scope="module")
def pools() -> Tenancy:
    return tenancy(
        clusterName=NAMESPACE,
        notebookCpus=0.01,
        notebookRamGb=0.1,
        notebook={"image": NOTEBOOK.reference, "prePull": False, "profiles": PROFILES},
        dask={"enabled": False},
        workers={"pools": POOLS},
    )


@pytest.fixture(scope="module")
def node(state: State) -> Iterator[None]:
    """The node with the label of one of the pools, with one unit of room, and with a namespace."""

    def remove() -> None:
        kubectl(state, "delete", "namespace", NAMESPACE, "--ignore-not-found")
        kubectl(state, "delete", *CLUSTER_WIDE, "--ignore-not-found")
        kubectl(state, "label", "node", NODE_NAME, f"{LABEL}-")

    remove()  # what a run that was killed has left
    try:
        kubectl(state, "label", "node", NODE_NAME, f"{LABEL}=present")
        kubectl(state, "create", "namespace", NAMESPACE)
        with advertised_devices(state, ROOM, 1):
            yield
    finally:
        remove()


@pytest.fixture(scope="module")
def placeholder(state: State, node: None, pools: Tenancy, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The UID of the chart's placeholder, which has all of the room."""
    chart = assembled_chart(state, tmp_path_factory.mktemp("chart"))
    objects = render_chart(state.bin / "helm", chart, pools).objects
    own = [objects[CLUSTER_WIDE], objects["StatefulSet", "user-placeholder"]]
    kubectl(state, "apply", "--filename=-", namespace=NAMESPACE, stdin=yaml.safe_dump_all(own))
    return str(wait_for(lambda: placeholder_pod(state), is_running)["metadata"]["uid"])


def placeholder_pod(state: State) -> Object:
    found = list_objects(state, "pods", "--selector=component=user-placeholder", namespace=NAMESPACE)
    return found[0] if found else {}


def is_running(pod: Object) -> bool:
    return bool(pod) and pod["status"].get("phase") == "Running"


def start_server(state: State, pools: Tenancy, name: str, pool: str, **limits: str) -> None:
    """Create a pod that KubeSpawner's settings place as a server with a profile."""
    place = notebook_traits(pools, pool)
    terms = {"nodeSelectorTerms": place["node_affinity_required"]}
    container = {"name": "notebook", "image": NOTEBOOK.reference, "command": ["sleep", "infinity"]}
    pod: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}},
            "tolerations": place["tolerations"],
            "terminationGracePeriodSeconds": 0,
            "containers": [{**container, "resources": {"limits": limits, "requests": limits}}],
        },
    }
    kubectl(state, "create", "--filename=-", namespace=NAMESPACE, stdin=json.dumps(pod))


def refusal(pod: Object) -> str:
    """Return why the scheduler has found no node for a pod; empty if it has, or has not tried yet."""
    conditions = pod.get("status", {}).get("conditions") or []
    found = [each for each in conditions if each["type"] == "PodScheduled" and each["status"] == "False"]
    return str(found[0].get("message") or "") if found else ""


def test_a_server_takes_the_place_of_a_placeholder_on_its_pool(state: State, pools: Tenancy, placeholder: str) -> None:
    start_server(state, pools, "present", "present", cpu="10m", **{ROOM: "1"})

    server = wait_for(lambda: read_object(state, "pod", "present", namespace=NAMESPACE), is_running)
    assert server["spec"]["nodeName"] == NODE_NAME
    successor = wait_for(lambda: placeholder_pod(state), lambda pod: bool(refusal(pod)))
    assert successor["metadata"]["uid"] != placeholder
    assert f"Insufficient {ROOM}" in refusal(successor)


def test_a_server_waits_for_a_node_of_its_pool(state: State, pools: Tenancy, node: None) -> None:
    start_server(state, pools, "absent", "absent", cpu="10m")

    server = wait_for(lambda: read_object(state, "pod", "absent", namespace=NAMESPACE), lambda pod: bool(refusal(pod)))
    assert "node affinity" in refusal(server)
    nodes = list_objects(state, "nodes")
    assert no_node_fits(server, nodes) == "1 of 1 nodes do not have the labels that it requires"


def test_pools_are_compared_with_the_real_node(state: State, pools: Tenancy, node: None) -> None:
    described = pools.nodes.pools if pools.nodes else ()
    # The kubelet copies the room from the node's capacity after a while.
    wait_until(
        lambda: len(list(compare_pools(described, list_objects(state, "nodes")))) == 1, "there are other differences"
    )
    (difference,) = compare_pools(described, list_objects(state, "nodes"))
    assert difference.message.startswith(f"pangeo:workers.pools[1] absent: no node has the labels {LABEL}=absent")
