"""Differences between two sets of a resource's inputs, property by property, with every secret hidden.

The inputs come from the engine's events (``apitype.StepEventStateMetadata``), in which the engine has replaced secrets.
A value that is unknown before an ``up`` is a certain string.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SECRET = "[secret]"  # noqa: S105 - shown instead of a secret
UNKNOWN = "(known after up)"

_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key of secrets, assets, archives and references in Pulumi's JSON. Source: ``sdk/go/common/resource/sig``."""

_SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - marks secrets
_UNKNOWNS = {
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a boolean
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # text
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # a list
    "030794c1-ac77-496b-92df-f27374a8bd58",  # a file
    "e48ece36-62e2-4504-bad9-02848725956a",  # an archive
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # a group
}
"""Placeholders for unknown values of each type. Source: ``sdk/go/common/resource/plugin/rpc.go`` of Pulumi."""

_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{16}")
_KUBECONFIG = re.compile(r"(?ms)^clusters:.*^users:|^users:.*^clusters:")
_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$/-]*")


@dataclass(frozen=True)
class PropertyChange:
    """The change of one property. A value is None if the property is missing; it may have several lines."""

    path: str
    before: str | None
    after: str | None
    replaces: bool = False
    """Whether this change makes the engine replace the resource."""


def differences(
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    *,
    named_by_engine: Collection[str] = (),
    replacing: Collection[str] = (),
) -> tuple[PropertyChange, ...]:
    """Return the properties that differ, sorted by path.

    Args:
        before: the deployed inputs; None for a new resource.
        after: the declared inputs; None for a deleted resource.
        named_by_engine: the paths that differ according to the engine. A changed secret is only known from these,
            because its placeholder is the same before and after.
        replacing: the paths for which the engine replaces the resource.
    """
    old, new = dict(_leaves(before or {})), dict(_leaves(after or {}))
    named = set(named_by_engine)
    return tuple(
        PropertyChange(
            path,
            display_value(old[path]) if path in old else None,
            display_value(new[path]) if path in new else None,
            any(_is_at_or_below(path, key) for key in replacing),
        )
        for path in sorted({*old, *new})
        if path not in old or path not in new or old[path] != new[path] or (path in named and _is_secret(new[path]))
    )


def display_value(value: object) -> str:
    """Return a value as text, without the content of secrets, keys and kubeconfigs; a digest for certificates."""
    if _is_secret(value):
        return SECRET
    if isinstance(value, dict) and _SIGNATURE in value:
        return "(file)"
    if not isinstance(value, str):
        return json.dumps(value)
    if value in _UNKNOWNS:
        return UNKNOWN
    if value.lstrip().startswith("-----BEGIN CERTIFICATE-----"):
        return f"(certificates, sha256 {hashlib.sha256(value.encode()).hexdigest()[:12]})"
    return value


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Return the path and value of every scalar, with paths as the engine writes them: ``values.hub["a.b"][0]``."""
    if isinstance(value, dict) and value and _SIGNATURE not in value:
        for key, inner in value.items():
            # Keys with two underscores are the engine's own, e.g. the pickled class of a dynamic provider.
            if not key.startswith("__"):
                yield from _leaves(inner, _join(path, key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{index}]")
    elif path:
        yield path, value


def _join(path: str, key: str) -> str:
    if not _PLAIN_KEY.fullmatch(key):
        return f"{path}[{json.dumps(key)}]"
    return f"{path}.{key}" if path else key


def _is_at_or_below(path: str, key: str) -> bool:
    return path == key or path.startswith((f"{key}.", f"{key}["))


def _is_secret(value: object) -> bool:
    """Return whether the engine marked the value as secret, or it has the form of a private key or a kubeconfig."""
    if isinstance(value, dict):
        return value.get(_SIGNATURE) == _SECRET_SIGNATURE
    if not isinstance(value, str):
        return False
    return value == SECRET or _PRIVATE_KEY.search(value) is not None or _KUBECONFIG.search(value) is not None
