"""The comparison of temporary storage and volumes in the stack file with the cluster's nodes."""

from collections.abc import Mapping
from typing import Any

from components.cli.diagnose.node_limits import check_node_limits
from components.cli.diagnose.result import Status
from components.cluster.errors import CannotAsk
from components.preflight.node_limits import node_limit_warnings
from tests.support.tenancies import tenancy

DRIVER = "cinder.csi.openstack.org"
NODES = {"count": 1, "cpus": 8, "ramGb": 32}


class Cluster:
    """A cluster with two nodes, one of them of the control plane."""

    server = "https://cluster.example.org"

    def __init__(self, disk: str | None = "100Gi", volumes: int | None = None, *, refuses: bool = False) -> None:
        size = {"cpu": "8", "memory": "32Gi", **({"ephemeral-storage": disk} if disk else {})}
        taint = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
        csi = {"name": DRIVER, **({} if volumes is None else {"allocatable": {"count": volumes}})}
        other = {"name": "other.example.org", "allocatable": {"count": 1}}
        self._refuses = refuses
        self._lists: Mapping[str, list[Any]] = {
            "nodes": [
                {"metadata": {"name": "one"}, "spec": {}, "status": {"capacity": size, "allocatable": size}},
                {"metadata": {"name": "control"}, "spec": {"taints": [taint]}, "status": {}},
            ],
            "csinodes": [{"metadata": {"name": "one"}, "spec": {"drivers": [other, csi]}}],
            "storageclasses": [
                {"metadata": {"name": "slow"}, "provisioner": "other.example.org"},
                {
                    "metadata": {
                        "name": "usual",
                        "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
                    },
                    "provisioner": DRIVER,
                },
            ],
        }

    def get(self, path: str, accept: str = "application/json") -> Mapping[str, Any]:
        if self._refuses:
            raise CannotAsk("the account may not read it")
        return {"items": self._lists[path.partition("?")[0].rpartition("/")[2]]}


def warnings(cluster: Cluster, **changes: Any) -> list[str]:
    return node_limit_warnings(cluster, tenancy(**changes))


def test_nodes_like_the_stack_file_are_accepted() -> None:
    assert warnings(Cluster()) == []
    assert warnings(Cluster("95Gi", volumes=25), workers={**NODES, "diskGb": 100, "maxVolumes": 25}) == []


def test_nodes_without_temporary_storage_are_reported() -> None:
    fix = "set localStorageCapacityIsolation to true in the configuration of their kubelets"
    assert warnings(Cluster(None)) == [
        f"1 of 1 nodes report no temporary storage, so limits of it have no effect there; {fix}"
    ]
    assert warnings(Cluster(None), notebook={"temporaryStorageRequestGb": 1}) == [
        f"1 of 1 nodes report no temporary storage, so pods with a request of it do not start there; {fix}"
    ]


def test_a_smaller_disk_is_reported() -> None:
    assert warnings(Cluster("50Gi"), workers={**NODES, "diskGb": 100}) == [
        "pangeo:workers: nodes have a disk of only 50 GB, not 100; correct diskGb"
    ]


def test_fewer_volumes_of_the_homes_driver_are_reported() -> None:
    assert warnings(Cluster(volumes=16), workers={**NODES, "maxVolumes": 25}) == [
        f"pangeo:workers: nodes attach only 16 volumes of the driver {DRIVER}, not 25; correct maxVolumes"
    ]
    pool = {"name": "a", **NODES, "maxVolumes": 25}
    assert warnings(Cluster(volumes=16), workers={"pools": [pool]}) == [
        f"pangeo:workers.pools[0] a: nodes attach only 16 volumes of the driver {DRIVER}, not 25; correct maxVolumes"
    ]
    other = {"storage": {"className": "slow"}}
    assert warnings(Cluster(volumes=16), workers={**NODES, "maxVolumes": 25}, **other) == [
        "pangeo:workers: nodes attach only 1 volume of the driver other.example.org, not 25; correct maxVolumes"
    ]


def test_volumes_that_are_not_counted_are_reported_if_they_are_the_scarcest() -> None:
    small = {"notebookCpus": 0.25, "notebookRamGb": 1, "workers": NODES}
    assert warnings(Cluster(volumes=16), **small) == [
        f"pangeo:workers: nodes have room for 28 notebooks, but attach only 16 volumes of the driver {DRIVER}; set "
        "maxVolumes to 16, so that capacity counts them"
    ]
    assert warnings(Cluster(volumes=28), **small) == []


def test_an_account_that_may_not_read_nodes_matters_only_if_they_are_described() -> None:
    assert warnings(Cluster(refuses=True), workers={**NODES, "maxVolumes": 25}) == []
    described = tenancy(workers={**NODES, "maxVolumes": 25})
    assert [each.status for each in check_node_limits(described, Cluster(refuses=True))] == [Status.UNKNOWN]
    assert list(check_node_limits(tenancy(), Cluster(refuses=True))) == []


def test_doctor_reports_the_same_differences() -> None:
    (result,) = check_node_limits(tenancy(workers={**NODES, "diskGb": 100}), Cluster("50Gi"))
    assert (result.status, result.message) == (
        Status.WARNING,
        "pangeo:workers: nodes have a disk of only 50 GB, not 100",
    )
    (good,) = check_node_limits(tenancy(), Cluster())
    assert good.status is Status.GOOD
