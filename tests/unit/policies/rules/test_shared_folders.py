"""Shared folders: their objects, and what notebooks mount."""

from typing import Any

import pytest

from components.chart.values import chart_values
from components.contract.immutable import immutable_settings
from components.resources.kubernetes import declared_form, type_token
from components.resources.shared_folders import folder_manifests
from policies import kinds
from tests.support.tenancies import tenancy
from tests.unit.policies import declared
from tests.unit.policies.declared import RESOURCE_RULES, Declared, change

FOLDERS = [
    {"name": "ocean", "create": {"sizeGb": 500, "className": "cephfs"}, "writers": ["w"], "readers": "all"},
    {"name": "era5", "nfs": {"server": "nfs.example.org", "path": "/era5"}, "readOnly": True, "readers": ["r"]},
    {"name": "old", "claim": "old-data", "writers": ["w"]},
]
STACK = declared.config(sharedFolders=FOLDERS)
TENANCY = tenancy(storage=declared.STORAGE, sharedFolders=FOLDERS)


def folder_object(number: int, **changes: Any) -> Declared:
    """Return the claim of ocean (0), or the volume (1) or the claim (2) of era5."""
    own = declared_form(folder_manifests(TENANCY)[number])
    return Declared(type_token(own["apiVersion"], own["kind"]), change(own, changes))


CLAIM, VOLUME = folder_object(0), folder_object(1)


def release(**changes: Any) -> Declared:
    values = chart_values(TENANCY, chart_digest="0" * 64, secrets_digest="1" * 64)
    return declared.release_with(values=change(values, {f"jupyterhub__{key}": each for key, each in changes.items()}))


def check(rule: str, resource: Declared, **given: Any) -> list[str]:
    return declared.check(rule, resource, stack=STACK, **given).messages


def stack() -> list[Declared]:
    replaced = {
        kinds.RELEASE.type: release(),
        kinds.TENANCY.type: Declared(kinds.TENANCY.type, TENANCY.as_inputs(), parent="pulumi:pulumi:Stack"),
        kinds.CONTRACT.type: declared.contract(settings=immutable_settings(TENANCY).as_props()),
    }
    others = [replaced.get(each.type, each) for each in declared.good_stack()]
    return [*others, *(folder_object(number) for number in range(3))]


@pytest.mark.parametrize("rule", RESOURCE_RULES)
def test_a_tenancy_with_folders_violates_no_rule(rule: str) -> None:
    organisation = {"classes": ["cephfs"]} if rule == "retained-expandable-volumes" else None
    assert [message for each in stack() for message in check(rule, each, organisation=organisation)] == []


def test_a_missing_or_further_claim_is_refused() -> None:
    assert declared.check_stack("complete-tenancy", stack(), stack=STACK) == []
    (message,) = declared.check_stack("complete-tenancy", stack()[:-1], stack=STACK)
    assert message.startswith(f"there are 1 resources of the type {kinds.VOLUME_CLAIM.type}; this tenancy has 2")
    (message,) = declared.check_stack("complete-tenancy", [*declared.good_stack(), CLAIM])
    assert message.startswith(f"there are 1 resources of the type {kinds.VOLUME_CLAIM.type}; this tenancy has 0")


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        (
            folder_object(0, metadata__name="data"),
            'its name is "data"; a tenancy has only folder-ocean and folder-era5',
        ),
        (folder_object(0, metadata__namespace="other"), 'its namespace is "other", not the tenancy\'s vis-pangeo'),
        (folder_object(1, metadata__name="other"), 'its name is "other"; a tenancy has only vis-pangeo-folder-era5'),
    ],
)
def test_claims_and_volumes_of_others_are_refused(resource: Declared, message: str) -> None:
    assert check("known-resources", resource) == [message]


@pytest.mark.parametrize(
    "resource",
    [
        folder_object(0, spec__storageClassName="other"),
        folder_object(0, spec__volumeName="other"),
        folder_object(0, spec__resources__requests__storage="1Gi"),
        folder_object(1, spec__nfs__server="attacker.example"),
        folder_object(1, spec__nfs__path="/"),
        folder_object(1, spec__mountOptions=["dev"]),
        folder_object(2, spec__accessModes=["ReadOnlyMany"]),
    ],
)
def test_other_sources_than_those_of_the_stack_file_are_refused(resource: Declared) -> None:
    assert len(check("program-objects", resource)) == 1


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        (
            folder_object(0, spec__accessModes=["ReadWriteOnce"]),
            'spec.accessModes contains "ReadWriteOnce": many pods cannot mount it',
        ),
        (
            folder_object(1, spec__hostPath={"path": "/"}),
            "spec.hostPath is set: only NFS exports are mounted, not folders of nodes or other disks",
        ),
        (
            folder_object(1, spec__claimRef__namespace="other"),
            'spec.claimRef.namespace is "other", not the tenancy\'s',
        ),
        (
            folder_object(1, spec__persistentVolumeReclaimPolicy="Delete"),
            "spec.persistentVolumeReclaimPolicy is not Retain: deleting a claim would delete its files",
        ),
    ],
)
def test_volumes_of_nodes_and_of_others_are_refused(resource: Declared, message: str) -> None:
    assert check("shared-folders", resource) == [message]


def test_an_organisation_may_list_its_nfs_servers() -> None:
    assert check("shared-folders", VOLUME, organisation={"nfsServers": ["nfs.example.org"]}) == []
    assert check("shared-folders", VOLUME, organisation={"nfsServers": ["a.example.org"]}) == [
        'spec.nfs.server is "nfs.example.org"; allowed are a.example.org'
    ]


VOLUMES = "singleuser__storage__extraVolumes"
OVERRIDES = "hub__config__KubeSpawner__group_overrides"
HOME = {"name": "x", "persistentVolumeClaim": {"claimName": "claim-alice"}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({f"{VOLUMES}__x": HOME}, 'storage.extraVolumes.x mounts the claim "claim-alice"'),
        ({f"{VOLUMES}__x": {"name": "x", "hostPath": {"path": "/"}}}, "storage.extraVolumes.x mounts hostPath"),
        (
            {f"{OVERRIDES}__x": {"groups": ["w"], "spawner_override": {"volumes": {"x": HOME}}}},
            'group_overrides.x.spawner_override.volumes.x mounts the claim "claim-alice"',
        ),
    ],
)
def test_a_mounted_volume_is_a_folder_of_the_tenancy(changes: dict[str, Any], message: str) -> None:
    (found,) = check("shared-folders", release(**changes))
    assert message in found
    assert len(check("pod-security", release(**changes))) == 1
    assert check("program-values", release(**changes)) != []


@pytest.mark.parametrize(
    "changes",
    [
        {"singleuser__storage__extraVolumeMounts__folder-ocean__readOnly": False},
        {"singleuser__storage__extraVolumeMounts__folder-ocean__mountPath": "/etc"},
        {f"{OVERRIDES}__folder-ocean-2-writers__groups": ["everybody"]},
        {f"{OVERRIDES}__folder-era5-1-readers__spawner_override__volume_mounts__folder-era5__readOnly": False},
        {f"{OVERRIDES}__x": {"groups": ["w"], "spawner_override": {"privileged": True}}},
    ],
)
def test_other_groups_modes_and_overrides_are_refused(changes: dict[str, Any]) -> None:
    assert len(check("pod-security", release(**changes))) == 1
    assert check("program-values", release(**changes)) != []


def test_class_of_a_folder_must_be_known_to_retain_files() -> None:
    folder, listed = folder_object(0), {"classes": ["cephfs"]}
    (message,) = check("retained-expandable-volumes", folder)
    assert (
        message
        == "a shared folder: the storage class cephfs, which this stack does not create and a preview cannot check"
    )
    assert check("retained-expandable-volumes", folder, organisation=listed) == []
    assert check("retained-expandable-volumes", folder_object(2)) == []
