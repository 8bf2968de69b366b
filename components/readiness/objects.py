"""Reading the JSON of Kubernetes objects, in which every field may be missing. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

Object = Mapping[str, Any]

RELEASE_NAME, RELEASE_NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"
"""Annotations that Helm writes on every object of a release."""


PLACEHOLDERS = "user-placeholder"
"""Label ``component`` of the hub chart's placeholder pods."""


def field(found: Object, *keys: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value at a path, or None."""
    value: Any = found
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def number(found: Object, *keys: str, default: int = 0) -> int:
    """Return the whole number at a path."""
    value = field(found, *keys)
    return default if value is None else int(value)


def items(found: Object, *keys: str) -> list[Object]:
    """Return the objects of the list at a path."""
    return [each for each in field(found, *keys) or [] if isinstance(each, Mapping)]


def name(found: Object) -> str:
    """Return an object's name."""
    return str(field(found, "metadata", "name") or "")


def uid(found: Object) -> str:
    """Return an object's UID."""
    return str(field(found, "metadata", "uid") or "")


def annotation(found: Object, key: str) -> str:
    """Return the value of an annotation, or an empty text."""
    return str((field(found, "metadata", "annotations") or {}).get(key) or "")


def belongs_to_release(found: Object, release: str, namespace: str) -> bool:
    """Return whether the object is one of the release's own: not a notebook or a Dask pod, which the hub creates."""
    return annotation(found, RELEASE_NAME) == release and annotation(found, RELEASE_NAMESPACE) == namespace


def is_placeholder(found: Object) -> bool:
    """Return whether the object is one of placeholders, which may wait for room as long as they have to."""
    return (field(found, "metadata", "labels") or {}).get("component") == PLACEHOLDERS


def is_owned_by(found: Object, owners: Iterable[str]) -> bool:
    """Return whether one of the UIDs is an owner of the object."""
    return bool({str(each.get("uid")) for each in items(found, "metadata", "ownerReferences")} & set(owners))


def label_selector(selector: Object) -> str:
    """Return a workload's selector in the form of the API's query ``labelSelector``."""
    terms = [f"{key}={value}" for key, value in sorted((field(selector, "matchLabels") or {}).items())]
    for each in items(selector, "matchExpressions"):
        key, values = each.get("key"), ",".join(map(str, each.get("values") or []))
        match each.get("operator"):
            case "In":
                terms.append(f"{key} in ({values})")
            case "NotIn":
                terms.append(f"{key} notin ({values})")
            case "Exists":
                terms.append(f"{key}")
            case "DoesNotExist":
                terms.append(f"!{key}")
    return ",".join(terms)
