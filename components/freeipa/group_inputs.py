"""Inputs of the resource ``FreeIpaGroup``: defaults, the group's DN, and the comparison with the deployed state. Pure.

Values are checked where they are read and where they are used, not here: the configuration model checks the stack file,
and :func:`directory` checks servers, TLS mode, certificates and account again before each connection. So a state that
was edited by hand cannot cause a connection without TLS.

An input may be unknown during a preview.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from components.freeipa import names, settings
from components.freeipa.errors import InvalidSetting
from components.freeipa.group_errors import IdentityChanged

Props = dict[str, Any]
"""Properties as the engine sends them: camelCase keys, lists and numbers as in JSON."""

REQUIRED = ("servers", "bindDn", "suffix", "name", "description")
DEFAULTS: Mapping[str, Any] = {"tls": "ldaps", "existingGroup": "refuse", "protect": True}
INPUTS = (*REQUIRED, *DEFAULTS, "caCertificate", "mark")
CONNECTION = ("servers", "tls", "caCertificate", "bindDn")
"""Inputs that decide which directory is used, and how."""

PREVIEW = "preview"
"""Input that is true in a preview. It is not stored."""

Failure = tuple[str, str]
"""A property's name and the error message about it."""


def complete_inputs(olds: Props, news: Props, is_unknown: Callable[[object], bool]) -> tuple[Props, list[Failure]]:
    """Return ``news`` with all defaults and the group's DN, and every failure found.

    The DN follows from the name and the suffix, so it is known during a preview.

    Args:
        olds: the inputs of the last deployment; empty for a new group.
        news: the inputs that the program declares.
        is_unknown: whether a value is not known yet.
    """
    props = {**DEFAULTS, **{key: value for key, value in news.items() if value is not None}}
    failures = [(key, f"{key} is missing") for key in REQUIRED if key not in props]
    failures += [(change.field, str(change)) for change in _identity_changes(olds, props, is_unknown)]
    props.pop("dn", None)
    props.pop(PREVIEW, None)
    if not failures and not is_unknown(props["name"]) and not is_unknown(props["suffix"]):
        props["dn"] = names.group_dn(props["suffix"], props["name"])
    return props, failures


def has_changes(olds: Props, news: Props, is_unknown: Callable[[object], bool]) -> bool:
    """Return whether the resource needs an update. An unknown value counts as a change.

    Raises:
        IdentityChanged: the name or the suffix differs; the group is never replaced.
    """
    for change in _identity_changes(olds, news, is_unknown):
        raise change
    compared = (*INPUTS, "__provider")
    return has_unknown(news, is_unknown) or any(olds.get(key) != news.get(key) for key in compared)


def concerns_directory(olds: Props, news: Props) -> bool:
    """Return whether an update must read or change the group, not only the state.

    Args:
        olds: the outputs of the last deployment.
        news: the completed inputs.
    """
    compared = (*CONNECTION, "description", "mark")
    return "uniqueId" not in olds or any(olds.get(key) != news.get(key) for key in compared)


def has_unknown(props: Props, is_unknown: Callable[[object], bool]) -> bool:
    """Return whether an input is not known yet."""
    values = [props.get(key) for key in INPUTS]
    return any(is_unknown(each) for value in values for each in (value if isinstance(value, list) else [value]))


def directory(props: Props) -> settings.Directory:
    """Return the connection settings in the properties.

    Raises:
        InvalidSetting: one of them is not valid.
    """
    texts = [("servers", server) for server in props["servers"]]
    texts += [("bindDn", props["bindDn"]), ("caCertificate", props.get("caCertificate") or "")]
    for key, value in texts:
        if not isinstance(value, str):
            raise InvalidSetting(key, str(value), "must be text")
    return settings.directory(props["servers"], props["tls"], props.get("caCertificate"), props["bindDn"])


def inputs_of(props: Props) -> Props:
    """Return the inputs among the properties."""
    return {key: props[key] for key in (*INPUTS, "dn") if props.get(key) is not None}


def _identity_changes(olds: Props, news: Props, is_unknown: Callable[[object], bool]) -> Iterator[IdentityChanged]:
    for key in ("name", "suffix"):
        old, new = olds.get(key), news.get(key)
        if old and new and not is_unknown(old) and not is_unknown(new) and old != new:
            yield IdentityChanged(key, old, new)
