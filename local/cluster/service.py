"""Start and stop the cluster, from any state."""

from pathlib import Path

from local.cluster import cleaning, configuration, network, ports, readiness
from local.cluster.names import ADDONS, API, CORE, ENFORCER, OWNER, PROGRAMS, STORES
from local.failure import Failure
from local.host import supervisor
from local.host.commands import run
from local.host.stamps import digest
from local.paths import State
from local.progress import Report
from local.tenancy import addresses
from local.tenancy.ingress_ports import ingress_ports

READY_TIMEOUT_SECONDS = 120.0
KUBECTL_TIMEOUT_SECONDS = 60.0


def up(state: State, report: Report) -> None:
    """Bring the cluster to Ready, with DNS, a default StorageClass and an ingress controller.

    Only what does not run is started. Leftovers of a node that was killed, of this checkout or another one, are
    removed first.

    Raises:
        Failure: as ``refuse_other_clusters``; or a port is in use, or a process does not become ready.
    """
    refuse_other_clusters(state)
    start_control_plane(state, report)
    start_node(state, report)


def refuse_other_clusters(state: State) -> None:
    """Check that no other cluster runs on this machine.

    Raises:
        Failure: the local tenancy of another checkout or another Kubernetes runs here.
    """
    other = _other_owner(state)
    if other:
        raise Failure(
            f"the tenancy of another checkout runs on this machine: its state is {other.root}",
            fix=f"stop it first: make -C {other.root.parent} down",
        )
    foreign = cleaning.foreign_kubernetes()
    if foreign:
        raise Failure(
            f"another Kubernetes runs on this machine: {foreign}",
            fix="stop it, or use a machine without one: both use the same firewall chains and control groups",
        )


def start_control_plane(state: State, report: Report) -> None:
    """Start supervisord, the pod network, etcd, containerd and the API server, and wait until the API is ready."""
    with report.step("Kubernetes: control plane") as step:
        if _runs_as_configured(state) and is_ready(state):
            step.skip("already running")
            return
        if not _running(state):
            cleaning.clean(state)
        elif not _runs_as_configured(state):
            _stop(state)
        if "traefik" not in _running(state):
            ports.choose_ingress_ports(state)
        supervisor.daemon_up(state, addresses.variables())
        network.up(state)
        OWNER.write_text(str(state.root.absolute()))
        if not _running(state):
            ports.refuse_ports_in_use()
        _configuration_record(state).write_text(configuration.write(state, ingress_ports(state)))
        supervisor.start(state, *STORES, API)
        _wait(state, "the cluster's API does not answer", readiness.is_api_ready, "etcd", API)


def start_node(state: State, report: Report) -> None:
    """Start the other processes of the cluster, apply its first objects, and wait until everything is ready."""
    with report.step("Kubernetes: node, DNS, storage, ingress"):
        supervisor.start(state, *CORE)
        _apply_manifests(state)
        _remove_interrupted_helpers(state)
        supervisor.start(state, *ADDONS)
        _wait(state, "the node is not Ready", readiness.is_node_ready, "containerd", "kubelet")
        _wait(state, "the cluster's DNS does not answer", readiness.is_dns_ready, "coredns")
        _wait(state, "there is no default StorageClass", readiness.has_default_storage, "local-path-provisioner")
        _wait(state, "network policies are not enforced", readiness.enforces_policies_if_possible, ENFORCER)
        _wait(state, "a process of the cluster does not keep running", readiness.all_run, *PROGRAMS)
    if not network.enforces_policies():
        report.console.print(
            "Network policies are not enforced: this kernel has no packet queues (NFQUEUE).", highlight=False
        )
    chosen = ingress_ports(state)
    if not chosen.are_default:
        report.console.print(
            f"Port 443 or 80 is in use by another program: the ingress answers on {chosen.https} (https) "
            f"and {chosen.http} (http).",
            highlight=False,
        )


def down(state: State, report: Report) -> None:
    """Stop the cluster and remove everything it made outside the state folder; also after its processes were killed.

    Raises:
        Failure: something could not be stopped or removed; lists it.
    """
    other = _other_owner(state)
    with report.step("Kubernetes: stop") as step:
        if other:
            step.skip(f"the running cluster belongs to {other.root}")
            return
        if not _running(state) and not leftovers(state):
            step.skip("not running")
            return
        _stop(state)
        cleaning.clean(state)


def leftovers(state: State) -> list[str]:
    """Traces of the cluster on the machine outside the state folder, one line each; empty after ``down``.

    The list contains nothing that another checkout's running cluster uses.
    """
    return [] if _other_owner(state) else cleaning.leftovers(state)


def is_ready(state: State) -> bool:
    """Return whether every process runs, the node is Ready, DNS answers and there is a default StorageClass.

    Network policies must also be enforced, if the kernel can.
    """
    return (
        readiness.all_run(state)
        and readiness.enforces_policies_if_possible(state)
        and readiness.is_api_ready(state)
        and readiness.is_node_ready(state)
        and readiness.is_dns_ready(state)
        and readiness.has_default_storage(state)
    )


def _stop(state: State) -> None:
    # The clients of the API server stop first, because it waits for them. Pods keep running without all of these.
    supervisor.stop(state, *ADDONS, *CORE)
    supervisor.stop(state, API)
    supervisor.stop(state, *STORES)


def _wait(state: State, problem: str, check: readiness.Check, *programs: str) -> None:
    readiness.wait_until(state, problem, check, programs, timeout_seconds=READY_TIMEOUT_SECONDS)


def _apply_manifests(state: State) -> None:
    # Recorded with etcd's data, not with the other stamps, because it holds only for those data.
    stamp = state.node / "etcd" / "manifests"
    inputs_digest = digest(files=[configuration.MANIFESTS])
    if stamp.is_file() and stamp.read_text() == inputs_digest:
        return
    _kubectl(state, "apply", "--server-side", "--force-conflicts", "-f", str(configuration.MANIFESTS))
    stamp.write_text(inputs_digest)


def _remove_interrupted_helpers(state: State) -> None:
    """Delete pods that were interrupted while they made or removed a volume; the provisioner makes new ones."""
    if "local-path-provisioner" not in _running(state):
        _kubectl(state, "delete", "pods", "--all", "--namespace=local-path-storage", "--force", "--grace-period=0")


def _kubectl(state: State, *words: str) -> None:
    # A proxy in the environment does not reach this machine's own addresses.
    environment = {"KUBECONFIG": str(state.kubeconfig), "NO_PROXY": "*", "no_proxy": "*"}
    log = state.logs / "kubectl.log"
    run([state.bin / "kubectl", *words], log=log, timeout_seconds=KUBECTL_TIMEOUT_SECONDS, env=environment)


def _running(state: State) -> list[str]:
    known = supervisor.status(state)
    return [process.name for process in known if process.name in PROGRAMS and process.state in supervisor.RUNNING]


def _configuration_record(state: State) -> Path:
    return state.node / "started-from"


def _runs_as_configured(state: State) -> bool:
    if not _running(state):
        return False
    before = _configuration_record(state)
    return before.is_file() and before.read_text() == configuration.write(state, ingress_ports(state))


def _other_owner(state: State) -> State | None:
    owner = cleaning.owner()
    if owner is None or owner.root == state.root.absolute() or not _running(owner):
        return None
    return owner
