"""Waiting until an object is what its annotation ``pulumi.com/waitFor`` asks for, as far as conditions go.

Source: https://www.pulumi.com/registry/packages/kubernetes/#waiting-on-resources
"""

import time
from collections.abc import Mapping
from typing import Any

from local.stand_ins.plugins.errors import Refused
from local.stand_ins.plugins.kubernetes.api import POLL_SECONDS, Cluster, Stop
from local.stand_ins.plugins.kubernetes.kinds import ObjectKind
from local.stand_ins.plugins.wire import Json

WAIT_FOR = "pulumi.com/waitFor"
CONDITION = "condition="


def awaited_condition(body: Mapping[str, Any]) -> str | None:
    """The condition that the object's inputs want to be true, or None.

    Raises:
        Refused: they want something else, which only the official plugin understands.
    """
    wanted = str((body["metadata"].get("annotations") or {}).get(WAIT_FOR) or "")
    if not wanted:
        return None
    if not wanted.startswith(CONDITION) or "=" in wanted.removeprefix(CONDITION):
        raise Refused(
            f"{WAIT_FOR}: {wanted} is not known to the local stand-in for the kubernetes plugin; "
            f"write {CONDITION}<type> or install the official plugin"
        )
    return wanted.removeprefix(CONDITION)


def until_true(
    cluster: Cluster, kind: ObjectKind, live: Json, condition: str, *, timeout_seconds: float, stop: Stop
) -> Json:
    """Read the object again and again until the condition is true; the object as it then is.

    Raises:
        Refused: it is not after ``timeout_seconds``; says what the object's status says of it.
    """
    name, namespace = live["metadata"]["name"], live["metadata"].get("namespace")
    deadline = time.monotonic() + timeout_seconds
    while not _is_true(live, condition):
        if stop.is_set():
            raise Refused(f"the run was cancelled before {kind.kind} {name} was {condition}")
        if time.monotonic() > deadline:
            raise Refused(f"{kind.kind} {name} is not {condition} after {timeout_seconds:g} s{_told(live, condition)}")
        time.sleep(POLL_SECONDS)
        found = cluster.read(kind, namespace, name)
        if found is None:
            raise Refused(f"{kind.kind} {name} was deleted while it was waited for")
        live = found
    return live


def _is_true(live: Json, condition: str) -> bool:
    return any(each.get("type") == condition and each.get("status") == "True" for each in _conditions(live))


def _told(live: Json, condition: str) -> str:
    told = [str(each.get("message", "")) for each in _conditions(live) if each.get("type") == condition]
    return f": {told[0]}" if told and told[0] else ""


def _conditions(live: Json) -> list[Any]:
    return list((live.get("status") or {}).get("conditions") or [])
