from datetime import UTC, datetime
from typing import Any

from local.cluster.readiness import ready_since

STARTED = datetime(2026, 1, 2, 12, 0, 0, tzinfo=UTC)


def node(status: str, heartbeat: str) -> dict[str, Any]:
    ready = {"type": "Ready", "status": status, "lastHeartbeatTime": heartbeat}
    return {"status": {"conditions": [{"type": "PIDPressure", "status": "False"}, ready]}}


def test_node_reported_ready_after_the_start_is_ready() -> None:
    assert ready_since(node("True", "2026-01-02T12:00:03Z"), STARTED)


def test_report_from_before_the_start_does_not_count() -> None:
    assert not ready_since(node("True", "2026-01-02T11:59:59Z"), STARTED)


def test_node_reported_not_ready_is_not_ready() -> None:
    assert not ready_since(node("False", "2026-01-02T12:00:03Z"), STARTED)
    assert not ready_since(node("Unknown", "2026-01-02T12:00:03Z"), STARTED)


def test_node_without_a_report_is_not_ready() -> None:
    assert not ready_since({"status": {}}, STARTED)
