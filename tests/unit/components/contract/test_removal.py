"""What becomes of an object that outlives a destroy."""

import pytest

from components.contract.removal import Fate, attempt, fate, places
from components.ownership.existing import FoundObject, TakenOver
from components.ownership.mark import Mark, Owner

OURS = Owner("vis", "c1", "d1")
OTHERS = [Owner("vis", "c1", "d2"), Owner("vis", "c2", "d1"), Owner("prod", "c1", "d3")]


def found(mark: Mark | str) -> FoundObject:
    return FoundObject("Namespace", "vis", "", "u1", str(mark), "")


def fates(mark: Mark | str, taken_over: TakenOver | None = None) -> tuple[Fate, Fate]:
    """Return the fate with protection, and without."""
    entries = {"Namespace vis": taken_over} if taken_over else {}
    protected, open_ = (fate(found(mark), OURS, protect=protect, taken_over=entries) for protect in (True, False))
    return protected, open_


def test_own_object_is_kept_or_deleted() -> None:
    assert fates(Mark(OURS, is_kept=False)) == (Fate.KEEP, Fate.DELETE)
    assert fates(Mark(OURS, is_kept=True)) == (Fate.KEEP, Fate.DELETE), "a destroy is repeated"


@pytest.mark.parametrize("owner", OTHERS)
@pytest.mark.parametrize("kept", [True, False])
def test_object_of_others_is_left(owner: Owner, kept: bool) -> None:
    assert fates(Mark(owner, kept)) == (Fate.LEAVE, Fate.LEAVE)


def test_unmarked_object_is_left() -> None:
    assert fates("") == (Fate.LEAVE, Fate.LEAVE)


def test_adopted_object_only_loses_the_mark() -> None:
    assert fates(Mark(OURS, is_kept=False), TakenOver("u1", "", adopted=True)) == (Fate.UNMARK, Fate.UNMARK)
    assert fates("", TakenOver("u1", "", adopted=True)) == (Fate.LEAVE, Fate.LEAVE), "it was not marked yet"


def test_object_of_an_older_version_that_was_not_marked_yet_is_the_own_one() -> None:
    assert fates("", TakenOver("u1", "", adopted=False)) == (Fate.KEEP, Fate.DELETE)
    assert fates("", TakenOver("another", "", adopted=False)) == (Fate.LEAVE, Fate.LEAVE)


def test_storage_class_is_included_only_if_the_program_creates_it() -> None:
    settings = {"createdClass": {"provisioner": "csi.example.org"}, "storageClass": "vis-homes"}
    props = {"namespace": "vis", "settings": settings, "protect": False}
    assert [str(place) for place in places(props)] == ["Namespace vis", "StorageClass vis-homes"]
    existing = {"namespace": "vis", "settings": {"createdClass": {}, "storageClass": "ssd"}, "protect": True}
    assert [str(place) for place in places(existing)] == ["Namespace vis"]
    assert attempt(props) == "deleting: Namespace vis, StorageClass vis-homes"
    assert attempt(existing) == "marking as kept: Namespace vis"
