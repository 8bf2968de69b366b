"""The existing claim of the hub's database, and the size in the stack file."""

from typing import Any

import pytest

from components.preflight.hub_database import find_delay, find_problem


def claim(size: str = "1Gi", phase: str = "Bound", present: str | None = None, **spec: Any) -> dict[str, Any]:
    requests = {"requests": {"storage": size}}
    status = {"phase": phase, "capacity": {"storage": present or size}}
    return {"spec": {"storageClassName": "fast", "resources": requests, **spec}, "status": status}


def test_a_claim_can_grow_if_its_class_lets_it() -> None:
    assert find_problem(claim(), 5, can_expand=True) is None
    assert find_problem(claim(), 5, can_expand=False) == (
        "is more than the claim hub-db-dir has, and its storage class fast lets no volume grow; set it back, or, if "
        "the driver can expand volumes, run: kubectl patch storageclass fast --patch '{\"allowVolumeExpansion\": true}'"
    )


def test_a_claim_never_shrinks() -> None:
    assert find_problem(claim("4500Mi"), 1, can_expand=True) == (
        "is less than the size of the existing claim hub-db-dir, which can only grow; write 5"
    )


def test_a_claim_without_a_volume_does_not_grow() -> None:
    assert find_problem(claim(phase="Pending"), 5, can_expand=True) == (
        "is more than the claim hub-db-dir has, and it is Pending: it cannot grow before it is bound; set 1"
    )


@pytest.mark.parametrize("phase", ["Bound", "Pending"])
def test_an_equal_size_needs_no_growth(phase: str) -> None:
    assert find_problem(claim(phase=phase, present="3Gi"), 1, can_expand=False) is None


def test_growth_that_waits_is_reported() -> None:
    live = claim("5Gi", present="1Gi")
    assert find_delay(live, 5) is None
    live["status"]["conditions"] = [
        {"type": "FileSystemResizePending", "message": "Waiting for user to (re-)start a pod"}
    ]
    assert find_delay(live, 5) == (
        "the volume of the claim hub-db-dir has still 1Gi instead of 5Gi: Waiting for user to (re-)start a pod; if it "
        "waits for a restart: kubectl rollout restart deployment/hub"
    )
    assert find_delay({**live, "status": {**live["status"], "capacity": {"storage": "5Gi"}}}, 5) is None
