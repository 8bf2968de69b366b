"""Who reaches whom on the real cluster, tried from inside a real notebook and from the hub.

The whole matrix is worked out from the rendered policies in tests/engine/charts/test_reachability.py; here the doors
that matter are pushed. That each one stands open to the node itself shows that what refuses is a policy, not a wall.
"""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local import cluster, directory, lifecycle
from local.cluster import network
from local.host.commands import output
from local.paths import State
from local.tenancy import web
from local.tenancy.addresses import API_SERVICE_ADDRESS, DIRECTORY_NAME, NODE_ADDRESS
from tests.support.kernel import Kernel
from tests.support.person import Person

pytestmark = pytest.mark.cluster

METADATA = "169.254.169.254"
TRY_TIMEOUT_SECONDS = 4

TRY = f"""
import concurrent.futures, json, socket
def attempt(door):
    try:
        socket.create_connection(tuple(door), timeout={TRY_TIMEOUT_SECONDS}).close()
    except ConnectionRefusedError:
        return "refused"
    except OSError as error:
        return type(error).__name__
    return "open"
def attempts(doors):
    with concurrent.futures.ThreadPoolExecutor(max(len(doors), 1)) as pool:
        return dict(zip(doors, pool.map(attempt, doors.values())))
"""

TO_THE_NOTEBOOK = {"hub's API", "users' proxy", "gateway's proxy", "DNS"}
TO_THE_HUB = {"directory", "directory without TLS", "proxy's API", "bob's notebook", "Kubernetes API", "DNS"}

Doors = dict[str, tuple[str, int]]


@pytest.fixture(scope="module")
def state() -> State:
    if not network.can_enforce_policies():
        pytest.skip("network policies are not enforced on this kernel")
    if not cluster.enforces_policies():
        pytest.fail("network policies are not enforced though this kernel can; start the enforcer with make up")
    return State()


@pytest.fixture(scope="module")
def people(state: State) -> dict[str, Person]:
    def at_work(user: str) -> Person:
        directory.grant(state, user, lifecycle.NOTEBOOK_USERS)
        person = Person(state, user)
        assert person.log_in() == 200
        person.start_server()
        return person

    with ThreadPoolExecutor() as pool:
        return dict(zip(("alice", "bob"), pool.map(at_work, ("alice", "bob")), strict=True))


@pytest.fixture(scope="module")
def kernel(people: dict[str, Person]) -> Iterator[Kernel]:
    """Alice's, in her notebook."""
    with Kernel(people["alice"]) as kernel:
        kernel.run(TRY)
        yield kernel


@pytest.fixture(scope="module")
def bobs_scheduler(state: State, people: dict[str, Person]) -> Iterator[str]:
    """The address of the scheduler of a Dask cluster of bob's."""
    with Kernel(people["bob"]) as kernel:
        kernel.run("from dask_gateway import Gateway\ncluster = Gateway().new_cluster()")
        try:
            name = kernel.value("cluster.name").rpartition(".")[2]
            yield address(state, f"gateway.dask.org/cluster={name},app.kubernetes.io/component=dask-scheduler")
        finally:
            kernel.run("cluster.shutdown()")


@pytest.fixture(scope="module")
def doors(state: State, people: dict[str, Person]) -> Doors:
    """Pods by their own addresses, as someone who guesses them would knock; what answers on the node by the node's."""
    del people
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


def kubectl(state: State, *words: str, stdin: str | None = None) -> str:
    return output(
        [state.bin / "kubectl", "--kubeconfig", state.kubeconfig, "--namespace", web.NAMESPACE, *words],
        timeout_seconds=60,
        stdin=stdin,
    )


def address(state: State, selector: str) -> str:
    """The address of the one running pod with these labels."""
    words = ("get", "pods", "--selector", selector, "--field-selector", "status.phase=Running", "--output", "json")
    pods: list[dict[str, Any]] = json.loads(kubectl(state, *words))["items"]
    living = [pod["status"]["podIP"] for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    assert len(living) == 1, (selector, living)
    return str(living[0])


def tried_by_the_node(doors: Doors) -> dict[str, str]:
    there: dict[str, Any] = {}
    exec(TRY, there)  # noqa: S102
    found: dict[str, str] = there["attempts"](doors)
    return found


def tried_by_the_hub(state: State, doors: Doors) -> dict[str, str]:
    code = f"{TRY}\nprint(json.dumps(attempts({doors!r})))"
    found: dict[str, str] = json.loads(kubectl(state, "exec", "--stdin", "deploy/hub", "--", "python3", stdin=code))
    return found


def test_every_door_stands_open_to_the_node_itself(doors: Doors) -> None:
    assert tried_by_the_node(doors) == dict.fromkeys(doors, "open")


def test_a_notebook_reaches_what_it_works_with_and_is_refused_the_rest(kernel: Kernel, doors: Doors) -> None:
    assert kernel.value(f"attempts({doors!r})") == {
        door: "open" if door in TO_THE_NOTEBOOK else "refused" for door in doors
    }


def test_a_notebook_reaches_the_kubernetes_api_by_its_service_no_more_than_by_its_address(kernel: Kernel) -> None:
    """The refusal comes from the address behind the service, so the kernel of who tries may take it for nobody's."""
    service = {"Kubernetes API": (str(API_SERVICE_ADDRESS), 443)}
    assert tried_by_the_node(service) == {"Kubernetes API": "open"}
    assert kernel.value(f"attempts({service!r})")["Kubernetes API"] in ("refused", "TimeoutError")


def test_a_notebook_has_names_from_the_clusters_dns(kernel: Kernel) -> None:
    found = kernel.value(f"[socket.gethostbyname(name) for name in ('hub', '{DIRECTORY_NAME}')]")
    assert found[1] == str(NODE_ADDRESS)
    assert found[0] not in ("", found[1])


def test_a_notebook_reaches_the_hub_and_the_gateway_by_their_services(kernel: Kernel) -> None:
    services = {"hub": ("hub", 8081), "gateway": (f"traefik-{web.NAMESPACE}-dask-gateway", 80)}
    assert kernel.value(f"attempts({services!r})") == dict.fromkeys(services, "open")


def test_the_metadata_service_is_refused_to_notebook_and_hub_by_their_policies(
    state: State, kernel: Kernel, doors: Doors
) -> None:
    """Nothing leaves this machine anyway; the enforcer's own words tell that the policy came first."""
    log = state.logs / "policy-enforcer.log"
    before = log.stat().st_size
    metadata = {"metadata": (METADATA, 80)}
    assert kernel.value(f"attempts({metadata!r})") == {"metadata": "refused"}
    assert tried_by_the_hub(state, metadata) == {"metadata": "refused"}
    said = log.read_bytes()[before:].decode()
    hub = doors["hub's API"][0]
    assert [line for line in said.splitlines() if "jupyter-alice (" in line and f"-> {METADATA}:80" in line], said
    assert [line for line in said.splitlines() if f"({hub})" in line and f"-> {METADATA}:80" in line], said


def test_a_notebook_is_refused_the_scheduler_of_anothers_cluster(kernel: Kernel, bobs_scheduler: str) -> None:
    ports = {"comm": (bobs_scheduler, 8786), "dashboard": (bobs_scheduler, 8787), "API": (bobs_scheduler, 8788)}
    assert tried_by_the_node(ports) == dict.fromkeys(ports, "open")
    assert kernel.value(f"attempts({ports!r})") == dict.fromkeys(ports, "refused")


def test_the_hub_reaches_the_directory_and_what_it_manages(state: State, doors: Doors) -> None:
    found = tried_by_the_hub(state, {door: doors[door] for door in sorted(TO_THE_HUB)})
    assert found == dict.fromkeys(sorted(TO_THE_HUB), "open")


def test_the_hub_is_refused_what_only_others_work_with(state: State, doors: Doors) -> None:
    closed = ("gateway's API", "gateway's proxy")
    assert tried_by_the_hub(state, {door: doors[door] for door in closed}) == dict.fromkeys(closed, "refused")


def test_a_new_pod_is_held_to_its_policies_from_its_first_packet_on(state: State, doors: Doors) -> None:
    """Before the apiserver knows its address, which is when a policy that is looked up by address is easily passed."""
    name = f"first-packet-{time.time_ns()}"
    selector = json.loads(kubectl(state, "get", "networkpolicy", "singleuser", "--output", "json"))["spec"]
    code = f"{TRY}\nprint(json.dumps(attempts({doors!r})))"
    notebook = json.loads(kubectl(state, "get", "pod", "jupyter-alice", "--output", "json"))["spec"]["containers"][0]
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
    assert {door: how for door, how in tried.items() if door not in TO_THE_NOTEBOOK} == {
        door: "refused" for door in doors if door not in TO_THE_NOTEBOOK
    }
