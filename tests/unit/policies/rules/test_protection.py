"""Protection of the namespace, the group, homes and the database; idle servers and sessions."""

from typing import Any

import pytest

from tests.unit.policies import declared
from tests.unit.policies.declared import REMOVED, Declared


@pytest.mark.parametrize("resource", [declared.cluster(protect=False), declared.group(protect=False)])
def test_tenancy_and_group_survive_a_destroy(resource: Declared) -> None:
    (message,) = declared.check("tenancy-protected", resource).messages
    assert message == "protect is false: pulumi destroy would delete it with its content"
    assert declared.check("tenancy-protected", resource._replace(protect=True)).messages == []


def test_a_namespace_belongs_to_a_tenancy_or_is_protected() -> None:
    alone = declared.namespace()._replace(parent="pulumi:pulumi:Stack")
    (message,) = declared.check("tenancy-protected", alone).messages
    assert message.startswith("it does not belong to a PangeoCluster")
    assert declared.check("tenancy-protected", alone._replace(protect=True)).messages == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hub__config__KubeSpawner__delete_pvc": True}, "the home would be deleted with the user"),
        ({"hub__config__KubeSpawner__delete_pvc": REMOVED}, "by default, the home is deleted with the user"),
        ({"hub__config__Spawner__delete_pvc": True}, "hub.config.Spawner.delete_pvc"),
        ({"cull__users": True}, "would be deleted from the hub"),
        ({"hub__db__pvc__annotations": {}}, "the hub's database would be deleted with the release"),
    ],
)
def test_users_files_are_never_deleted_automatically(changes: dict[str, Any], message: str) -> None:
    (found,) = declared.check("homes-outlive-users", declared.release(**changes)).messages
    assert message in found


@pytest.mark.parametrize(
    ("changes", "minutes", "fine"),
    [
        ({}, 1440, True),
        ({"cull__timeout": 7200}, 120, True),
        ({"cull__timeout": 7201}, 120, False),
        ({"cull__timeout": 0}, 1440, False),
        ({"cull__timeout": 315360000}, 10**9, False),
        ({"cull__enabled": False}, 1440, False),
    ],
)
def test_idle_servers_should_stop(changes: dict[str, Any], minutes: int, fine: bool) -> None:
    found = declared.check(
        "idle-servers-stop", declared.release(**changes), organisation={"longestIdleMinutes": float(minutes)}
    )
    assert (found.messages == []) is fine
    assert declared.rule("idle-servers-stop").level == "advisory"


@pytest.mark.parametrize(("days", "fine"), [(1, True), (2, True), (3, False), (REMOVED, False)])
def test_sessions_should_be_short(days: object, fine: bool) -> None:
    hub = declared.release(hub__config__JupyterHub__cookie_max_age_days=days)
    assert (declared.check("sessions-are-short", hub).messages == []) is fine
