"""Pre-flight checks of the target cluster: its identity, CRDs, existing objects, ingress controller, stuck release."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from components.chart.crds import InstalledCrd
from components.chart.secrets import SECRET_NAME
from components.cluster.addresses import ClusterAddresses, read_addresses
from components.cluster.client import ReadWriteApi, connect_to_cluster
from components.cluster.crds import installed_crds
from components.cluster.errors import CannotAsk
from components.cluster.identity import ClusterId, read_cluster_id
from components.cluster.kubeconfig import find_kubeconfig
from components.cluster.objects import find_object, namespace_path, object_path, storage_class_path
from components.cluster.releases import latest_revision, stuck_release
from components.config.stack_file import stack_path
from components.config.tenancy import Tenancy
from components.ownership.existing import FoundObject
from components.preflight.addresses import describe_open_addresses, describe_problems, describe_reached_addresses
from components.preflight.findings import Findings
from components.preflight.home_growth import home_growth_warnings
from components.preflight.hub_database import check_database
from components.preflight.ingress import (
    ServingController,
    assume_controller,
    find_controller,
    read_ingress_classes,
    require_middlewares,
)
from components.preflight.monitoring import find_monitoring_kinds, unknown_kinds_warning
from components.preflight.network import check_api_server, refuse_closed_servers
from components.preflight.node_limits import node_limit_warnings
from components.preflight.nodes import pool_warnings
from components.preflight.secrets import check_secrets
from components.preflight.shared_folders import check_folders
from components.preflight.snapshots import check_snapshots
from components.preflight.switch import only_warns
from components.programs import report_on_stderr
from components.resources.ingress import Manifest, https_redirect, hub_ingress
from components.resources.monitoring import monitoring_manifests
from components.resources.shared_folders import folder_manifests

CLUSTER_CHECK_VARIABLE = "PANGEO_CLUSTER_CHECK"
"""Environment variable: ``refuse`` (the default) or ``warn``.

With ``warn``, a preview in a CI system that cannot reach the cluster continues. ``pulumi up`` always needs the cluster.
"""


class ClusterRefused(Exception):
    """The cluster cannot be reached, or its Helm release is stuck. The text is for the operator."""


class ClusterFacts(NamedTuple):
    """The facts that the checks read from the cluster."""

    id: ClusterId | None
    """None where a preview continues without access to the cluster."""
    warnings: tuple[str, ...]
    """Messages for the operator."""
    ingress: ServingController
    crds: Mapping[str, InstalledCrd] | None = None
    """Installed CRDs by name; None where the cluster was not reached or Dask is off."""
    monitoring: frozenset[str] = frozenset()
    """Kinds of the Prometheus Operator; none without the section ``metrics``."""
    objects: tuple[FoundObject, ...] = ()
    """Existing objects with the names of those that the program declares."""


def verify_cluster(
    tenancy: Tenancy,
    *,
    stack: str,
    preview: bool,
    environment: Mapping[str, str],
    report: Callable[[str], None] = report_on_stderr,
) -> ClusterFacts:
    """Read the facts from the cluster that the stack's provider will use, with the same kubeconfig and context.

    Args:
        tenancy: the tenancy to deploy.
        stack: the stack's name, for messages.
        preview: whether this run is a preview. A stuck release is then a warning only, as another run may be active.
        environment: variables that name the kubeconfig, and ``PANGEO_CLUSTER_CHECK``.
        report: receives the messages of a log-in program in the kubeconfig while it runs.

    Raises:
        ClusterRefused: the cluster cannot be read (unless ``PANGEO_CLUSTER_CHECK`` is ``warn`` in a preview), or its
            release is stuck, or users could reach public addresses of the cluster that the stack file does not mention.
        InvalidTenancy: ``PANGEO_CLUSTER_CHECK`` has an unknown value, nothing would redirect the log-in page to
            ``https://`` (``preflight.ingress``), a Secret, claim or storage class in the stack file is missing
            (``preflight.secrets``, ``preflight.shared_folders``), the claim of the database cannot have its size
            (``preflight.hub_database``), a class of ``backup`` cannot be used (``preflight.snapshots``), or a key of
            ``network`` does not fit the cluster (``preflight.network``).
    """
    source = str(stack_path(stack))
    may_go_on = only_warns(CLUSTER_CHECK_VARIABLE, environment) and preview
    findings = Findings(source)
    ingress = ServingController(tenancy.ingress.class_name, None, "cluster", "", ())  # until it is found
    redirect: Sequence[Manifest] = ()
    policy_warnings: tuple[str, ...] = ()
    prepared: list[str] = []
    try:
        kubeconfig = find_kubeconfig(tenancy.kubernetes, environment)
        with connect_to_cluster(kubeconfig, environment, report=report) as api:
            cluster_id = read_cluster_id(api)
            revision = latest_revision(api, tenancy.release, tenancy.namespace)
            crds = installed_crds(api) if tenancy.dask.enabled else None
            deployed = find_object(api, object_path(hub_ingress(tenancy)))
            classes = read_ingress_classes(api)
            with findings.collect():
                ingress = find_controller(tenancy.ingress, classes, deployed, source=source)
                redirect = https_redirect(tenancy, ingress.controller)
                if redirect and not tenancy.dask.enabled:  # Dask Gateway's chart contains this CRD
                    require_middlewares(api, source=source)
            monitoring = find_monitoring_kinds(api, tenancy)
            objects = tuple(find_objects(api, tenancy, [*redirect, *monitoring_manifests(tenancy, monitoring)]))
            addresses = read_addresses(api)
            with findings.collect():
                policy_warnings = tuple(check_api_server(api, tenancy.network, addresses, source=source))
            for check in (check_secrets, check_folders, check_database, check_snapshots):
                with findings.collect():
                    prepared += check(api, tenancy, source=source)
            prepared += [
                *pool_warnings(api, tenancy),
                *node_limit_warnings(api, tenancy),
                *home_growth_warnings(api, tenancy),
            ]
    except CannotAsk as error:
        message = f"the Kubernetes cluster cannot be identified: {error}"
        if may_go_on:
            findings.refuse()
            ingress = assume_controller(tenancy.ingress, source=source)
            warning = f"{message}; continuing without it ({CLUSTER_CHECK_VARIABLE}=warn)"
            return ClusterFacts(None, (warning, *ingress.warnings, *unknown_kinds_warning(tenancy)), ingress)
        fix = f"; to preview without the cluster, set {CLUSTER_CHECK_VARIABLE}=warn" if preview else ""
        raise ClusterRefused("\n".join([*findings.lines(), message + fix])) from None
    with findings.collect():
        refuse_closed_servers(addresses, tenancy.network, source=source)
    findings.refuse()
    own = _check_addresses(addresses, tenancy, preview=preview)
    warnings = (*ingress.warnings, *policy_warnings, *prepared, *own)
    if revision is None or not revision.is_pending:
        return ClusterFacts(cluster_id, warnings, ingress, crds, monitoring, objects)
    message = (
        f"{stuck_release(tenancy.release, tenancy.namespace, revision)}; "
        f"to repair it, run: python -m components repair {stack}"
    )
    if preview:
        return ClusterFacts(cluster_id, (message, *warnings), ingress, crds, monitoring, objects)
    raise ClusterRefused(message)


def _check_addresses(addresses: ClusterAddresses, tenancy: Tenancy, *, preview: bool) -> tuple[str, ...]:
    """Return warnings about the cluster's own public addresses.

    Raises:
        ClusterRefused: the cluster has some, the stack file says nothing about them, and this is no preview. With the
            key, others are only a warning: a node that was added must not stop an ``up``.
    """
    cidrs = tenancy.network.cluster_cidrs
    found = describe_open_addresses(addresses, cidrs)
    if found and cidrs is None and not preview:
        raise ClusterRefused(f"{found}; an empty list accepts that users can reach them")
    reached = describe_reached_addresses(addresses, tenancy.network.reach)
    return tuple(each for each in (found, describe_problems(addresses, cidrs), *reached) if each)


def find_objects(api: ReadWriteApi, tenancy: Tenancy, redirect: Sequence[Manifest]) -> Iterator[FoundObject]:
    """Find the objects in the cluster that have the names of those that the program declares, except CRDs.

    Args:
        api: the cluster.
        tenancy: the tenancy.
        redirect: the objects of the redirect to ``https://``.

    Raises:
        CannotAsk: the cluster gives no answer, or the account may not read them.
    """
    places = [namespace_path(tenancy.namespace)]
    if tenancy.storage.create is not None and tenancy.storage_class_name:
        places.append(storage_class_path(tenancy.storage_class_name))
    for place in places:
        if live := find_object(api, place):
            yield FoundObject.of(live, place.kind)
    metadata = {"name": SECRET_NAME, "namespace": tenancy.namespace}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    for manifest in (secret, hub_ingress(tenancy), *redirect, *folder_manifests(tenancy)):
        place = object_path(manifest)
        if live := find_object(api, place):
            yield FoundObject.of(live, place.kind)
