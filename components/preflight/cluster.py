"""Pre-flight checks of the target cluster: its identity, its CRDs, and a Helm release that is stuck."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from components.chart.crds import InstalledCrd
from components.cluster.client import connect_to_cluster
from components.cluster.crds import installed_crds
from components.cluster.errors import CannotAsk
from components.cluster.identity import ClusterId, read_cluster_id
from components.cluster.kubeconfig import find_kubeconfig
from components.cluster.releases import latest_revision, stuck_release
from components.config.tenancy import Tenancy
from components.preflight.switch import only_warns
from components.programs import report_on_stderr

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
    crds: Mapping[str, InstalledCrd] | None = None
    """Installed CRDs by name; None where the cluster was not reached or Dask is off."""


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
            release is stuck.
        InvalidTenancy: ``PANGEO_CLUSTER_CHECK`` has an unknown value.
    """
    may_go_on = only_warns(CLUSTER_CHECK_VARIABLE, environment) and preview
    try:
        kubeconfig = find_kubeconfig(tenancy.kubernetes, environment)
        with connect_to_cluster(kubeconfig, environment, report=report) as api:
            cluster_id = read_cluster_id(api)
            revision = latest_revision(api, tenancy.release, tenancy.namespace)
            crds = installed_crds(api) if tenancy.dask.enabled else None
    except CannotAsk as error:
        message = f"the Kubernetes cluster cannot be identified: {error}"
        if may_go_on:
            return ClusterFacts(None, (f"{message}; continuing without it ({CLUSTER_CHECK_VARIABLE}=warn)",))
        fix = f"; to preview without the cluster, set {CLUSTER_CHECK_VARIABLE}=warn" if preview else ""
        raise ClusterRefused(message + fix) from None
    if revision is None or not revision.is_pending:
        return ClusterFacts(cluster_id, (), crds)
    message = (
        f"{stuck_release(tenancy.release, tenancy.namespace, revision)}; "
        f"to repair it, run: python -m components repair {stack}"
    )
    if preview:
        return ClusterFacts(cluster_id, (message,), crds)
    raise ClusterRefused(message)
