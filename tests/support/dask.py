"""Dask on the running tenancy: users with servers, their clusters, and the clusters' objects in Kubernetes."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from local import directory, lifecycle
from local.paths import State
from tests.support.kernel import Kernel
from tests.support.kubectl import list_objects
from tests.support.node_capacity import log_in_admin, stop_admin_server
from tests.support.person import Person, local_person

CLEAN_UP_SECONDS = 90
POLL_SECONDS = 0.3

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
    """A user's Dask cluster; it is the variable ``cluster`` of the kernel."""

    name: str
    kernel: Kernel


def log_in_user(state: State, user: str) -> Person:
    """Return a logged-in user who may use notebooks and is not an admin."""
    directory.grant(state, user, lifecycle.NOTEBOOK_USERS)
    person = local_person(state, user)
    assert person.log_in() == 200
    # An earlier test may have made the user an admin, who may open every user's server.
    log_in_admin(state).call("PATCH", f"/hub/api/users/{user}", {"name": user, "admin": False}).raise_for_status()
    return person


def restart_servers(state: State, *users: str) -> dict[str, Person]:
    """Restart the users' servers, so that they have the gateway's address, and free capacity for their clusters."""

    def restart(user: str) -> Person:
        person = log_in_user(state, user)
        person.stop_server()
        person.start_server()
        return person

    with ThreadPoolExecutor() as pool:
        stopping = pool.submit(stop_admin_server, state)
        people = dict(zip(users, pool.map(restart, users), strict=True))
        stopping.result()
    return people


def worker_pods(state: State, cluster: str) -> list[str]:
    """Return the names of a cluster's worker pods that are running or pending."""
    selector = f"gateway.dask.org/cluster={_short(cluster)},app.kubernetes.io/component=dask-worker"
    pods = list_objects(state, "pods", "--selector", selector)
    return [pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] in ("Pending", "Running")]


def cluster_objects(state: State, cluster: str) -> list[str]:
    """Return kind and name of every Kubernetes object of a cluster, except the ``DaskCluster`` object."""
    kinds = "pods,services,secrets,ingressroutes.traefik.io,ingressroutetcps.traefik.io"
    found = list_objects(state, kinds, "--selector", f"gateway.dask.org/cluster={_short(cluster)}")
    return [f"{each['kind']} {each['metadata']['name']}" for each in found]


def wait_until(condition: Callable[[], bool], within_seconds: float, description: str) -> None:
    """Wait until the condition holds, at most ``within_seconds``."""
    deadline = time.monotonic() + within_seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_seconds:g} s: {description}"
        time.sleep(POLL_SECONDS)


def _short(cluster: str) -> str:
    """Return the cluster's name without its namespace."""
    return cluster.partition(".")[2]
