"""Who owns an object's fields. Before an update, what this stack's creation and kubectl own becomes the resource's own.

Server-side apply removes a field only from the manager that applies. Without taking over first, a label written at
creation could never be removed again. https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from collections.abc import Mapping
from typing import Any

from local.stand_ins.plugins.kubernetes.api import CREATE_MANAGER

Entry = dict[str, Any]


def taken_over(entries: list[Entry], field_manager: str, api_version: str) -> list[Entry] | None:
    """``managedFields`` with ours, creation's and kubectl's entries joined into one; None when nothing is to join."""
    ours = [entry for entry in entries if _is_applied(entry, field_manager)]
    others = [entry for entry in entries if _is_ours_to_take(entry)]
    if not others:
        return None
    fields: dict[str, Any] = {}
    for entry in [*ours, *others]:
        fields = _union(fields, entry.get("fieldsV1") or {})
    joined = {
        "apiVersion": api_version,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        "manager": field_manager,
        "operation": "Apply",
    }
    return [joined, *(entry for entry in entries if entry not in ours and entry not in others)]


def _is_applied(entry: Entry, field_manager: str) -> bool:
    return entry.get("manager") == field_manager and entry.get("operation") == "Apply"


def _is_ours_to_take(entry: Entry) -> bool:
    manager = str(entry.get("manager", ""))
    whole_object = not entry.get("subresource")
    return whole_object and (manager == CREATE_MANAGER or manager.startswith("kubectl"))


def _union(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    both = {key: _union(left[key], right[key]) for key in left.keys() & right.keys()}
    return {**left, **right, **both}
