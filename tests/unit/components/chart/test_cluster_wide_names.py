"""Names of cluster-wide objects: different for every two names of a cluster, however similar."""

from collections.abc import Iterator
from itertools import combinations

from components.chart.values import chart_values
from components.config.tenancy import Tenancy
from tests.support.tenancies import tenancy

ENDINGS = ("hub", "dask", "homes", "dask-gateway", "dask-worker", "dask-scheduler", "notebook-users", "a" * 37)
NAMES = ["vis", *(f"vis-{ending}"[:40] for ending in ENDINGS), *(f"{start}-vis" for start in ("api", "controller"))]


def cluster_wide_names(tenancy: Tenancy) -> Iterator[tuple[str, str]]:
    """Yield the kind and name of each object that is in no namespace."""
    values = chart_values(tenancy)
    gateway = values["dask-gateway"]
    yield "PriorityClass", values["jupyterhub"]["hub"]["extraPodSpec"]["priorityClassName"]
    for part in ("scheduler", "worker"):
        yield "PriorityClass", gateway["gateway"]["backend"][part]["extraPodConfig"]["priorityClassName"]
    for account in gateway["rbac"].values():
        if isinstance(account, dict):
            yield "ClusterRole", account["serviceAccountName"]
    yield "StorageClass", str(tenancy.storage_class_name)


def test_no_two_cluster_names_give_the_same_object() -> None:
    storage = {"create": {"provisioner": "cinder.csi.openstack.org"}}
    found = {name: set(cluster_wide_names(tenancy(clusterName=name, storage=storage))) for name in NAMES}
    assert all(len(names) == 7 for names in found.values()), found["vis"]
    assert [pair for pair in combinations(NAMES, 2) if found[pair[0]] & found[pair[1]]] == []
