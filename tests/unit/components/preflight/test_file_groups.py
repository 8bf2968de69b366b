"""The warning about volumes whose files get the group of the servers, against answers of a cluster."""

from typing import Any

import pytest

from components.cluster.errors import CannotAsk
from components.preflight.shared_folders import check_folders
from tests.support.cluster_answers import ClusterAnswers
from tests.support.tenancies import tenancy

NAMESPACE = "/api/v1/namespaces/vis-pangeo"
VOLUME, DRIVER = "/api/v1/persistentvolumes/pv-1", "/apis/storage.k8s.io/v1/csidrivers/cephfs.csi.ceph.com"
FOLDER = {"name": "archive", "claim": "archive", "writers": ["w"], "gid": 5000}


def warnings(*, policy: object = "File", driver: object = None, volume: object = None, **folder: Any) -> list[str]:
    claim = {"metadata": {"name": "x"}, "spec": {"accessModes": ["ReadWriteMany"], "volumeName": "pv-1"}}
    objects = {
        NAMESPACE: {"metadata": {"name": "vis-pangeo"}},
        **{f"{NAMESPACE}/persistentvolumeclaims/{name}": claim for name in ("archive", "other")},
        VOLUME: volume or {"spec": {"csi": {"driver": "cephfs.csi.ceph.com"}}},
        DRIVER: driver or {"spec": {"fsGroupPolicy": policy}},
    }
    first = {"name": "first", "claim": "other", "readers": "all"}
    stack = tenancy(sharedFolders=[first, {**FOLDER, **folder}])
    return check_folders(ClusterAnswers(objects), stack, source="stacks/Pulumi.vis.yaml")


def test_a_driver_that_changes_all_files_is_named_with_a_fix() -> None:
    (found,) = warnings()
    assert found.startswith(
        "pangeo:sharedFolders[1].gid 5000: the driver cephfs.csi.ceph.com of the claim archive sets"
    )
    assert "chgrp 100 . && chmod ug+rwx,g+s ." in found


@pytest.mark.parametrize(
    "changes",
    [
        {"policy": "ReadWriteOnceWithFSType"},
        {"policy": "None"},
        {"volume": {"spec": {"nfs": {"server": "192.0.2.1"}}}},
        {"driver": CannotAsk("HTTP 403")},
        {"gid": None},
        {"readOnly": True, "writers": [], "readers": "all"},
    ],
)
def test_other_volumes_keep_their_groups(changes: dict[str, Any]) -> None:
    assert warnings(**changes) == []
