"""The sources of shared folders do not change under the same name."""

from typing import Any

import pytest

from components.contract.immutable import ImmutableSettings, immutable_settings, list_refused_changes
from components.contract.inputs import differs
from components.contract.removal import places
from tests.support.tenancies import tenancy

CREATE = {"sizeGb": 500, "className": "cephfs"}
EXPORT = {"server": "nfs.example.org", "path": "/exports"}


def settings(*folders: dict[str, Any]) -> ImmutableSettings:
    """Return the settings as the state has them, with every number as a float."""
    declared = tenancy(sharedFolders=[{"writers": "all", **folder} for folder in folders])
    props = immutable_settings(declared).as_props()
    for folder in props.get("sharedFolders", {}).values():
        folder |= {key: float(value) for key, value in folder.items() if isinstance(value, int)}
    return ImmutableSettings.from_props(props)


def refused(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return list_refused_changes(settings({"name": "a", **before}), settings({"name": "a", **after}))


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({"create": CREATE}, {"claim": "folder-b"}, "claim: create → claim"),
        ({"create": CREATE}, {"nfs": EXPORT}, "nfs: create → nfs"),
        ({"create": CREATE}, {"create": {**CREATE, "className": "nfs"}}, "create.className: cephfs → nfs"),
        ({"claim": "x"}, {"claim": "y"}, "claim: x → y"),
        ({"nfs": EXPORT}, {"nfs": {**EXPORT, "path": "/b"}}, "nfs.path: /exports → /b"),
        (
            {"nfs": EXPORT},
            {"nfs": {**EXPORT, "server": "b.example.org"}},
            "nfs.server: nfs.example.org → b.example.org",
        ),
    ],
)
def test_other_files_under_the_same_name_are_refused(
    before: dict[str, Any], after: dict[str, Any], change: str
) -> None:
    assert refused(before, after) == [
        f"sharedFolders.{change} would show other files in the folder a; set it back, or add a folder with another "
        "name and copy the files; if a was never available, remove its entry, run pulumi up, and add it again"
    ]


@pytest.mark.parametrize("source", [{"create": CREATE}, {"nfs": EXPORT}])
def test_a_claim_of_the_program_may_be_mounted_as_an_existing_one(source: dict[str, Any]) -> None:
    claim = {"claim": "folder-a"}
    assert refused(source, claim) == refused(claim, source) == []


def test_another_spelling_of_an_export_is_not_called_other_files() -> None:
    assert refused({"nfs": EXPORT}, {"nfs": {**EXPORT, "path": "/exports/"}}) == [
        "sharedFolders.nfs.path: /exports → /exports/ of the folder a is another spelling, and Kubernetes does not "
        "change an existing volume; set it back"
    ]


def test_a_created_folder_only_grows() -> None:
    assert refused({"create": CREATE}, {"create": {**CREATE, "sizeGb": 600}}) == []
    assert refused({"create": CREATE}, {"create": {**CREATE, "sizeGb": 400}}) == [
        "sharedFolders.create.sizeGb: 500 → 400 of the folder a would lose files; storage can only grow"
    ]


@pytest.mark.parametrize(
    "after", [{"readers": "all", "writers": ["x"]}, {"path": "/data"}, {"required": False}, {"gid": 5000}]
)
def test_groups_and_paths_may_change(after: dict[str, Any]) -> None:
    assert refused({"create": CREATE}, {"create": CREATE, **after}) == []


def test_a_folder_may_be_added_and_removed() -> None:
    one, none = settings({"name": "a", "claim": "x"}), settings()
    assert list_refused_changes(one, none) == list_refused_changes(none, one) == []


def test_a_stack_without_folders_is_stored_as_before() -> None:
    assert "sharedFolders" not in settings().as_props()
    with_folder = {"settings": settings({"name": "a", "claim": "x"}).as_props()}
    assert differs({"settings": settings().as_props()}, with_folder, lambda _: False)


def test_claims_and_volumes_of_the_program_outlive_a_destroy() -> None:
    found = settings({"name": "a", "create": CREATE}, {"name": "b", "nfs": EXPORT}, {"name": "c", "claim": "x"})
    props = {"namespace": "vis", "settings": found.as_props(), "protect": True}
    assert [str(place) for place in places(props)] == [
        "Namespace vis",
        "PersistentVolumeClaim vis/folder-a",
        "PersistentVolumeClaim vis/folder-b",
        "PersistentVolume vis-pangeo-folder-b",
    ]
