"""The outcome of a pod, and the messages for restic's errors."""

import json
from typing import Any

import pytest

from components.in_backup.causes import StoreProblem
from components.in_backup.outcomes import UNREADABLE_WARNING, read_outcome, waiting_reason
from tests.unit.components.in_backup.run_settings import SETTINGS, SUMMARY


def pod(phase: str, message: str = "", code: int = 1, reason: str = "Error", **status: Any) -> dict[str, Any]:
    ended = {"exitCode": code, "message": message, "reason": reason}
    containers = [{"name": "restic", "state": {"terminated": ended}}]
    return {"spec": {"nodeName": "node-1"}, "status": {"phase": phase, "containerStatuses": containers, **status}}


def test_a_pod_that_runs_has_no_outcome() -> None:
    assert read_outcome(pod("Running"), SETTINGS) is None


def test_a_backup_has_restics_summary() -> None:
    found = read_outcome(pod("Succeeded", SUMMARY, 0), SETTINGS)
    assert found is not None
    assert (found.is_good, found.message, (found.summary or {})["snapshot_id"]) == (True, "", "f00")


def test_files_that_cannot_be_read_are_named() -> None:
    errors = [
        {"message_type": "error", "error": {"Op": "open", "Err": 13}, "during": "archival", "item": "/homes/a/x"},
        {"message_type": "error", "error": {"message": "open y: permission denied"}, "item": "/homes/a/y"},
    ]
    text = "\n".join([SUMMARY, *map(json.dumps, errors), "Warning: at least one source file could not be read"])
    found = read_outcome(pod("Failed", text, 3), SETTINGS)
    assert found is not None
    assert (found.is_good, found.message) == (
        True,
        "some files could not be read: /homes/a/x: permission denied; /homes/a/y: open y: permission denied",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Fatal: wrong password or no key found",
            "the repository https://s3.example.org/backups/vis has another password; write it into the key "
            "repository-password of the Secret pangeo-backup, or set another pangeo:backup.prefix (restic: Fatal: "
            "wrong password or no key found)",
        ),
        (
            "Fatal: unable to open config file: Stat: Access Denied.\nIs there a repository at the following location?",
            "the store refuses access to https://s3.example.org/backups/vis; write the right access-key and secret-key "
            "into the Secret pangeo-backup, let this account read, write and delete objects in the bucket, and compare "
            "the clocks of the node node-1 and of the store (restic: Fatal: unable to open config file: Stat: Access "
            "Denied.; Is there a repository at the following location?)",
        ),
        (
            "The difference between the request time and the current time is too large. RequestTimeTooSkewed",
            "the clock of the node node-1 differs from the store's by more than 15 minutes; set the clock of both by "
            "NTP (restic: The difference between the request time and the current time is too large. "
            "RequestTimeTooSkewed)",
        ),
        (
            "no answer within 120 s",
            "the store does not answer at https://s3.example.org/backups/vis; check pangeo:backup.endpoint, the store, "
            "and the network between (restic: no answer within 120 s)",
        ),
        (
            "client.PutObject: QuotaExceeded",
            "the store has no space left for https://s3.example.org/backups/vis; enlarge the bucket's quota, or keep "
            "fewer backups (pangeo:backup.keep), of which the next run deletes the old ones first (restic: "
            "client.PutObject: QuotaExceeded)",
        ),
        (
            "Fatal: unable to open config file: Stat: 400 Bad Request",
            "the store does not accept the request; write its region into pangeo:backup.region (restic: Fatal: unable "
            "to open config file: Stat: 400 Bad Request)",
        ),
        (
            "Fatal: write /cache/restic-temp-pack-1: no space left on device",
            "the node node-1 has no space left for temporary files; free its disk (restic: Fatal: write "
            "/cache/restic-temp-pack-1: no space left on device)",
        ),
        ("Fatal: of an unknown kind", "Fatal: of an unknown kind"),
        ("", "the pod failed without a message"),
    ],
)
def test_errors_name_the_cause_and_the_fix(text: str, message: str) -> None:
    found = read_outcome(pod("Failed", text), SETTINGS)
    assert found is not None
    assert (found.is_good, found.message) == (False, message)


def test_a_home_of_which_no_file_could_be_read_is_not_backed_up() -> None:
    summary = json.dumps({"message_type": "summary", "snapshot_id": "f00", "total_files_processed": 0})
    found = read_outcome(pod("Failed", f"{summary}\nerror: open /homes/a: permission denied", 3), SETTINGS)
    assert found is not None
    assert (found.is_good, found.message) == (
        False,
        "none of its files could be read: error: open /homes/a: permission denied",
    )


def test_the_last_line_of_newer_versions_names_no_file() -> None:
    last = json.dumps({"message_type": "exit_error", "code": 3, "message": f"Warning: {UNREADABLE_WARNING}"})
    found = read_outcome(pod("Failed", f"{SUMMARY}\nerror: read x\n{last}", 3), SETTINGS)
    assert found is not None
    assert (found.is_good, found.message) == (True, "some files could not be read: error: read x")


@pytest.mark.parametrize(
    ("code", "text", "sign", "store"),
    [
        (10, "", "there is no repository at", StoreProblem.REFUSED),
        (10, "The specified bucket does not exist", "the bucket of", StoreProblem.REFUSED),
        (11, "", "another program has locked", None),
        (12, "", "has another password", StoreProblem.REFUSED),
        (130, "no answer within 300 s", "the store does not answer", StoreProblem.UNREACHABLE),
        (137, "", "restic needed more memory", None),
        (1, "XMinioStorageFull", "the store has no space left", StoreProblem.FULL),
        (1, "write /cache/restic/data/0: no space left on device", "the node node-1 has no space left", None),
    ],
)
def test_exit_codes_of_newer_versions_have_causes(code: int, text: str, sign: str, store: StoreProblem | None) -> None:
    message = json.dumps({"message_type": "exit_error", "code": code, "message": text}) if text else ""
    found = read_outcome(pod("Failed", message, code), SETTINGS)
    assert found is not None
    assert sign in found.message
    assert found.store == store


def test_a_pod_that_its_node_ended_can_be_repeated() -> None:
    found = read_outcome(pod("Failed", "", 137) | {"status": {"phase": "Failed", "reason": "Evicted"}}, SETTINGS)
    assert found is not None
    assert found.is_evicted


def test_kubernetes_reasons_come_first() -> None:
    found = read_outcome(pod("Failed", "connection reset", 137, "OOMKilled"), SETTINGS)
    assert found is not None
    assert found.message.startswith("restic needed more memory; set a larger pangeo:backup.ramGb")


def test_a_pod_that_does_not_start_says_why() -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}
    assert waiting_reason({"status": {"phase": "Pending", "conditions": [condition]}}) == "0/3 nodes are available"
    waiting = [{"state": {"waiting": {"reason": "ErrImagePull", "message": "not found"}}}]
    assert waiting_reason({"status": {"phase": "Pending", "containerStatuses": waiting}}) == "ErrImagePull: not found"
