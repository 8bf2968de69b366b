"""The claims, storage classes and groups of shared folders are checked by name, in previews and before an ``up``."""

import json
import os
from typing import Any

import pytest

from components.config.problems import InvalidTenancy
from components.config.tenancy import Tenancy
from components.ownership.mark import ANNOTATION
from components.preflight.cluster import verify_cluster
from components.preflight.groups import check_groups
from tests.support.administrator import Administrator
from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.tenancies import tenancy

pytestmark = pytest.mark.engine

RENAMED = "folders-renamed"
NAMESPACE, CLASS, GROUP = "folders-preflight", "folders-preflight-class", "folders_preflight"
FOLDERS = [
    {"name": "old", "claim": "old-data", "writers": ["w"]},
    {"name": "new", "create": {"sizeGb": 5, "className": CLASS}, "writers": ["w"]},
]


def check(server: ApiServer, *, preview: bool = True, **changes: Any) -> list[tuple[str, str]]:
    """Run all checks of the cluster; return the keys and values of the problems."""
    given = {"clusterName": NAMESPACE, "sharedFolders": FOLDERS, **changes}
    stack = tenancy(**{"ingress": {"redirectedBy": "controller"}, **given})
    environment = {**os.environ, "KUBECONFIG": str(server.kubeconfig)}
    try:
        facts = verify_cluster(stack, stack="vis", preview=preview, environment=environment)
    except InvalidTenancy as invalid:
        return [(each.key.removeprefix("pangeo:"), each.value) for each in invalid.problems]
    return [("warning", each) for each in facts.warnings if "shared folder" in each]


def create(server: ApiServer, manifest: dict[str, Any]) -> None:
    server.kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(manifest))


def claim(name: str, mode: str, **spec: Any) -> dict[str, Any]:
    requests = {"resources": {"requests": {"storage": "8Gi"}}}
    metadata = {"name": name, "namespace": NAMESPACE}
    own = {"accessModes": [mode], **requests, **spec}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": own}


def test_missing_claims_and_classes_are_found_by_name(api_server: ApiServer) -> None:
    missing = [("sharedFolders[1].create.className", CLASS)]
    assert check(api_server) == missing, "the namespace does not exist before the first up"
    create(
        api_server,
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": CLASS},
            "provisioner": "tests.invalid/nothing",
        },
    )
    [(kind, warning)] = check(api_server, preview=False)
    assert kind == "warning"
    assert "the claim old-data of the shared folder old could not be checked" in warning

    api_server.kubectl("create", "namespace", NAMESPACE)
    assert check(api_server) == check(api_server, preview=False) == [("sharedFolders[0].claim", "old-data")]
    found = check(
        api_server,
        registries={"pullSecrets": ["none"]},
        network={"apiServer": "cilium"},
        ingress={"redirectedBy": "controller", "controller": "example.org/none", "className": "none"},
        notebook={"environment": {"KEY": {"secret": "no-such-secret", "key": "key"}}},
    )
    assert [key for key, _ in found] == [
        "ingress.controller",
        "network.apiServer",
        "registries.pullSecrets[0]",
        "notebook.environment.KEY",
        "sharedFolders[0].claim",
    ], "all problems are reported at once"
    create(api_server, claim("old-data", "ReadWriteOnce"))
    assert check(api_server) == [("sharedFolders[0].claim", "old-data")]
    api_server.kubectl("delete", "pvc", "old-data", "--namespace", NAMESPACE)
    create(api_server, claim("old-data", "ReadWriteMany"))
    assert check(api_server) == []

    create(api_server, claim("folder-new", "ReadWriteMany", storageClassName="other"))
    assert check(api_server) == [
        ("sharedFolders[1].create.className", CLASS),
        ("sharedFolders[1].create.sizeGb", "5"),
    ]
    exported = [{"name": "new", "nfs": {"server": "192.0.2.1", "path": "/a"}, "writers": ["w"]}]
    assert check(api_server, sharedFolders=exported) == [("sharedFolders[0].nfs", "192.0.2.1:/a")], "another source"
    create(api_server, claim("folder-block", "ReadWriteMany", volumeMode="Block", storageClassName=CLASS))
    block = [{"name": "block", "create": {"sizeGb": 8, "className": CLASS}, "writers": ["w"]}]
    assert check(api_server, sharedFolders=block) == [("sharedFolders[0].name", "block")]


def test_a_new_folder_beside_an_unused_claim_is_a_warning(api_server: ApiServer) -> None:
    """A folder that is renamed would be empty for its users."""
    kept = claim("folder-ocean", "ReadWriteMany", storageClassName=CLASS)
    kept["metadata"] |= {"namespace": RENAMED, "annotations": {ANNOTATION: "stack vis, cluster c, deployment d"}}
    api_server.kubectl("create", "namespace", RENAMED)
    create(api_server, kept)
    source = {"sizeGb": 8, "className": RENAMED}
    event = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "failed", "namespace": RENAMED}}
    uid = api_server.read("pvc", "folder-ocean", "--namespace", RENAMED)["metadata"]["uid"]
    about = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": "folder-ocean", "namespace": RENAMED}
    failed = {"reason": "ProvisioningFailed", "message": "no shares left", "involvedObject": {**about, "uid": uid}}
    create(api_server, {**event, **failed})
    create(
        api_server,
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": RENAMED},
            "provisioner": "cinder.csi.openstack.org",
        },
    )
    sea = [{"name": "sea", "create": source, "writers": ["w"]}]
    block, renamed = check(api_server, sharedFolders=sea, clusterName=RENAMED)
    assert "has the provisioner cinder.csi.openstack.org" in block[1]
    assert "write for example claim: folder-ocean in place of create" in renamed[1]
    own = [{"name": "sea", "claim": "folder-ocean", "writers": ["w"]}]
    assert check(api_server, sharedFolders=own, clusterName=RENAMED) == [
        ("warning", "the claim folder-ocean of the shared folder sea has no volume: no shares left")
    ]


def test_the_volume_of_another_tenancy_is_not_adopted(api_server: ApiServer) -> None:
    volume = f"{NAMESPACE}-folder-a-folder-b"
    nfs = {"server": "192.0.2.1", "path": "/a"}
    folders = [{"name": "a-folder-b", "nfs": nfs, "writers": ["w"]}]
    claim_ref = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": "folder-b"}
    spec = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany"], "nfs": nfs}
    manifest = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume}}
    create(api_server, {**manifest, "spec": {**spec, "claimRef": {**claim_ref, "namespace": f"{NAMESPACE}-folder-a"}}})
    try:
        for permission in ("refuse", "adopt"):
            found = check(api_server, sharedFolders=folders, kubernetes={"existingNamespace": permission})
            assert found == [("sharedFolders[0].name", "a-folder-b")]
    finally:
        api_server.kubectl("delete", "pv", volume, "--wait=false")


def with_directory(directory: ThrowAwayDirectory, *groups: str) -> Tenancy:
    identity = {
        "server": "ipa.tenancy.test",
        "realm": directory.realm,
        "bindDn": directory.operator_dn,
        "caCertificate": directory.ca_pem,
    }
    folders = [{"name": "a", "claim": "a", "writers": list(groups)}]
    profiles = [{"name": "all"}, {"name": "some", "groups": list(groups)}]
    found = tenancy(identity=identity, sharedFolders=folders, notebook__profiles=profiles)
    # Stack files refuse the name localhost, but the throw-away directory has no other name.
    here = found.identity.model_copy(update={"servers": (f"{directory.host}:{directory.ldaps_port}",)})
    return found.model_copy(update={"identity": here})


def test_groups_that_do_not_exist_are_found_by_name(directory: ThrowAwayDirectory) -> None:
    with Administrator.at(directory) as administrator:
        administrator.make(GROUP, "for the test of the preflight")
        try:
            assert check_groups(with_directory(directory, GROUP), directory.operator_password) == []
            warnings = check_groups(with_directory(directory, GROUP, "nobody"), directory.operator_password)
        finally:
            administrator.delete(GROUP)
    assert [each.partition(" is no FreeIPA group of ")[0] for each in warnings] == [
        "pangeo:notebook.profiles[1].groups[1] nobody",
        "pangeo:sharedFolders[0].writers[1] nobody",
    ]
    assert all(each.endswith("create it with: ipa group-add nobody") for each in warnings)


def test_a_directory_without_an_answer_is_a_warning(directory: ThrowAwayDirectory) -> None:
    [warning] = check_groups(with_directory(directory, GROUP), "a wrong password")
    assert warning.startswith(f"these FreeIPA groups were not checked: {GROUP}: ")
