"""Dask on the running tenancy: people at work, their clusters, and what Kubernetes has of them."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from local import directory, lifecycle
from local.host.commands import output
from local.paths import State
from local.tenancy import web
from tests.support.kernel import Kernel
from tests.support.node_capacity import admin, make_room
from tests.support.person import Person

CLEAN_UP_SECONDS = 90
POLL_SECONDS = 0.3
KUBECTL_TIMEOUT_SECONDS = 60

GATEWAY = """\
import time
started = time.monotonic()
from dask_gateway import Gateway
gateway = Gateway()
"""
NEW_CLUSTER = f"""\
{GATEWAY}
cluster = gateway.new_cluster()
client = cluster.get_client()
"""


@dataclass(frozen=True)
class Cluster:
    """A user's Dask cluster, held by a kernel in whose namespace it is ``cluster``."""

    name: str
    kernel: Kernel


def logged_in(state: State, user: str) -> Person:
    """A user who may use notebooks and is nobody's admin."""
    directory.grant(state, user, lifecycle.NOTEBOOK_USERS)
    person = Person(state, user)
    assert person.log_in() == 200
    # Who was made an admin by hand stays one, and an admin may open every user's server.
    admin(state).call("PATCH", f"/hub/api/users/{user}", {"name": user, "admin": False}).raise_for_status()
    return person


def at_work(state: State, *users: str) -> dict[str, Person]:
    """Users with servers that started just now, and so know of the gateway; and room for their clusters."""

    def start(user: str) -> Person:
        person = logged_in(state, user)
        person.stop_server()
        person.start_server()
        return person

    with ThreadPoolExecutor() as pool:
        stopping = pool.submit(make_room, state)
        people = dict(zip(users, pool.map(start, users), strict=True))
        stopping.result()
    return people


def kubectl(state: State, *words: str, stdin: str | None = None) -> str:
    return output(
        [state.bin / "kubectl", "--kubeconfig", state.kubeconfig, "--namespace", web.NAMESPACE, *words],
        stdin=stdin,
        timeout_seconds=KUBECTL_TIMEOUT_SECONDS,
    )


def listed(state: State, kind: str, selector: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(kubectl(state, "get", kind, "--selector", selector, "-o", "json"))["items"]
    return found


def workers(state: State, cluster: str) -> list[str]:
    """The pods of a cluster's workers that run or are about to."""
    short = cluster.partition(".")[2]
    pods = listed(state, "pods", f"gateway.dask.org/cluster={short},app.kubernetes.io/component=dask-worker")
    return [pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] in ("Pending", "Running")]


def objects(state: State, cluster: str) -> list[str]:
    """Everything in Kubernetes that belongs to a cluster, save the record that there was one."""
    selector = f"gateway.dask.org/cluster={cluster.partition('.')[2]}"
    kinds = "pods,services,secrets,ingressroutes.traefik.io,ingressroutetcps.traefik.io"
    return [f"{found['kind']} {found['metadata']['name']}" for found in listed(state, kinds, selector)]


def eventually(holds: Callable[[], bool], within_seconds: float, what: str) -> None:
    deadline = time.monotonic() + within_seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {within_seconds:g} s: {what}"
        time.sleep(POLL_SECONDS)
