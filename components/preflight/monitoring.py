"""Pre-flight check of the Prometheus Operator: which of its kinds the cluster has."""

from components.cluster.client import ReadWriteApi
from components.cluster.crds import PATH as CRDS
from components.cluster.objects import ObjectPath, find_object
from components.config.tenancy import Tenancy
from components.resources.monitoring import BUILDERS, crd_name


def find_monitoring_kinds(api: ReadWriteApi, tenancy: Tenancy) -> frozenset[str]:
    """Return the kinds that the program can declare; none without the section ``metrics``.

    Raises:
        CannotAsk: the cluster gives no answer, or the account may not read CRDs.
    """
    if tenancy.metrics is None:
        return frozenset()
    places = {kind: ObjectPath("CustomResourceDefinition", CRDS, crd_name(kind)) for kind in BUILDERS}
    return frozenset(kind for kind, place in places.items() if find_object(api, place) is not None)


def unknown_kinds_warning(tenancy: Tenancy) -> tuple[str, ...]:
    """Return the warning of a preview without access to the cluster."""
    if tenancy.metrics is None:
        return ()
    kinds = ", ".join(BUILDERS)
    return (f"without access to the cluster, this preview assumes that it has no {kinds} of the Prometheus Operator",)
