"""Readiness checks of the cluster's parts."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from local.cluster import network
from local.cluster.names import NODE_NAME, PROGRAMS
from local.failure import Failure
from local.host import supervisor
from local.host.commands import tail
from local.paths import State
from local.tenancy.addresses import NODE_ADDRESS

REQUEST_TIMEOUT_SECONDS = 5.0
POLL_SECONDS = 0.1
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"

Check = Callable[[State], bool]


def wait_until(state: State, problem: str, check: Check, programs: Sequence[str], *, timeout_seconds: float) -> None:
    """Wait until ``check`` is true.

    Args:
        state: the state folder.
        problem: the failure's message if the check stays false.
        check: the condition.
        programs: the programs on which the condition depends.
        timeout_seconds: how long to wait.

    Raises:
        Failure: supervisord gave up on one of the programs, or the time is over; names the log of that program.
    """
    deadline = time.monotonic() + timeout_seconds
    while not check(state):
        down = [process for process in supervisor.status(state) if process.name in programs and not process.is_running]
        gave_up = [process.name for process in down if process.state == "FATAL"]
        if not gave_up and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            continue
        suspect = next(iter([*gave_up, *(process.name for process in down)]), programs[-1])
        reason = "ends right after its start" if gave_up else f"is not ready after {timeout_seconds:g} s"
        log = state.logs / f"{suspect}.log"
        last_lines = f"\n{tail(log)}" if log.is_file() else ""
        raise Failure(
            f"{problem}: {suspect} {reason}{last_lines}",
            fix="fix the cause shown in the log and run make up again",
            log=log,
        )


def is_api_ready(state: State) -> bool:
    """Return whether the API server reports that it is ready, with a certificate of the cluster's authority."""
    return _get(state, "/readyz") is not None


def is_node_ready(state: State) -> bool:
    """Return whether kubelet has reported the node as Ready since its start; an older report in etcd does not count."""
    kubelet = next((process for process in supervisor.status(state) if process.name == "kubelet"), None)
    answer = _get(state, f"/api/v1/nodes/{NODE_NAME}")
    if kubelet is None or not kubelet.is_running or answer is None:
        return False
    started = datetime.now(UTC) - timedelta(seconds=kubelet.uptime_seconds + 1)
    return ready_since(answer.json(), started)


def ready_since(node: dict[str, Any], started: datetime) -> bool:
    """Return whether a Node object has the condition Ready with a heartbeat after ``started``."""
    conditions = node.get("status", {}).get("conditions", [])
    return any(
        condition["type"] == "Ready"
        and condition["status"] == "True"
        and datetime.fromisoformat(condition["lastHeartbeatTime"]) >= started
        for condition in conditions
    )


def is_dns_ready(state: State) -> bool:
    """Return whether CoreDNS listens and has read the cluster's services, by its ``ready`` plugin."""
    del state
    return _answers("http://127.0.0.1:8181/ready")


def has_default_storage(state: State) -> bool:
    """Return whether there is a default StorageClass and its provisioner runs."""
    answer = _get(state, "/apis/storage.k8s.io/v1/storageclasses")
    if answer is None:
        return False
    classes = [item["metadata"].get("annotations", {}) for item in answer.json()["items"]]
    running = [process.name for process in supervisor.status(state) if process.is_running]
    return "local-path-provisioner" in running and any(
        annotations.get(DEFAULT_CLASS) == "true" for annotations in classes
    )


def enforces_policies_if_possible(state: State) -> bool:
    """Return whether network policies are enforced, or this kernel cannot enforce them."""
    del state
    return network.enforces_policies() or not network.can_enforce_policies()


def all_run(state: State) -> bool:
    """Return whether every program of the cluster runs."""
    running = {process.name for process in supervisor.status(state) if process.is_running}
    return running.issuperset(PROGRAMS)


def _get(state: State, path: str) -> requests.Response | None:
    with requests.Session() as session:
        # A proxy in the environment does not reach this machine's own addresses.
        session.trust_env = False
        session.verify = str(state.pki / "cluster-ca.crt")
        session.cert = (str(state.pki / "admin.crt"), str(state.pki / "admin.key"))
        try:
            answer = session.get(f"https://{NODE_ADDRESS}:6443{path}", timeout=REQUEST_TIMEOUT_SECONDS)
        except (requests.RequestException, OSError):
            return None
    return answer if answer.ok else None


def _answers(url: str) -> bool:
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(url, timeout=REQUEST_TIMEOUT_SECONDS).ok
        except requests.RequestException:
            return False
