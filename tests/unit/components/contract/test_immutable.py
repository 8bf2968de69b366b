from collections.abc import Iterator
from typing import Any

import pytest

from components.config.schema import field_metadata, find_section, is_map_of_sections
from components.config.section import Section
from components.config.tenancy import Tenancy
from components.contract.immutable import immutable_settings, list_refused_changes
from tests.support.tenancies import ABSENT, DOMAIN, tenancy

NEW_STACK = "set it back, or create a second stack and move the users to it"


def refused(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return list_refused_changes(immutable_settings(tenancy(**before)), immutable_settings(tenancy(**after)))


def test_storage_never_shrinks() -> None:
    assert refused({}, {"notebookStorageGb": 20}) == []
    assert refused({}, {"notebookStorageGb": 5}) == [
        "notebookStorageGb: 10 → 5 would lose users' files; storage can only grow"
    ]


def test_other_cluster_name_is_refused() -> None:
    assert refused({}, {"clusterName": "vis"}) == [
        "clusterName: vis-pangeo → vis would abandon the group vis_pangeo_notebook_users with its members, and "
        f"the users' volumes; {NEW_STACK}"
    ]


def test_other_address_is_reported_once_despite_the_derived_domain() -> None:
    assert refused({}, {"externalIp": "192.0.2.1"}) == [
        f"externalIp: 192.171.139.83 → 192.0.2.1 would move the hub to an address its users do not know; {NEW_STACK}"
    ]


def test_other_domain_is_reported_with_the_value_to_restore() -> None:
    fix = f"set it back, or write pangeoDomain: {DOMAIN}"
    assert refused({}, {"pangeoDomain": "hub.example.org"}) == [
        f"pangeoDomain: {DOMAIN} → hub.example.org would break every link to the hub, and its certificate; {fix}"
    ]
    assert refused({}, {"domainSuffix": "nip.io"}) == [
        f"domainSuffix: {DOMAIN} → pangeo.192-171-139-83.nip.io would break every link to the "
        f"hub, and its certificate; {fix}"
    ]


def test_removed_key_is_a_change() -> None:
    (message,) = refused({"pangeoDomain": "hub.example.org"}, {})
    assert message.startswith(f"pangeoDomain: hub.example.org → {DOMAIN}")
    (message,) = refused({"storage__className": "a"}, {})
    assert message.startswith("storage.className: a → (the cluster's default class) does not move existing volumes")


def test_other_default_of_a_newer_program_is_a_change() -> None:
    deployed = tenancy().model_copy(update={"domain_suffix": "xip.example.org"})
    (message,) = list_refused_changes(immutable_settings(deployed), immutable_settings(tenancy()))
    assert message.startswith(f"domainSuffix: pangeo.192-171-139-83.xip.example.org → {DOMAIN}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"pangeoDomain": f"{DOMAIN.capitalize()}."}),
        ({"pangeoDomain": "hub.example.org"}, {"pangeoDomain": "HUB.example.org", "domainSuffix": "nip.io"}),
        ({"externalIp": "2001:db8::1"}, {"externalIp": "2001:DB8:0:0::1"}),
        ({}, {"identity__realm": "example.org"}),
        ({}, {"identity__realm": ABSENT, "identity__baseDn": "dc=Example, dc=org"}),
        ({"storage__className": "a"}, {"storage__className": "a", "storage__hubDatabaseClass": "a"}),
        ({}, {"notebookStorageGb": "10"}),
    ],
)
def test_other_spelling_of_the_same_value_is_no_change(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert refused(before, after) == []


def test_mutable_settings_are_not_refused() -> None:
    everything = {
        "notebookCpus": 4, "notebookRamGb": 8, "identity__server": "ipa2.example.org", "identity__adminGroup": "x",
        "notebook__image": "a/b:c", "dask__enabled": False, "protect": False, "ingress__className": "nginx",
        "workers": {"count": 1, "cpus": 4, "ramGb": 8}, "kubernetes__context": "other",
    }  # fmt: skip
    assert refused({}, everything) == []


CREATE = {"provisioner": "csi.example.org"}
CLAIM = {"claim": "a"}
NFS = {"nfs": {"server": "a.example.org", "path": "/a"}}
CREATED = {"create": {"sizeGb": 2, "className": "a"}}


def folder(source: dict[str, Any]) -> dict[str, Any]:
    return {"sharedFolders": [{"name": "ocean", "writers": "all", **source}]}


def sizes(kind: str, storage_gb: int) -> dict[str, Any]:
    return {"sizes": {kind: {"ocean": {"storageGb": storage_gb}}}}


CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "clusterName": ({}, {"clusterName": "other"}),
    "externalIp": ({}, {"externalIp": "192.0.2.1"}),
    "pangeoDomain": ({}, {"pangeoDomain": "hub.example.org"}),
    "domainSuffix": ({}, {"domainSuffix": "nip.io"}),
    "notebookStorageGb": ({}, {"notebookStorageGb": 1}),
    "identity.realm": ({}, {"identity__realm": "OTHER.ORG"}),
    "identity.baseDn": ({}, {"identity__realm": ABSENT, "identity__baseDn": "dc=other"}),
    "storage.className": ({}, {"storage__className": "other"}),
    "storage.create": ({}, {"storage__create": CREATE}),
    "storage.hubDatabaseClass": ({}, {"storage__hubDatabaseClass": "other"}),
    "storage.hubDatabaseGb": ({"storage__hubDatabaseGb": 5}, {}),
    "sizes.groups.ocean.storageGb": (sizes("groups", 50), sizes("groups", 40)),
    "sizes.users.ocean.storageGb": (sizes("users", 200), sizes("users", 100)),
    "storage.create.provisioner": ({"storage__create": CREATE}, {"storage__create": {"provisioner": "other"}}),
    "storage.create.parameters": ({"storage__create": CREATE}, {"storage__create": {**CREATE, "parameters": {"a": 1}}}),
    "storage.create.reclaimPolicy": (
        {"storage__create": CREATE},
        {"storage__create": {**CREATE, "reclaimPolicy": "Delete"}},
    ),
    "sharedFolders.claim": (folder(CLAIM), folder({"claim": "b"})),
    "sharedFolders.create": (folder(CLAIM), folder(CREATED)),
    "sharedFolders.create.sizeGb": (folder(CREATED), folder({"create": {"sizeGb": 1, "className": "a"}})),
    "sharedFolders.create.className": (folder(CREATED), folder({"create": {"sizeGb": 2, "className": "b"}})),
    "sharedFolders.nfs": (folder(CLAIM), folder(NFS)),
    "sharedFolders.nfs.server": (folder(NFS), folder({"nfs": {**NFS["nfs"], "server": "b.example.org"}})),
    "sharedFolders.nfs.path": (folder(NFS), folder({"nfs": {**NFS["nfs"], "path": "/b"}})),
}


def immutable_keys(group: type[Section], path: str = "") -> Iterator[str]:
    for name, field in group.model_fields.items():
        key = f"{path}{field.alias or name}"
        if field_metadata(field, "updates") in ("no", "grow only"):
            yield key
        if inner := find_section(field.annotation):
            yield from immutable_keys(inner, f"{key}.ocean." if is_map_of_sections(field) else f"{key}.")


def test_changes_cover_every_immutable_key() -> None:
    assert set(immutable_keys(Tenancy)) == set(CHANGES)


@pytest.mark.parametrize("key", CHANGES)
def test_change_of_an_immutable_key_is_refused_by_its_name(key: str) -> None:
    (message,) = refused(*CHANGES[key])
    assert message.startswith(f"{key}: ")
