"""Asked before anything is declared: which cluster is this, whose are its CRDs, and is its Helm release stuck."""

from collections.abc import Mapping
from typing import NamedTuple

from components.chart.crds import InstalledCrd
from components.cluster.client import connected
from components.cluster.crds import installed_crds
from components.cluster.errors import CannotAsk
from components.cluster.identity import ClusterId, read_cluster_id
from components.cluster.kubeconfig import find_kubeconfig
from components.cluster.releases import explanation, pending_revision
from components.config.problems import InvalidTenancy, Problem
from components.config.tenancy import Tenancy

CLUSTER_CHECK_VARIABLE = "PANGEO_CLUSTER_CHECK"
"""``refuse`` (as when unset) or ``warn``, for previews in a CI without access to the cluster. An up always asks."""


class ClusterRefused(Exception):
    """The cluster could not be asked, or is in no state for an up; the text is what the operator reads."""


class Checked(NamedTuple):
    """The cluster, None where a preview goes on without knowing it, and sentences for the operator."""

    identity: ClusterId | None
    warnings: tuple[str, ...]
    crds: Mapping[str, InstalledCrd] | None = None
    """The CRDs that are there, by name; None where that is not known, or not asked as no Dask is wanted."""


def verify_cluster(tenancy: Tenancy, *, stack: str, preview: bool, environment: Mapping[str, str]) -> Checked:
    """Ask the cluster that the stack's provider will use, over the same kubeconfig and context.

    Args:
        tenancy: whose cluster.
        stack: the stack's name, for messages.
        preview: whether this is one; then a stuck release is a warning, as another run may be at work.
        environment: where the kubeconfig and ``PANGEO_CLUSTER_CHECK`` are looked up.

    Raises:
        ClusterRefused: it gives no answer (unless the switch says ``warn``), or its release is stuck.
        InvalidTenancy: ``PANGEO_CLUSTER_CHECK`` has an unknown value.
    """
    choice = environment.get(CLUSTER_CHECK_VARIABLE, "") or "refuse"
    if choice not in ("refuse", "warn"):
        wrong = Problem(CLUSTER_CHECK_VARIABLE, choice, "is neither refuse nor warn; write one of them or unset it")
        raise InvalidTenancy("environment", [wrong])
    try:
        kubeconfig = find_kubeconfig(tenancy.kubernetes, environment)
        with connected(kubeconfig, environment) as api:
            identity = read_cluster_id(api)
            stuck = pending_revision(api, tenancy.release, tenancy.namespace)
            crds = installed_crds(api) if tenancy.dask.enabled else None
    except CannotAsk as failure:
        unknown = f"the Kubernetes cluster could not be asked which one it is: {failure}"
        if choice == "warn" and preview:
            return Checked(None, (f"{unknown}; going on without ({CLUSTER_CHECK_VARIABLE}=warn)",))
        way_out = f"; a preview can do without: {CLUSTER_CHECK_VARIABLE}=warn" if preview else ""
        raise ClusterRefused(unknown + way_out) from None
    if stuck is None:
        return Checked(identity, (), crds)
    told = f"{explanation(tenancy.release, tenancy.namespace, stuck)}; to mend it: python -m components repair {stack}"
    if preview:
        return Checked(identity, (told,), crds)
    raise ClusterRefused(told)
