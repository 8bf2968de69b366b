"""Faults of the running tenancy: its components are killed while a user works, and during an ``up``."""

import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial

from tests.cluster.faults.small_disk import disk_full_under_the_hubs_database
from tests.cluster.faults.user_at_work import PODS, Tenancy

PROGRAMS = ("etcd", "kube-apiserver", "kubelet", "containerd", "directory", "traefik", "coredns")
KILLED_DURING_UP = ("etcd", "kube-apiserver", "kubelet", "directory", *PODS)
UP_SECONDS = 16.0
"""Approximate duration of an ``up`` that changes a setting of the hub: preview, Helm, the hub's new pod."""

Kill = Callable[[Tenancy], None]


def kill_program(name: str, tenancy: Tenancy) -> None:
    """Kill a program of the node or the directory; supervisor starts it again."""
    os.kill(tenancy.process(name), signal.SIGKILL)


def kill_pod(name: str, tenancy: Tenancy) -> None:
    """Delete a pod without a grace period; its deployment creates another."""
    tenancy.kubectl("delete", "pod", "--selector", f"component={name}", "--grace-period=0", "--force", "--wait=false")


def killed_in_use(kill: Kill, tenancy: Tenancy) -> str:
    """Kill at a random moment while alice writes; her server's pod must keep running."""
    pod = _pod_of_alice(tenancy)
    with tenancy.nothing_lost():
        time.sleep(tenancy.random.uniform(0, 2))
        kill(tenancy)
        time.sleep(2)
    tenancy.assert_no_changes()
    assert _pod_of_alice(tenancy) == pod, "the user's server was restarted"
    return "recovered, the user's server kept running"


def killed_during_up(kill: Kill, tenancy: Tenancy) -> str:
    """Kill at a random moment of an ``up`` that changes the hub, while alice writes; the next ``up`` must be clean."""
    pod = _pod_of_alice(tenancy)
    with tenancy.nothing_lost():
        timer = threading.Timer(tenancy.random.uniform(0, UP_SECONDS), kill, [tenancy])
        timer.start()
        succeeded = tenancy.up_with_change()
        timer.join()
    next_up = tenancy.next_up()
    tenancy.wait_for_recovery()
    tenancy.assert_no_changes()
    assert _pod_of_alice(tenancy) == pod, "the user's server was restarted"
    return f"the up {'succeeded' if succeeded else 'failed'}, {next_up}"


def _pod_of_alice(tenancy: Tenancy) -> str:
    return tenancy.kubectl("get", "pod", f"jupyter-{tenancy.alice.user}", "--output", "jsonpath={.metadata.uid}")


_KILLS: dict[str, Kill] = {
    **{name: partial(kill_program, name) for name in PROGRAMS},
    **{name: partial(kill_pod, name) for name in PODS},
}

FAULTS: dict[str, Callable[[Tenancy], str]] = {
    **{f"{name} killed in use": partial(killed_in_use, kill) for name, kill in _KILLS.items()},
    **{f"{name} killed during up": partial(killed_during_up, _KILLS[name]) for name in KILLED_DURING_UP},
    "disk full under the hub's database": disk_full_under_the_hubs_database,
}
