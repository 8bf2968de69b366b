"""Lines that ``make up`` shows for the engine's messages."""

import pytest
from pulumi.automation.events import DiagnosticEvent, EngineEvent

from local.tenancy.engine_events import event_text


def diagnostic(severity: str, message: str) -> EngineEvent:
    event = DiagnosticEvent(message=message, color="never", severity=severity)
    return EngineEvent(sequence=1, timestamp=1, diagnostic_event=event)


@pytest.mark.parametrize(
    ("severity", "message", "shown"),
    [
        ("info", "waiting for the hub (3 s): pod hub-x: its containers are being created\n", True),
        ("info", "capacity of 6 nodes", False),
        ("warning", "the cluster cannot be identified", True),
        ("warning", "using pulumi-resource-random from $PATH", False),
        ("debug", "waiting for the hub", False),
    ],
)
def test_progress_and_warnings_are_shown(severity: str, message: str, shown: bool) -> None:
    assert (event_text(diagnostic(severity, message)) is not None) is shown
