"""The real single Kubernetes node of the local tenancy.

Its processes are in ``supervisor.conf``, their configuration in ``config/``, what the cluster holds from the start
in ``manifests/``. Work-load data (etcd, images, volumes) survives ``down``; everything else on the machine does not.
"""

from pathlib import Path

from local.cluster import cleaning, configuration, network, ports, readiness
from local.cluster.names import ADDONS, API, CONTAINERD_SOCKET, CORE, ENFORCER, OWNER, PROGRAMS, STORES
from local.cluster.ports import IngressPorts, free_ingress_ports, ingress_ports
from local.failure import Failure
from local.host import supervisor
from local.host.commands import run
from local.host.stamps import digest
from local.paths import State
from local.progress import Report

__all__ = [
    "CONTAINERD_SOCKET",
    "PROGRAMS",
    "IngressPorts",
    "down",
    "enforces_policies",
    "free_ingress_ports",
    "ingress_ports",
    "is_ready",
    "leftovers",
    "up",
]

READY_TIMEOUT_SECONDS = 120.0
KUBECTL_TIMEOUT_SECONDS = 60.0


def up(state: State, report: Report) -> None:
    """Bring the node from whatever it is to Ready, with DNS, a default StorageClass and an ingress controller.

    Only what does not run is started. Leftovers of a node that was killed, of this checkout or another, are
    removed first.

    Raises:
        Failure: another checkout's tenancy or another Kubernetes runs here, a port is taken, or a process does not
            become ready; each names the way on, and the process's log where it has one.
    """
    _refuse_others(state)
    with report.step("Kubernetes: control plane") as step:
        if _runs_as_configured(state) and is_ready(state):
            step.skip("runs already")
            return
        _start_control_plane(state)
    with report.step("Kubernetes: node, DNS, storage, ingress"):
        _start_node(state)
    if not enforces_policies():
        report.console.print(
            "This kernel hands no packets to programs (NFQUEUE): network policies are not enforced.", highlight=False
        )
    chosen = ingress_ports(state)
    if not chosen.are_usual:
        report.console.print(
            f"Port 443 or 80 is taken by another program: the ingress answers on {chosen.https} (https) "
            f"and {chosen.http} (http).",
            highlight=False,
        )


def down(state: State, report: Report) -> None:
    """Stop the node and remove all it made outside the state folder; also when it was killed before.

    Raises:
        Failure: something could not be stopped or removed; lists what.
    """
    other = _other_owner(state)
    with report.step("Kubernetes: stop") as step:
        if other:
            step.skip(f"the node that runs belongs to {other.root}")
            return
        if not _running(state) and not leftovers(state):
            step.skip("does not run")
            return
        _stop(state)
        cleaning.clean(state)


def leftovers(state: State) -> list[str]:
    """What of the node is on the machine outside the state folder, one line each; empty after ``down``.

    Nothing of another checkout's running node is listed.
    """
    return [] if _other_owner(state) else cleaning.leftovers(state)


def enforces_policies() -> bool:
    """Whether pods are held to their network policies now; some kernels hand no packets to programs and cannot."""
    return network.enforces_policies()


def is_ready(state: State) -> bool:
    """Whether every process runs, the node is Ready, DNS answers and there is a default StorageClass.

    And pods are held to their network policies, where the kernel can.
    """
    return (
        readiness.all_run(state)
        and readiness.holds_to_policies(state)
        and readiness.is_api_ready(state)
        and readiness.is_node_ready(state)
        and readiness.is_dns_ready(state)
        and readiness.has_default_storage(state)
    )


def _start_control_plane(state: State) -> None:
    if not _running(state):
        cleaning.clean(state)
    elif not _runs_as_configured(state):
        _stop(state)
    if "traefik" not in _running(state):
        free_ingress_ports(state)
    supervisor.daemon_up(state)
    network.up(state)
    OWNER.write_text(str(state.root.absolute()))
    if not _running(state):
        ports.refuse_taken()
    _started_from(state).write_text(configuration.write(state, ingress_ports(state)))
    supervisor.start(state, *STORES, API)
    _wait(state, "the cluster's API does not answer", readiness.is_api_ready, "etcd", API)


def _stop(state: State) -> None:
    # The apiserver waits for its clients, so they go first; pods run on without all of these.
    supervisor.stop(state, *ADDONS, *CORE)
    supervisor.stop(state, API)
    supervisor.stop(state, *STORES)


def _start_node(state: State) -> None:
    supervisor.start(state, *CORE)
    _apply_manifests(state)
    _remove_interrupted_helpers(state)
    supervisor.start(state, *ADDONS)
    _wait(state, "the node is not Ready", readiness.is_node_ready, "containerd", "kubelet")
    _wait(state, "the cluster's DNS does not answer", readiness.is_dns_ready, "coredns")
    _wait(state, "there is no default StorageClass", readiness.has_default_storage, "local-path-provisioner")
    _wait(state, "network policies are not enforced", readiness.holds_to_policies, ENFORCER)
    _wait(state, "a process of the node does not stay up", readiness.all_run, *PROGRAMS)


def _wait(state: State, what: str, check: readiness.Check, *programs: str) -> None:
    readiness.wait_until(state, what, check, programs, timeout_seconds=READY_TIMEOUT_SECONDS)


def _apply_manifests(state: State) -> None:
    # Remembered beside etcd's data, not with the other stamps: it is true as long as those data are.
    stamp = state.node / "etcd" / "manifests"
    made_from = digest(files=[configuration.MANIFESTS])
    if stamp.is_file() and stamp.read_text() == made_from:
        return
    _kubectl(state, "apply", "--server-side", "--force-conflicts", "-f", str(configuration.MANIFESTS))
    stamp.write_text(made_from)


def _remove_interrupted_helpers(state: State) -> None:
    """A pod that was making or removing a volume when the node stopped never ends; the provisioner makes another."""
    if "local-path-provisioner" not in _running(state):
        _kubectl(state, "delete", "pods", "--all", "--namespace=local-path-storage", "--force", "--grace-period=0")


def _kubectl(state: State, *words: str) -> None:
    # A proxy of the person's environment is for the world outside.
    environment = {"KUBECONFIG": str(state.kubeconfig), "NO_PROXY": "*", "no_proxy": "*"}
    log = state.logs / "kubectl.log"
    run([state.bin / "kubectl", *words], log=log, timeout_seconds=KUBECTL_TIMEOUT_SECONDS, env=environment)


def _running(state: State) -> list[str]:
    known = supervisor.status(state)
    return [process.name for process in known if process.name in PROGRAMS and process.state in supervisor.RUNNING]


def _started_from(state: State) -> Path:
    return state.node / "started-from"


def _runs_as_configured(state: State) -> bool:
    if not _running(state):
        return False
    before = _started_from(state)
    return before.is_file() and before.read_text() == configuration.write(state, ingress_ports(state))


def _refuse_others(state: State) -> None:
    other = _other_owner(state)
    if other:
        raise Failure(
            f"the tenancy of another checkout runs on this machine: its state is {other.root}",
            way_on=f"stop it first: make -C {other.root.parent} down",
        )
    foreign = cleaning.foreign_kubernetes()
    if foreign:
        raise Failure(
            f"another Kubernetes runs on this machine: {foreign}",
            way_on="stop it, or use a machine without one: both would own the same firewall chains and control groups",
        )


def _other_owner(state: State) -> State | None:
    owner = cleaning.owner()
    if owner is None or owner.root == state.root.absolute() or not _running(owner):
        return None
    return owner
