"""Enforcement of the network policies on the real cluster, tried from a notebook and from the hub.

tests/engine/charts/test_reachability.py derives the whole matrix from the rendered policies; these tests try the most
important targets. The node itself reaches all of them, so a refusal comes from a policy.
"""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from local import directory, lifecycle
from local.paths import State
from local.tenancy import web
from local.tenancy.addresses import API_SERVICE_ADDRESS, DIRECTORY_NAME, NODE_ADDRESS
from tests.support.connections import TRY, Targets, try_from_the_node
from tests.support.enforced_policies import enforcing_state
from tests.support.kernel import Kernel
from tests.support.kubectl import kubectl, list_objects, read_object
from tests.support.person import Person, local_person

pytestmark = pytest.mark.cluster

METADATA = ("169.254.169.254", "168.63.129.16", "192.0.0.192")
"""Metadata servers of most clouds, of Azure and of Oracle."""

SPECIAL = ("198.18.0.1", "192.0.2.1")
"""Addresses in special-purpose networks, which some sites use as private ones."""

TO_THE_NOTEBOOK = {"hub's API", "users' proxy", "gateway's proxy", "DNS"}
TO_THE_HUB = {"directory", "directory without TLS", "proxy's API", "bob's notebook", "Kubernetes API", "DNS"}


@pytest.fixture(scope="module")
def state() -> State:
    return enforcing_state()


@pytest.fixture(scope="module")
def people(state: State) -> dict[str, Person]:
    def start(user: str) -> Person:
        directory.grant(state, user, lifecycle.NOTEBOOK_USERS)
        person = local_person(state, user)
        assert person.log_in() == 200
        person.start_server()
        return person

    with ThreadPoolExecutor() as pool:
        return dict(zip(("alice", "bob"), pool.map(start, ("alice", "bob")), strict=True))


@pytest.fixture(scope="module")
def kernel(people: dict[str, Person]) -> Iterator[Kernel]:
    """A kernel in alice's notebook."""
    with Kernel(people["alice"]) as kernel:
        kernel.run(TRY)
        yield kernel


@pytest.fixture(scope="module")
def bobs_scheduler(state: State, people: dict[str, Person]) -> Iterator[str]:
    """The address of the scheduler of bob's Dask cluster."""
    with Kernel(people["bob"]) as kernel:
        kernel.run("from dask_gateway import Gateway\ncluster = Gateway().new_cluster()")
        try:
            name = kernel.value("cluster.name").rpartition(".")[2]
            yield address(state, f"gateway.dask.org/cluster={name},app.kubernetes.io/component=dask-scheduler")
        finally:
            kernel.run("cluster.shutdown()")


@pytest.fixture(scope="module")
def targets(state: State, people: dict[str, Person]) -> Targets:
    """Addresses and ports of pods, and of the servers on the node."""
    del people  # their notebooks are among the pods
    hub, proxy = address(state, "component=hub"), address(state, "component=proxy")
    gateways_proxy = address(state, "app.kubernetes.io/name=dask-gateway,app.kubernetes.io/component=traefik")
    gateways_api = address(state, "app.kubernetes.io/name=dask-gateway,app.kubernetes.io/component=gateway")
    this_node = str(NODE_ADDRESS)
    return {
        "hub's API": (hub, 8081),
        "users' proxy": (proxy, 8000),
        "proxy's API": (proxy, 8001),
        "bob's notebook": (address(state, "component=singleuser-server,hub.jupyter.org/username=bob"), 8888),
        "gateway's proxy": (gateways_proxy, 8000),
        "gateway's API": (gateways_api, 8000),
        "kubelet": (this_node, 10250),
        "Kubernetes API": (this_node, 6443),
        "directory": (this_node, 636),
        "directory without TLS": (this_node, 389),
        "DNS": (this_node, 53),
    }


def address(state: State, selector: str) -> str:
    """Return the address of the only running pod with these labels."""
    pods = list_objects(state, "pods", "--selector", selector, "--field-selector", "status.phase=Running")
    running = [pod["status"]["podIP"] for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    assert len(running) == 1, (selector, running)
    return str(running[0])


def try_from_the_hub(state: State, targets: Targets) -> dict[str, str]:
    code = f"{TRY}\nprint(json.dumps(attempts({targets!r})))"
    found: dict[str, str] = json.loads(kubectl(state, "exec", "--stdin", "deploy/hub", "--", "python3", stdin=code))
    return found


def test_the_node_itself_reaches_every_target(targets: Targets) -> None:
    assert try_from_the_node(targets) == dict.fromkeys(targets, "open")


def test_a_notebook_reaches_only_what_it_needs(kernel: Kernel, targets: Targets) -> None:
    assert kernel.value(f"attempts({targets!r})") == {
        target: "open" if target in TO_THE_NOTEBOOK else "refused" for target in targets
    }


def test_the_kubernetes_service_is_refused_to_notebooks(kernel: Kernel) -> None:
    """The refusal comes from the address behind the service, so the client's kernel may ignore it and time out."""
    service = {"Kubernetes API": (str(API_SERVICE_ADDRESS), 443)}
    assert try_from_the_node(service) == {"Kubernetes API": "open"}
    assert kernel.value(f"attempts({service!r})")["Kubernetes API"] in ("refused", "TimeoutError")


def test_a_notebook_resolves_names_by_the_clusters_dns(kernel: Kernel) -> None:
    found = kernel.value(f"[socket.gethostbyname(name) for name in ('hub', '{DIRECTORY_NAME}')]")
    assert found[1] == str(NODE_ADDRESS)
    assert found[0] not in ("", found[1])


def test_a_notebook_reaches_the_services_of_hub_and_gateway(kernel: Kernel) -> None:
    services = {"hub": ("hub", 8081), "gateway": (f"traefik-{web.NAMESPACE}-dask-gateway", 80)}
    assert kernel.value(f"attempts({services!r})") == dict.fromkeys(services, "open")


def refusals(state: State, since: int, source: str, address: str) -> list[str]:
    """Return the lines of the enforcer's log about refused connections from ``source`` to the address."""
    entries = (state.logs / "policy-enforcer.log").read_bytes()[since:].decode()
    return [line for line in entries.splitlines() if source in line and f"-> {address}:80" in line]


@pytest.mark.parametrize("address", METADATA)
def test_policies_refuse_metadata_services(state: State, kernel: Kernel, targets: Targets, address: str) -> None:
    """This machine cannot reach the services anyway, so the enforcer's log shows that a policy refused it."""
    before = (state.logs / "policy-enforcer.log").stat().st_size
    metadata = {"metadata": (address, 80)}
    assert kernel.value(f"attempts({metadata!r})") == {"metadata": "refused"}
    assert try_from_the_hub(state, metadata) == {"metadata": "refused"}
    assert refusals(state, before, "jupyter-alice (", address)
    hub = targets["hub's API"][0]
    assert refusals(state, before, f"({hub})", address)


@pytest.mark.parametrize("address", SPECIAL)
def test_policies_refuse_special_purpose_addresses_to_notebooks(state: State, kernel: Kernel, address: str) -> None:
    before = (state.logs / "policy-enforcer.log").stat().st_size
    special = {"special": (address, 80)}
    assert kernel.value(f"attempts({special!r})") == {"special": "refused"}
    assert refusals(state, before, "jupyter-alice (", address)


def test_a_notebook_cannot_reach_schedulers_of_other_users(kernel: Kernel, bobs_scheduler: str) -> None:
    ports = {"comm": (bobs_scheduler, 8786), "dashboard": (bobs_scheduler, 8787), "API": (bobs_scheduler, 8788)}
    assert try_from_the_node(ports) == dict.fromkeys(ports, "open")
    assert kernel.value(f"attempts({ports!r})") == dict.fromkeys(ports, "refused")


def test_the_hub_reaches_the_directory_and_what_it_manages(state: State, targets: Targets) -> None:
    found = try_from_the_hub(state, {target: targets[target] for target in sorted(TO_THE_HUB)})
    assert found == dict.fromkeys(sorted(TO_THE_HUB), "open")


def test_the_hub_cannot_reach_the_gateway(state: State, targets: Targets) -> None:
    closed = ("gateway's API", "gateway's proxy")
    assert try_from_the_hub(state, {target: targets[target] for target in closed}) == dict.fromkeys(closed, "refused")


def test_policies_apply_to_a_new_pods_first_packet(state: State, targets: Targets) -> None:
    """The API server does not know the pod's address yet, so a look-up by address would not find its policies."""
    name = f"first-packet-{time.time_ns()}"
    selector = read_object(state, "networkpolicy", "singleuser")["spec"]
    code = f"{TRY}\nprint(json.dumps(attempts({targets!r})))"
    notebook = read_object(state, "pod", "jupyter-alice")["spec"]["containers"][0]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": selector["podSelector"]["matchLabels"]},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "securityContext": {"runAsUser": 1000, "runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "try",
                    "image": notebook["image"],
                    "imagePullPolicy": notebook["imagePullPolicy"],
                    "command": ["python3", "-c", code],
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                }
            ],
        },
    }
    kubectl(state, "create", "--filename", "-", stdin=json.dumps(pod))
    try:
        kubectl(state, "wait", f"pod/{name}", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=45s")
        tried = json.loads(kubectl(state, "logs", name))
    finally:
        kubectl(state, "delete", "pod", name, "--wait=false")
    assert {target: how for target, how in tried.items() if target not in TO_THE_NOTEBOOK} == {
        target: "refused" for target in targets if target not in TO_THE_NOTEBOOK
    }
