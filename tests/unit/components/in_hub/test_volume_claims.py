from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from components.in_hub.events import MESSAGE_MAX_LENGTH
from components.in_hub.volume_claims import CannotGrow, Claim, build_event, build_patch, must_grow


def claim(requested: str, phase: str = "Bound") -> Claim:
    return Claim("claim-alice", "8f5c", "1234", phase, requested)


@pytest.mark.parametrize(("requested", "size"), [("10Gi", "20Gi"), ("10G", "10Gi"), ("0", "1Gi"), ("999Mi", "1Gi")])
def test_smaller_claim_must_grow(requested: str, size: str) -> None:
    assert must_grow(claim(requested), size)


@pytest.mark.parametrize(("requested", "size"), [("10Gi", "10Gi"), ("50Gi", "10Gi"), ("10240Mi", "10Gi")])
@pytest.mark.parametrize("phase", ["Bound", "Pending", "Lost"])
def test_claim_of_the_same_or_larger_size_is_not_changed(requested: str, size: str, phase: str) -> None:
    assert not must_grow(claim(requested, phase), size)


@pytest.mark.parametrize("phase", ["Pending", "Lost"])
def test_claim_without_a_volume_cannot_grow(phase: str) -> None:
    with pytest.raises(CannotGrow, match=f"it is {phase} and can grow once it has a volume"):
        must_grow(claim("10Gi", phase), "20Gi")


def test_patch_changes_only_the_size_of_the_version_read() -> None:
    assert build_patch(claim("10Gi"), "20Gi") == {
        "metadata": {"resourceVersion": "1234"},
        "spec": {"resources": {"requests": {"storage": "20Gi"}}},
    }


def test_event_names_the_claim_and_has_a_limited_message() -> None:
    body = build_event(claim("10Gi"), "vis-pangeo", "m" * 2000, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))

    assert body["involvedObject"]["name"] == "claim-alice"
    assert body["involvedObject"]["uid"] == "8f5c"
    assert body["type"] == "Warning"
    assert len(body["message"]) == MESSAGE_MAX_LENGTH
    assert body["firstTimestamp"] == "2026-01-02T03:04:05+00:00"


def test_claim_without_a_request_has_size_zero() -> None:
    response = SimpleNamespace(
        metadata=SimpleNamespace(name="claim-alice", uid="8f5c", resource_version="1"),
        spec=SimpleNamespace(resources=SimpleNamespace(requests=None)),
        status=SimpleNamespace(phase="Bound"),
    )

    assert Claim.from_response(response).requested == "0"
