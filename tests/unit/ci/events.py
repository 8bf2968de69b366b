"""Events of the engine, with the fields that the tests need."""

from typing import Any

from pulumi.automation.events import EngineEvent

STACK = "urn:pulumi:vis::pangeo::"
RELEASE = "kubernetes:helm.sh/v3:Release"


def step(
    operation: str,
    kind: str = RELEASE,
    name: str = "pangeo",
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    event: str = "resourcePreEvent",
    part: str = "inputs",
    **more: Any,
) -> EngineEvent:
    """One operation on one resource, with its values before and after in ``part``."""
    urn = f"{STACK}pangeo:caas:PangeoCluster${kind}::{name}"

    def state(values: dict[str, Any] | None) -> dict[str, Any] | None:
        return None if values is None else {"type": kind, "urn": urn, part: values}

    content = {"op": operation, "urn": urn, "type": kind, "old": state(before), "new": state(after), **more}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, event: {"metadata": content, "planning": True}})


def diagnostic(severity: str, message: str) -> EngineEvent:
    content = {"severity": severity, "message": f"{message}\n", "color": "never"}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, "diagnosticEvent": content})


def violated(policy: str, level: str, message: str, urn: str = f"{STACK}a:b:C${RELEASE}::pangeo") -> EngineEvent:
    content = {
        "resourceUrn": urn,
        "message": message,
        "color": "never",
        "policyName": policy,
        "policyPackName": "pangeo",
        "policyPackVersion": "1.0.0",
        "policyPackVersionTag": "1.0.0",
        "enforcementLevel": level,
    }
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, "policyEvent": content})


def ended(**packs: str) -> EngineEvent:
    content = {"maybeCorrupt": False, "durationSeconds": 1, "resourceChanges": {}, "PolicyPacks": packs}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, "summaryEvent": content})
