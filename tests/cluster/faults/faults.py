"""Faults of the running tenancy: its parts are killed while alice works, and while an ``up`` runs beside her."""

import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial

from tests.cluster.faults.at_work import PODS, Tenancy
from tests.cluster.faults.small_disk import disk_full_under_the_hubs_database

PROGRAMS = ("etcd", "kube-apiserver", "kubelet", "containerd", "directory", "traefik", "coredns")
IN_UP = ("etcd", "kube-apiserver", "kubelet", "directory", *PODS)
UP_SECONDS = 16.0
"""About as long as an ``up`` takes that gives the hub another setting: preview, Helm, the hub's new pod."""

Kill = Callable[[Tenancy], None]


def kill_program(name: str, tenancy: Tenancy) -> None:
    """SIGKILL to a program of the node or to the directory; supervisor starts it again."""
    os.kill(tenancy.process(name), signal.SIGKILL)


def kill_pod(name: str, tenancy: Tenancy) -> None:
    """A pod is deleted without a grace period; its deployment makes another."""
    tenancy.kubectl("delete", "pod", "--selector", f"component={name}", "--grace-period=0", "--force", "--wait=false")


def killed_in_use(kill: Kill, tenancy: Tenancy) -> str:
    """At a drawn moment while alice writes. Her server's pod goes on through all of it."""
    pod = _pod_of_alice(tenancy)
    with tenancy.nothing_lost():
        time.sleep(tenancy.random.uniform(0, 2))
        kill(tenancy)
        time.sleep(2)
    tenancy.is_as_declared()
    assert _pod_of_alice(tenancy) == pod, "the user's server was not touched"
    return "came back by itself, the user's server went on"


def killed_in_up(kill: Kill, tenancy: Tenancy) -> str:
    """At a drawn moment of an ``up`` that changes the hub, while alice writes; the next ``up`` is clean."""
    pod = _pod_of_alice(tenancy)
    with tenancy.nothing_lost():
        striking = threading.Timer(tenancy.random.uniform(0, UP_SECONDS), kill, [tenancy])
        striking.start()
        went_through = tenancy.changing_up()
        striking.join()
    how = tenancy.next_up()
    tenancy.comes_back()
    tenancy.is_as_declared()
    assert _pod_of_alice(tenancy) == pod, "the user's server was not touched"
    return f"the up {'went through' if went_through else 'failed'}, {how}"


def _pod_of_alice(tenancy: Tenancy) -> str:
    return tenancy.kubectl("get", "pod", f"jupyter-{tenancy.alice.user}", "--output", "jsonpath={.metadata.uid}")


_KILLS: dict[str, Kill] = {
    **{name: partial(kill_program, name) for name in PROGRAMS},
    **{name: partial(kill_pod, name) for name in PODS},
}

FAULTS: dict[str, Callable[[Tenancy], str]] = {
    **{f"{name} killed in use": partial(killed_in_use, kill) for name, kill in _KILLS.items()},
    **{f"{name} killed in up": partial(killed_in_up, _KILLS[name]) for name in IN_UP},
    "disk full under the hub's database": disk_full_under_the_hubs_database,
}
