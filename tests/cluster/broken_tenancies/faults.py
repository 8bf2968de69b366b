"""Faults of a tenancy that ``verify`` must diagnose. Each is made for the time of a block, and undone after it."""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from components.chart.dask_access import SERVICE, gateway_object
from components.cli.diagnose.checks import CheckEnvironment
from components.cli.diagnose.result import Status
from components.ownership.claims import DATABASE_CLAIM
from local import cluster, directory
from local.cluster.names import ENFORCER
from local.host import supervisor
from local.paths import State
from tests.cluster.faults.user_at_work import wait_until
from tests.support.kubectl import list_objects
from tests.support.limiting_ingress import Limits
from tests.support.node_capacity import GIB, free_amount
from tests.support.second_tenancy import SecondTenancy
from tests.support.verification import Site

ROOM_FOR_A_SCHEDULER_BYTES = 0.3 * GIB
"""Memory that is left beside a server: less than a Dask scheduler requests."""

SECONDS = "300s"

_GATEWAY_VALUES = "values.json"
_SERVICE = '"jupyterhubServiceName":"{}"'
"""Part of the gateway's configuration in the chart of this machine."""


@dataclass(frozen=True)
class Broken:
    """The tenancy that faults are made in."""

    state: State
    tenancy: SecondTenancy
    site: Site

    @property
    def server_bytes(self) -> float:
        """Memory of a user's server."""
        return float(self.site.tenancy.notebook_ram_gb) * GIB

    def settle(self) -> None:
        """Wait until hub, proxy and gateway run."""
        deployments = self.tenancy.objects("deployments")
        for each in deployments:
            self.tenancy.kubectl("rollout", "status", f"deployment/{each}", f"--timeout={SECONDS}")


@dataclass(frozen=True)
class Fault:
    """A fault, and what ``verify`` must report."""

    name: str
    make: Callable[[Broken], AbstractContextManager[CheckEnvironment | None]]
    subject: str
    words: str
    """Part of the message."""
    status: Status = Status.BROKEN


@contextmanager
def ingress(broken: Broken, limits: Limits, **options: Any) -> Iterator[CheckEnvironment]:
    """Put an ingress with these limits before the real one."""
    with tempfile.TemporaryDirectory() as folder, broken.site.behind(Path(folder), limits, **options) as env:
        yield env


@contextmanager
def no_enforcement(broken: Broken) -> Iterator[None]:
    """Stop the program that enforces policies, as a network plugin without them behaves."""
    supervisor.stop(broken.state, ENFORCER)
    try:
        yield
    finally:
        supervisor.start(broken.state, ENFORCER)
        wait_until("policies are enforced", cluster.enforces_policies)


@contextmanager
def refused_tokens(broken: Broken) -> Iterator[None]:
    """Let the gateway require the permission of another service, so that every notebook's token is wrong for it.

    Its own token does not matter: dask-gateway 2026.3.0 asks the hub with the notebook's.
    """
    name = gateway_object(broken.site.tenancy, "api")
    right = json.loads(broken.tenancy.kubectl("get", "configmap", name, "--output", "json"))["data"][_GATEWAY_VALUES]
    wrong = right.replace(_SERVICE.format(SERVICE), _SERVICE.format("another"))
    assert wrong != right
    try:
        _configure_gateway(broken, name, wrong)
        yield
    finally:
        _configure_gateway(broken, name, right)


def _configure_gateway(broken: Broken, name: str, values: str) -> None:
    change = json.dumps({"data": {_GATEWAY_VALUES: values}})
    broken.tenancy.kubectl("patch", "configmap", name, "--patch-file=/dev/stdin", stdin=change)
    broken.tenancy.kubectl("rollout", "restart", f"deployment/{name}")
    broken.settle()


@contextmanager
def taken_memory(broken: Broken, left_bytes: Callable[[Broken], float]) -> Iterator[None]:
    """Let a pod request the node's free memory except for this much."""
    nodes, pods = list_objects(broken.state, "nodes"), list_objects(broken.state, "pods", "--all-namespaces")
    taken = int(free_amount(nodes, pods, "memory") - left_bytes(broken))
    container = {
        "name": "takes-room",
        "image": str(broken.site.tenancy.notebook.image),
        "imagePullPolicy": "IfNotPresent",
        "command": ["sleep", "3600"],
        "resources": {"requests": {"memory": str(taken), "cpu": "1m"}},
    }
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0, "automountServiceAccountToken": False}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "takes-room", "namespace": "default"}, "spec": spec}
    broken.tenancy.kubectl("apply", "--namespace=default", "--filename=-", stdin=json.dumps(pod))
    try:
        wait = ("--namespace=default", "--for=condition=PodScheduled", "--timeout=60s")
        broken.tenancy.kubectl("wait", "pod/takes-room", *wait)
        yield
    finally:
        broken.tenancy.kubectl("delete", "pod", "takes-room", "--namespace=default", "--wait=true")


@contextmanager
def missing_claim(broken: Broken) -> Iterator[None]:
    """Delete the claim of the hub's database, and the hub's pod, which then cannot start; afterwards create another."""
    claim = json.loads(broken.tenancy.kubectl("get", "pvc", DATABASE_CLAIM, "--output", "json"))
    broken.tenancy.kubectl("delete", "pvc", DATABASE_CLAIM, "--wait=false")
    broken.tenancy.kubectl("delete", "pod", "--selector=component=hub", "--wait=true")
    try:
        yield
    finally:
        labels = claim["metadata"]["labels"]
        spec = {key: value for key, value in claim["spec"].items() if key != "volumeName"}
        metadata = {"name": DATABASE_CLAIM, "labels": labels}
        broken.tenancy.apply({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec})
        broken.settle()


@contextmanager
def stopped_directory(broken: Broken) -> Iterator[None]:
    """Stop the directory."""
    directory.down(broken.state)
    try:
        yield
    finally:
        supervisor.start(broken.state, "directory")
        wait_until("the directory is ready", lambda: directory.is_ready(broken.state))


FAULTS = (
    Fault(
        "no policy enforcement", no_enforcement, "network policies are enforced", "which the network policies forbid"
    ),
    Fault("1 MB body limit", partial(ingress, limits=Limits(body_bytes=1_000_000)), "upload", "(HTTP 413)"),
    Fault("30 s websocket timeout", partial(ingress, limits=Limits(idle_seconds=30)), "idle websocket", "was closed"),
    Fault("wrong gateway token", refused_tokens, "dask", "401"),
    Fault(
        "no room for Dask",
        partial(taken_memory, left_bytes=lambda broken: broken.server_bytes + ROOM_FOR_A_SCHEDULER_BYTES),
        "dask",
        "no room",
        Status.UNKNOWN,
    ),
    Fault(
        "full node", partial(taken_memory, left_bytes=lambda _: 0.1 * GIB), "server", "no node has room", Status.UNKNOWN
    ),
    Fault("expired certificate", partial(ingress, limits=Limits(), is_expired=True), "hub certificate", "and not now"),
    Fault("HTTP without redirect", partial(ingress, limits=Limits(), redirects=False), "plain http", "log-in form"),
    Fault("directory down", stopped_directory, "hub to directory", "HTTP"),
    Fault("hub without its claim", missing_claim, "pods", "hub-db-dir"),
)
"""All faults; the last one loses the hub's database."""
