"""The sentences about servers that Kubernetes has ended."""

from types import SimpleNamespace
from typing import Any

import pytest

from components.in_hub.server_ends import describe_end, explain_eviction

KEPT = "The files in your home folder are unchanged; files elsewhere and variables in memory are lost."


def event(
    message: str, reason: str = "Evicted", time: str | None = "2026-12-01T07:31:05Z", uid: str = "1"
) -> dict[str, object]:
    pod = {"kind": "Pod", "name": "jupyter-alice", "uid": uid}
    return {"reason": reason, "message": message, "lastTimestamp": time, "involvedObject": pod}


@pytest.mark.parametrize(
    "message",
    [
        "Pod ephemeral local storage usage exceeds the total limit of containers 20Gi. ",
        'Container notebook exceeded its local ephemeral storage limit "20Gi". ',
    ],
)
def test_the_user_learns_that_temporary_files_were_too_large(message: str) -> None:
    events = [event("Started container notebook", "Started"), event(message)]
    assert explain_eviction(events, "20Gi") == (
        "Your server was stopped at 07:31 UTC because it wrote more than 20 GB of temporary files, for example to "
        f"/tmp. {KEPT} Write large files to your home folder, or delete temporary files earlier."
    )


def test_the_user_learns_that_the_node_was_full() -> None:
    message = "The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 9Gi. "
    assert explain_eviction([event(message)], "20Gi") == (
        "Your server was stopped at 07:31 UTC because the computer that it ran on had too little free disk space. "
        f"{KEPT} Start it again; if it happens often, tell your administrator."
    )


def test_other_causes_are_not_guessed() -> None:
    assert explain_eviction([event("Something else.", time=None)], "") == (
        f"Your server was stopped by its computer. {KEPT}"
    )
    assert explain_eviction([], "20Gi") == explain_eviction([event("Stopping", "Killing")], "20Gi") == ""


def test_only_the_last_stop_is_explained() -> None:
    """A hub that was restarted also has the events of pods before the last one."""
    later = (event("Started", "Started", uid="2"), event("Stopping", "Killing", uid="2"))
    assert explain_eviction([event("Something else."), *later], "") == ""
    assert explain_eviction([*later, event("Something else.", uid="3")], "") != ""
    of_the_claim = {"reason": "Warning", "involvedObject": {"kind": "PersistentVolumeClaim", "uid": "9"}}
    assert explain_eviction([event("Something else."), of_the_claim], "") != ""


@pytest.mark.parametrize(("started", "active", "explained"), [(True, False, True), (False, False, False), (1, 1, 0)])
def test_servers_of_an_earlier_account_with_the_name_are_not_explained(
    started: bool, active: bool, explained: bool
) -> None:
    spawner = SimpleNamespace(
        active=active,
        events=[event("Something else.")],
        extra_resource_limits={},
        orm_spawner=SimpleNamespace(last_activity="2026-12-01" if started else None),
    )
    user: Any = SimpleNamespace(spawners={"": spawner})
    assert bool(describe_end(user, "")) is bool(explained)
    assert describe_end(user, "other") == ""
