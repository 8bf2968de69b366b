"""Texts that the terminal shows for the events of an engine operation."""

from pulumi.automation.events import EngineEvent, OpType

SIGNS = {
    OpType.CREATE: "+",
    OpType.CREATE_REPLACEMENT: "+",
    OpType.UPDATE: "~",
    OpType.DELETE: "-",
    OpType.DELETE_REPLACED: "-",
    OpType.REPLACE: "±",
}
"""The sign before a resource, by kind of change; other kinds are not shown."""

PROGRESS = "waiting for the hub"
"""Beginning of the lines that the resource HubReady prints."""


def event_text(event: EngineEvent) -> str | None:
    """Return one line for a change, a policy violation or a message; None for an event that is not shown."""
    return _change(event) or _violation(event) or _message(event)


def is_error(event: EngineEvent) -> bool:
    """Return whether the event is an error message or the violation of a mandatory policy."""
    text = _violation(event) or _message(event)
    return text is not None and text.startswith("error:")


def _change(event: EngineEvent) -> str | None:
    if event.res_outputs_event is None or event.res_outputs_event.metadata.op not in SIGNS:
        return None
    metadata = event.res_outputs_event.metadata
    return f"{SIGNS[metadata.op]} {metadata.type}  {metadata.urn.rsplit('::', 1)[-1]}"


def _violation(event: EngineEvent) -> str | None:
    policy = event.policy_event
    if policy is None:
        return None
    severity = "error" if policy.enforcement_level == "mandatory" else "warning"
    return f"{severity}: policy {policy.policy_name}: {policy.message.strip()}"


def _message(event: EngineEvent) -> str | None:
    diagnostic = event.diagnostic_event
    if diagnostic is None:
        return None
    text = diagnostic.message.strip()
    if diagnostic.severity == "info" and text.startswith(PROGRESS):
        return text
    if diagnostic.severity not in ("warning", "error", "info#err"):
        return None
    # The engine warns of each plugin that it takes from PATH, where the stand-ins are on purpose.
    return None if not text or "from $PATH" in text else f"{diagnostic.severity}: {text}"
