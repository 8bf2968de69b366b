"""Names of cluster-wide objects: different for every two names of a cluster, however similar."""

from collections.abc import Iterator
from itertools import combinations

from components.chart.values import chart_values
from components.config.collisions import claims_of, compare_names
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
    yield from (("PersistentVolume", volume.name) for volume in claims_of(tenancy).volumes)


def test_no_two_cluster_names_give_the_same_object() -> None:
    storage = {"create": {"provisioner": "cinder.csi.openstack.org"}}
    found = {name: set(cluster_wide_names(tenancy(clusterName=name, storage=storage))) for name in NAMES}
    assert all(len(names) == 7 for names in found.values()), found["vis"]
    assert [pair for pair in combinations(NAMES, 2) if found[pair[0]] & found[pair[1]]] == []


def test_volumes_with_one_name_are_those_that_stack_files_are_compared_for() -> None:
    export = {"nfs": {"server": "nfs.example.org", "path": "/a"}, "readers": "all"}
    tenancies = [
        tenancy(
            clusterName=name,
            externalIp=f"192.0.2.{number}",
            sharedFolders=[
                {"name": each, "path": f"/data/{each}", **export} for each in ("b", "folder-b", "a-folder-b")
            ],
        )
        for number, name in enumerate(("vis", "vis-folder", "vis-folder-a", "vos"), 1)
    ]
    declared = {
        one.cluster_name: {name for kind, name in cluster_wide_names(one) if kind == "PersistentVolume"}
        for one in tenancies
    }
    compared = {one.cluster_name: claims_of(one) for one in tenancies}
    clashes = {pair for pair in combinations(declared, 2) if declared[pair[0]] & declared[pair[1]]}
    assert clashes == {("vis", "vis-folder"), ("vis", "vis-folder-a")}
    found = {pair for pair in combinations(compared, 2) if compare_names(compared[pair[0]], {"": compared[pair[1]]})[0]}
    assert {pair for pair in found if pair in clashes} == clashes
