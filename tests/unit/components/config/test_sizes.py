"""The section ``sizes``: its values, the messages for invalid ones, and the sizes that servers can have."""

from typing import Any

import pytest

from components.config.named_groups import named_groups
from components.config.server_sizes import server_sizes
from components.config.sizes import UserSize
from components.config.user_sizes import owned_sizes
from tests.support.tenancies import problem, problems, tenancy

OCEAN = {"cpus": 4, "ramGb": 16, "storageGb": 50}


def test_names_have_one_spelling() -> None:
    read = tenancy(sizes={"groups": {" Ocean_Modellers ": OCEAN}, "users": {"Alice": {"storageGb": "200"}}})
    assert read.sizes.groups == {"ocean_modellers": UserSize(cpus=4, ram_gb=16, storage_gb=50)}
    assert read.sizes.users == {"alice": UserSize(storage_gb=200)}
    assert read.as_inputs()["sizes"] == {"groups": {"ocean_modellers": OCEAN}, "users": {"alice": {"storageGb": 200}}}


def test_stacks_without_sizes_have_the_same_inputs_as_before() -> None:
    assert "sizes" not in tenancy().as_inputs()
    assert "hubDatabaseGb" not in tenancy().as_inputs()["storage"]


@pytest.mark.parametrize(
    ("entry", "key", "message"),
    [
        ({"x": {}}, "x.cpus", "is required, or ramGb or storageGb; set one of them, or remove the entry"),
        ({"x": {"cpu": 4}}, "x.cpu", "is not a known key; did you mean cpus?"),
        ({"x": {"ramGb": "16Gi"}}, "x.ramGb", "is not a number of gigabytes; write 16"),
        ({"x": {"storageGb": 0}}, "x.storageGb", "must be at least 1 gigabyte"),
        ({"x": {"storageGb": 65537}}, "x.storageGb", "must be at most 65536 gigabytes"),
        ({"x": OCEAN, "X": OCEAN}, "X", "is there twice, in different spellings; write each name once"),
        (
            {"all": OCEAN},
            "all",
            "is no name here; set notebookCpus, notebookRamGb and notebookStorageGb for all users",
        ),
        (
            {"two words": OCEAN},
            "two words",
            "is not a FreeIPA name; write letters, digits, _ . - and optionally a final $, but not only digits; for "
            "example alice",
        ),
    ],
)
def test_invalid_entries_are_refused(entry: dict[str, Any], key: str, message: str) -> None:
    found = problem(sizes={"groups": entry})
    assert (found.key, found.message) == (f"pangeo:sizes.groups.{key}", message)


def test_text_in_place_of_an_entry_is_refused() -> None:
    for sizes, key in (({"users": ["alice"]}, "users"), ({"users": {"alice": 200}}, "users.alice")):
        found = problem(sizes=sizes)
        assert found.key == f"pangeo:sizes.{key}"
        assert found.message.startswith("is not a section; write its keys below it; write for example {")


def test_all_problems_are_reported_at_once() -> None:
    sizes = {"groups": {"a b": {"cpus": "x"}, "c": {}}, "users": {"d": {"ramGb": 0}}}
    assert len(problems(sizes=sizes, storage__hubDatabaseGb=0)) == 5


def test_its_groups_are_named_by_the_stack_file() -> None:
    assert list(named_groups(tenancy(sizes={"groups": {"ocean": OCEAN}}))) == [(("sizes", "groups", "ocean"), "ocean")]


def owned(**sizes: Any) -> list[tuple[str, float, float]]:
    return [(each.owner, each.cpus, each.ram_gb) for each in owned_sizes(tenancy(sizes=sizes))]


def test_keys_that_are_not_set_have_the_tenancys_values() -> None:
    assert owned(groups={"a": {"cpus": 4}}, users={"alice": {"ramGb": 8}}) == [
        ("", 2, 4),
        ("group a", 4, 4),
        ("user alice", 2, 8),
        ("user alice as a member of a group", 4, 8),
    ]


def test_members_of_several_groups_have_the_largest_value_of_each_key() -> None:
    assert owned(groups={"a": {"cpus": 4}, "b": {"ramGb": 8}}) == [
        ("", 2, 4),
        ("group a", 4, 4),
        ("group b", 2, 8),
        ("a member of several groups", 4, 8),
    ]


def test_sizes_of_homes_are_no_sizes_of_servers() -> None:
    assert owned(groups={"a": {"storageGb": 50}}, users={"alice": {"storageGb": 200}}) == [("", 2, 4)]


def test_a_profiles_own_size_is_that_of_all_users() -> None:
    profiles = [{"name": "Usual"}, {"name": "Fixed", "cpus": 1, "ramGb": 1}, {"name": "Cores", "cpus": 8}]
    found = server_sizes(tenancy(sizes={"groups": {"a": OCEAN}}, notebook={"profiles": profiles}))
    assert [(each.label, each.cpus, each.ram_gb, each.is_default) for each in found] == [
        ("Usual", 2, 4, True),
        ("Usual, group a", 4, 16, False),
        ("Fixed", 1, 1, False),
        ("Cores", 8, 4, False),
        ("Cores, group a", 8, 16, False),
    ]
