"""Claims of shared folders in the cluster: whether many pods can mount them."""

from typing import Any, cast

import pytest

from components.config.named_groups import named_groups
from components.config.nfs import NfsExport
from components.freeipa.users import Users
from components.preflight.folder_objects import (
    find_claim_problem,
    find_difference,
    find_export_difference,
    find_kept_claim_problem,
    find_volume_owner,
    find_volume_problem,
    warn_of_block_driver,
    warn_of_failed_provisioning,
    warn_of_renamed_folders,
)
from components.preflight.groups import check_groups, find_missing_groups
from tests.support.tenancies import tenancy


def claim(*modes: str, phase: str = "Bound", size: str = "500Gi", volume: str = "v", **metadata: str) -> dict[str, Any]:
    spec = {"accessModes": modes, "storageClassName": "cephfs", "resources": {"requests": {"storage": size}}}
    about = {"name": "folder-a", "namespace": "vis", **metadata}
    return {"metadata": about, "spec": {**spec, "volumeName": volume}, "status": {"phase": phase}}


def with_spec(live: dict[str, Any], **spec: str) -> dict[str, Any]:
    return {**live, "spec": {**live["spec"], **spec}}


DELETE = "if the claim's files are not needed, delete it: kubectl delete pvc folder-a --namespace vis"


@pytest.mark.parametrize(
    ("live", "problem"),
    [
        (None, "does not exist in the namespace vis; see: kubectl get pvc --namespace vis"),
        (
            claim("ReadWriteOnce"),
            "has the access mode ReadWriteOnce, so many pods cannot mount it; write a claim with ReadWriteMany",
        ),
        (
            claim("ReadOnlyMany"),
            "has the access mode ReadOnlyMany; set readOnly: true, and write the groups in readers",
        ),
        (claim("ReadWriteMany", phase="Lost"), "has lost its volume; write another claim"),
        (
            with_spec(claim("ReadWriteMany"), volumeMode="Block"),
            "is a block device without a file system (volumeMode: Block); write another claim",
        ),
        (
            claim("ReadWriteMany", deletionTimestamp="2026-01-01T00:00:00Z"),
            "is being deleted since 2026-01-01T00:00:00Z; write another claim",
        ),
        (claim("ReadWriteOnce", "ReadWriteMany"), None),
        (claim("ReadWriteMany", phase="Pending"), None),
    ],
)
def test_a_claim_must_be_mountable_by_many_pods(live: dict[str, Any] | None, problem: str | None) -> None:
    assert find_claim_problem(live, "vis", read_only=False) == problem


def test_a_data_set_may_be_read_only() -> None:
    assert find_claim_problem(claim("ReadOnlyMany"), "vis", read_only=True) is None
    assert "ReadWriteMany or ReadOnlyMany" in str(find_claim_problem(claim("ReadWriteOnce"), "vis", read_only=True))


def test_a_kept_claim_is_compared_with_the_folder() -> None:
    assert list(find_difference(claim(), "cephfs", 500)) == []
    assert list(find_difference(claim(), "cephfs", 600)) == []
    assert list(find_difference(claim(size="10G"), "nfs", 9)) == [
        (
            "className",
            "nfs",
            f"is not that of the existing claim folder-a; write cephfs, or name the folder otherwise, or, {DELETE}",
        ),
        ("sizeGb", "9", "is less than the size of the existing claim folder-a, which can only grow; write 10 or more"),
    ]
    [(_, _, message)] = find_difference(with_spec(claim(), storageClassName=""), "cephfs", 500)
    assert "it has none, like one of an NFS export; name the folder otherwise" in message


@pytest.mark.parametrize(
    ("live", "problem"),
    [
        (claim("ReadWriteMany"), None),
        (claim("ReadWriteMany", deletionTimestamp="2026-01-01T00:00:00Z"), None),
        (claim("ReadWriteMany", phase="Lost"), "has lost its volume"),
        (claim("ReadWriteOnce"), "has the access mode ReadWriteOnce instead of ReadWriteMany"),
        (claim("ReadWriteOnce", "ReadWriteMany"), "has the access mode ReadWriteOnce, ReadWriteMany instead of"),
        (with_spec(claim("ReadWriteMany"), volumeMode="Block"), "is a block device without a file system"),
    ],
)
def test_a_kept_claim_must_be_mountable(live: dict[str, Any], problem: str | None) -> None:
    found = find_kept_claim_problem(live)
    assert (found is None) == (problem is None)
    if found and problem:
        assert found.startswith(f"gives the existing claim folder-a, which {problem}")
        assert found.endswith(f"; name the folder otherwise, or, {DELETE}")


def test_the_claim_of_a_created_folder_is_not_that_of_an_export() -> None:
    assert (
        find_export_difference(with_spec(claim(), storageClassName="", volumeName="vis-folder-a"), "vis-folder-a")
        is None
    )
    assert find_export_difference(claim(), "vis-folder-a") == (
        "would show other files than the existing claim folder-a, which has the storage class cephfs; name the folder "
        f"otherwise, or, {DELETE}"
    )
    other = with_spec(claim(), storageClassName="")
    assert "which has another volume; name" in str(find_export_difference(other, "vis-folder-a"))


def test_classes_of_block_devices_are_a_warning() -> None:
    for driver in ("cinder.csi.openstack.org", "rook-ceph.rbd.csi.ceph.com"):
        assert f"has the provisioner {driver}, whose volumes usually only one node" in str(
            warn_of_block_driver("a", "fast", driver)
        )
    for driver in ("cephfs.csi.ceph.com", "nfs.csi.k8s.io", "tests.invalid/nothing"):
        assert warn_of_block_driver("a", "shared", driver) is None


def test_failed_provisioning_is_a_warning() -> None:
    def event(reason: str, minute: int, message: str) -> dict[str, str]:
        return {"reason": reason, "message": message, "lastTimestamp": f"2026-11-30T10:{minute:02d}:00Z"}

    events = [
        event("ExternalProvisioning", 9, "waiting for a volume"),
        event(
            "ProvisioningFailed", 8, "no\nshares left at https://anna:hunter22@store.example.org/?signature=hunter22"
        ),
        event("ProvisioningFailed", 7, "no answer"),
    ]
    assert warn_of_failed_provisioning("a", claim(phase="Pending"), events) == (
        "the claim folder-a of the shared folder a has no volume: no shares left at https://…@store.example.org/?…"
    )
    assert warn_of_failed_provisioning("a", claim(), events) is None
    assert warn_of_failed_provisioning("a", claim(phase="Pending"), events[:1]) is None
    endless = warn_of_failed_provisioning("a", claim(phase="Pending"), [event("ProvisioningFailed", 1, "x" * 9000)])
    assert len(str(endless)) < 600


def test_renamed_folders_are_a_warning() -> None:
    assert warn_of_renamed_folders(["sea"], ["folder-ocean"]) == (
        "the claims of removed shared folders are kept with their files, which are not in the new sea: folder-ocean; "
        "if a folder was only renamed, write for example claim: folder-ocean in place of create"
    )
    assert warn_of_renamed_folders([], ["folder-ocean"]) is warn_of_renamed_folders(["sea"], []) is None


@pytest.mark.parametrize(
    ("server", "phase", "problem"),
    [
        ("192.0.2.1", "Bound", None),
        ("192.0.2.1", "Available", None),
        ("192.0.2.1", "Released", "has the volume vis-folder-a, whose claim was deleted; delete the volume with"),
        ("192.0.2.1", "Failed", "has the volume vis-folder-a, which has failed; delete the volume with"),
        ("192.0.2.2", "Bound", "is not that of the existing volume vis-folder-a, 192.0.2.2:/a; write that"),
    ],
)
def test_a_kept_volume_is_compared_with_the_export(server: str, phase: str, problem: str | None) -> None:
    spec, metadata = {"nfs": {"server": server, "path": "/a"}}, {"name": "vis-folder-a"}
    export = NfsExport.model_validate({"server": "192.0.2.1", "path": "/a"})
    found = find_volume_problem({"metadata": metadata, "spec": spec, "status": {"phase": phase}}, export)
    assert (found or "").startswith(problem or "")
    assert (found is None) == (problem is None)
    assert find_volume_problem(None, export) is None


def test_an_export_is_compared_without_a_slash_at_its_end() -> None:
    export = NfsExport.model_validate({"server": "192.0.2.1", "path": "/a/"})
    live = {"metadata": {"name": "v"}, "spec": {"nfs": {"server": "192.0.2.1", "path": "/a"}}}
    assert find_volume_problem(live, export) == "has the path of the existing volume v in another spelling; write /a"


def test_a_bound_volume_is_deleted_with_its_claim() -> None:
    export = NfsExport.model_validate({"server": "192.0.2.1", "path": "/a"})
    reference = {"namespace": "vis", "name": "folder-a"}
    live = {"metadata": {"name": "v"}, "spec": {"nfs": {"server": "192.0.2.1", "path": "/b"}, "claimRef": reference}}
    assert str(find_volume_problem({**live, "status": {"phase": "Bound"}}, export)).endswith(
        "or, if no server uses it, delete its claim and the volume with: kubectl delete pvc folder-a --namespace vis; "
        "kubectl delete pv v"
    )
    assert str(find_volume_problem(live, export)).endswith("it, delete the volume with: kubectl delete pv v")


@pytest.mark.parametrize(
    ("claim_ref", "problem"),
    [
        ({"namespace": "vis", "name": "folder-a-folder-b"}, None),
        ({}, None),
        (
            {"namespace": "vis-folder-a", "name": "folder-b"},
            "gives the volume vis-folder-a-folder-b, which belongs to the claim folder-b in the namespace "
            "vis-folder-a; write another name",
        ),
    ],
)
def test_a_volume_of_another_namespace_is_refused(claim_ref: dict[str, str], problem: str | None) -> None:
    live = {"metadata": {"name": "vis-folder-a-folder-b"}, "spec": {"claimRef": claim_ref}}
    assert find_volume_owner(live, "vis") == problem
    assert find_volume_owner(None, "vis") is None


FOLDERS = [
    {"name": "a", "claim": "a", "writers": ["w"], "readers": "all"},
    {"name": "b", "claim": "b", "readers": ["r", "s"]},
]


def test_the_groups_of_folders_are_looked_up() -> None:
    assert [(location[1:], group) for location, group in named_groups(tenancy(sharedFolders=FOLDERS))] == [
        ((0, "writers", 0), "w"),
        ((1, "readers", 0), "r"),
        ((1, "readers", 1), "s"),
    ]


def test_groups_of_variables_and_access_keys_are_looked_up() -> None:
    store = {"endpoint": "https://s3.example.org", "groupCredentials": [{"group": "k", "secret": "s3"}]}
    given = tenancy(notebook__groupEnvironment={"v": {"A": "1"}}, objectStore=store)
    assert list(named_groups(given)) == [
        (("notebook", "groupEnvironment", "v"), "v"),
        (("objectStore", "groupCredentials", 0, "group"), "k"),
    ]


def test_groups_of_profiles_and_of_admins_are_looked_up() -> None:
    profiles = [{"name": "a"}, {"name": "b", "groups": ["p", "q"]}]
    given = tenancy(notebook__profiles=profiles, identity__adminGroup="admins_here")
    assert list(named_groups(given)) == [
        (("identity", "adminGroup"), "admins_here"),
        (("notebook", "profiles", 1, "groups", 0), "p"),
        (("notebook", "profiles", 1, "groups", 1), "q"),
    ]


def test_groups_are_not_checked_without_a_password() -> None:
    assert check_groups(tenancy(), None) == []
    assert check_groups(tenancy(sharedFolders=FOLDERS), None) == [
        "without the bind password, these FreeIPA groups were not checked: r, s, w"
    ]


class Directory:
    """A directory with some groups."""

    def __init__(self, *groups: str) -> None:
        self.groups = groups

    def find_group(self, name: str) -> object:
        """Return something for a group that exists."""
        return name if name in self.groups else None


def test_every_key_with_a_group_that_does_not_exist_is_found() -> None:
    profiles = [{"name": "a", "groups": ["r"]}]
    given = tenancy(sharedFolders=FOLDERS, notebook__profiles=profiles, identity__adminGroup="w")
    missing = find_missing_groups(given, cast("Users", Directory("w", "s")))
    assert [(each.key, each.name) for each in missing] == [
        ("pangeo:notebook.profiles[0].groups[0]", "r"),
        ("pangeo:sharedFolders[1].readers[0]", "r"),
    ]
    assert missing[0].message == "is no FreeIPA group of dc=example,dc=org, so it has no members"
    assert missing[0].fix == "correct the name, or create it with: ipa group-add r"
