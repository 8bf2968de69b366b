"""Volumes that outlive their claims and can grow."""

from typing import Any

import pytest

from tests.unit.policies import declared

RULE = "retained-expandable-volumes"
HOMES = "singleuser__storage__dynamic__storageClass"
DATABASE = "hub__db__pvc__storageClassName"


def said(organisation: dict[str, Any] | None = None, **changes: Any) -> list[str]:
    return declared.of(RULE, declared.release(**changes), organisation=organisation).sentences


@pytest.mark.parametrize(
    "changes",
    [
        {"reclaimPolicy": "Delete"},
        {"reclaimPolicy": None},
        {"allowVolumeExpansion": False},
        {"allowVolumeExpansion": None},
    ],
)
def test_a_class_of_the_stack_retains_and_expands(changes: dict[str, Any]) -> None:
    assert len(declared.of(RULE, declared.storage_class(**changes)).sentences) == 1


@pytest.mark.parametrize("path", [HOMES, DATABASE])
def test_an_existing_class_is_taken_at_the_organisations_word(path: str) -> None:
    here: dict[str, Any] = {path: "csi-cinder"}
    (sentence,) = said(**here)
    assert ": the storage class csi-cinder, which this stack does not make" in sentence
    assert said({"classes": ["csi-cinder"]}, **here) == []


@pytest.mark.parametrize("path", [HOMES, DATABASE])
def test_so_is_the_clusters_default(path: str) -> None:
    (sentence,) = said(**{path: None})
    assert "default storage class" in sentence
    assert said({"clusterDefault": True}, **{path: None}) == []


def test_the_name_of_a_made_class_is_no_excuse_where_none_is_made() -> None:
    stack = {**declared.config(), "pangeo:storage": '{"className": "vis-pangeo-homes"}'}
    assert len(declared.of(RULE, declared.release(), stack=stack).sentences) == 2


@pytest.mark.parametrize("kind", ["none", "static"])
def test_every_user_has_a_volume(kind: str) -> None:
    (sentence,) = said(singleuser__storage__type=kind)
    assert "no volume of their own" in sentence


def test_the_hubs_database_is_not_in_memory() -> None:
    (sentence,) = said(hub__db__type="sqlite-memory")
    assert "lost at every restart" in sentence
