"""The mark of an owner: written, read, and compared."""

from dataclasses import replace

import pytest

from components.ownership.mark import Mark, Owner, read_mark

OWNER = Owner(stack="vis", cluster="5f2c-11", deployment="8a9b")
OTHER_DEPLOYMENT = replace(OWNER, deployment="0c1d")


@pytest.mark.parametrize("is_kept", [False, True])
def test_a_mark_is_read_back_from_its_text(is_kept: bool) -> None:
    mark = Mark(OWNER, is_kept)

    assert read_mark(str(mark)) == mark
    assert read_mark(f"Notebook users for Pangeo cluster 'vis' [{mark}]") == mark


@pytest.mark.parametrize("text", ["", "Notebook users (kept by pulumi destroy)", "stack vis"])
def test_other_texts_have_no_mark(text: str) -> None:
    assert read_mark(text) is None


def test_an_object_belongs_to_its_deployment_also_after_the_stack_was_renamed() -> None:
    assert Mark(OWNER, is_kept=False).belongs_to(replace(OWNER, stack="renamed"))


def test_a_kept_object_belongs_to_the_next_deployment_of_the_same_stack() -> None:
    assert Mark(OWNER, is_kept=True).belongs_to(OTHER_DEPLOYMENT)


@pytest.mark.parametrize(
    ("mark", "owner"),
    [
        (Mark(OWNER, is_kept=False), OTHER_DEPLOYMENT),
        (Mark(OWNER, is_kept=False), replace(OWNER, cluster="another")),
        (Mark(OWNER, is_kept=True), replace(OTHER_DEPLOYMENT, stack="another")),
        (Mark(OWNER, is_kept=True), replace(OTHER_DEPLOYMENT, cluster="another")),
    ],
    ids=["same stack in another backend", "another cluster", "kept by another stack", "kept in another cluster"],
)
def test_an_object_of_another_owner_does_not_belong_to_it(mark: Mark, owner: Owner) -> None:
    assert not mark.belongs_to(owner)
