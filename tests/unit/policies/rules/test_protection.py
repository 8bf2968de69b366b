"""What outlives mistakes."""

from typing import Any

import pytest

from tests.unit.policies import declared
from tests.unit.policies.declared import GONE, Declared


@pytest.mark.parametrize("resource", [declared.cluster(protect=False), declared.group(protect=False)])
def test_tenancy_and_group_survive_a_destroy(resource: Declared) -> None:
    (sentence,) = declared.of("tenancy-protected", resource).sentences
    assert sentence == "protect is false: pulumi destroy would delete it and what is in it"
    assert declared.of("tenancy-protected", resource._replace(protect=True)).sentences == []


def test_a_namespace_belongs_to_a_tenancy_or_is_protected_itself() -> None:
    alone = declared.namespace()._replace(parent="pulumi:pulumi:Stack")
    (sentence,) = declared.of("tenancy-protected", alone).sentences
    assert sentence.startswith("it is no part of a PangeoCluster")
    assert declared.of("tenancy-protected", alone._replace(protect=True)).sentences == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"hub__config__KubeSpawner__delete_pvc": True}, "deleting a user in the hub would delete the home"),
        ({"hub__config__KubeSpawner__delete_pvc": GONE}, "its default deletes the home with the user"),
        ({"hub__config__Spawner__delete_pvc": True}, "hub.config.Spawner.delete_pvc"),
        ({"cull__users": True}, "would be deleted from the hub"),
        ({"hub__db__pvc__annotations": {}}, "the hub's database would go with the release"),
    ],
)
def test_nothing_of_a_user_is_deleted_by_the_way(changes: dict[str, Any], sentence: str) -> None:
    (found,) = declared.of("homes-outlive-users", declared.release(**changes)).sentences
    assert sentence in found


@pytest.mark.parametrize(
    ("changes", "minutes", "fine"),
    [
        ({}, 1440, True),
        ({"cull__timeout": 7200}, 120, True),
        ({"cull__timeout": 7201}, 120, False),
        ({"cull__timeout": 0}, 1440, False),
        ({"cull__enabled": False}, 1440, False),
    ],
)
def test_idle_servers_are_advised_to_stop(changes: dict[str, Any], minutes: int, fine: bool) -> None:
    found = declared.of(
        "idle-servers-stop", declared.release(**changes), organisation={"longestIdleMinutes": float(minutes)}
    )
    assert (found.sentences == []) is fine
    assert declared.rule("idle-servers-stop").level == "advisory"


@pytest.mark.parametrize(("days", "fine"), [(1, True), (2, True), (3, False), (GONE, False)])
def test_sessions_are_advised_to_be_short(days: object, fine: bool) -> None:
    hub = declared.release(hub__config__JupyterHub__cookie_max_age_days=days)
    assert (declared.of("sessions-are-short", hub).sentences == []) is fine
