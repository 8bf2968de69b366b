"""Sizes of homes and of the hub's database that must not shrink."""

from typing import Any

from components.contract.immutable import ImmutableSettings, immutable_settings, list_refused_changes
from components.contract.inputs import check_inputs
from tests.support.tenancies import tenancy

FIX = (
    "is not possible: existing homes do not shrink; set it back, or remove the key, after which new homes have the "
    "size of other users"
)


def props(**changes: Any) -> dict[str, Any]:
    settings = immutable_settings(tenancy(**changes)).as_props()
    return {"settings": settings, "cluster": {"uid": "1", "server": "https://a"}, "owner": {"stack": "vis"}}


def refused(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return check_inputs(before, after, lambda value: False, "1")[1]


def sizes(**entries: Any) -> dict[str, Any]:
    return props(sizes=entries)


def test_sizes_of_homes_do_not_shrink() -> None:
    before = sizes(groups={"ocean": {"storageGb": 50}}, users={"alice": {"storageGb": 200}})
    after = sizes(groups={"ocean": {"storageGb": 40}}, users={"alice": {"storageGb": 100}})
    assert refused(before, after)[:2] == [
        f"sizes.groups.ocean.storageGb: 50 → 40 {FIX}",
        f"sizes.users.alice.storageGb: 200 → 100 {FIX}",
    ]
    assert refused(after, before) == []


def test_entries_may_be_removed_and_added() -> None:
    entry = sizes(groups={"ocean": {"cpus": 4, "storageGb": 50}})
    for other in (props(), sizes(groups={"ocean": {"cpus": 4}}), sizes(users={"alice": {"storageGb": 1}})):
        assert refused(entry, other) == []
        assert refused(other, entry) == []


def test_cpus_and_memory_may_shrink() -> None:
    assert refused(sizes(groups={"a": {"cpus": 4}}), sizes(groups={"a": {"cpus": 1}})) == []


def test_volume_of_the_database_does_not_shrink_even_if_the_key_is_removed() -> None:
    larger = props(storage={"hubDatabaseGb": 5})
    assert refused(props(), larger) == []
    assert refused(larger, props())[0] == (
        "storage.hubDatabaseGb: 5 → 1 is not possible: volumes do not shrink; set it back"
    )


def test_state_of_stacks_without_the_keys_is_as_before() -> None:
    stored = immutable_settings(tenancy()).as_props()
    assert not {"homeSizes", "hubDatabaseGb", "sharedFolders"} & stored.keys()
    assert ImmutableSettings.from_props(stored) == immutable_settings(tenancy())


def test_settings_are_read_back_from_the_state() -> None:
    wanted = immutable_settings(tenancy(sizes={"users": {"alice": {"storageGb": 200}}}, storage__hubDatabaseGb=5))
    stored = {**wanted.as_props(), "homeSizes": {"users": {"alice": 200.0}}, "hubDatabaseGb": 5.0}
    assert ImmutableSettings.from_props(stored) == wanted
    assert list_refused_changes(ImmutableSettings.from_props(stored), wanted) == []
