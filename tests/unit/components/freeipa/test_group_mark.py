import pytest

from components.freeipa import group_mark, names
from components.ownership.mark import Mark, Owner

OWNER = Owner("vis", "0bd2a5cc-6d5b", "d1")
DESCRIPTION = names.notebook_users_description("vis")


def test_mark_stands_in_brackets_at_the_end() -> None:
    text = group_mark.marked(DESCRIPTION, str(OWNER))
    assert text == f"{DESCRIPTION} [stack vis, cluster 0bd2a5cc-6d5b, deployment d1]"
    assert names.description(text) == text, "FreeIPA accepts it"
    assert group_mark.marked(DESCRIPTION, None) == DESCRIPTION


@pytest.mark.parametrize("description", [DESCRIPTION, "users [of vis]", "a [b"])
def test_description_is_found_again_without_its_mark(description: str) -> None:
    for text in (group_mark.marked(description, str(OWNER)), group_mark.kept(description, OWNER), description):
        assert group_mark.without_mark(text) == description


def test_kept_group_names_its_owner() -> None:
    text = group_mark.kept(DESCRIPTION, OWNER)
    assert group_mark.describe_owner(text) == f"it belongs to {OWNER} (kept by pulumi destroy)"
    assert group_mark.belongs_to(text, Owner("vis", OWNER.cluster, "d2"))
    assert not group_mark.is_own(text, Owner("vis", OWNER.cluster, "d2"))


@pytest.mark.parametrize("text", ["", DESCRIPTION, DESCRIPTION + names.KEPT, "vis [stack of hay]"])
def test_group_without_a_mark_belongs_to_nobody(text: str) -> None:
    assert not group_mark.belongs_to(text, OWNER)
    assert not group_mark.is_own(text, OWNER)
    assert "mark" in group_mark.describe_owner(text)


def test_own_group_of_a_renamed_stack_stays_its_own() -> None:
    text = group_mark.marked(DESCRIPTION, str(OWNER))
    renamed = Owner("vis2", OWNER.cluster, OWNER.deployment)
    assert group_mark.is_own(text, renamed)
    assert group_mark.belongs_to(text, renamed)
    assert not group_mark.is_own(text, Owner("vis", "another", OWNER.deployment))


def test_without_an_owner_no_group_is_own() -> None:
    text = group_mark.marked(DESCRIPTION, str(Mark(OWNER, is_kept=False)))
    assert not group_mark.is_own(text, None)
    assert not group_mark.belongs_to(text, None)
    assert group_mark.owner_of(None) is None
    assert group_mark.owner_of(str(OWNER)) == OWNER
