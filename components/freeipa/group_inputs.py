"""What a stack may say about its group: checked, in one spelling, and never changed in name. Pure.

Inputs may still be unknown in a preview; an unknown one is let through and checked when it is known.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from components.freeipa import names, settings
from components.freeipa.errors import FreeIpaError, IdentityChanged, InvalidSetting

Props = dict[str, Any]
"""Properties as the engine sends them: camelCase keys, lists and numbers as JSON has them."""

INPUTS = ("servers", "tls", "caCertificate", "bindDn", "suffix", "name", "description", "existingGroup", "protect")
DEFAULTS: Mapping[str, Any] = {"tls": "ldaps", "existingGroup": "refuse", "protect": True}
EXISTING_GROUP = ("refuse", "adopt")

Failure = tuple[str, str]
"""The property at fault and the sentence about it."""


def checked(olds: Props, news: Props, is_unknown: Callable[[object], bool]) -> tuple[Props, list[Failure]]:
    """``news`` in one spelling and with every default, and all that is wrong with it at once.

    ``dn`` follows from the name and the suffix, so it is added here and known in a preview.
    """
    props = {**DEFAULTS, **{key: value for key, value in news.items() if value is not None}}
    failures: list[Failure] = []

    def check(key: str, rule: Callable[[Any], object], required: bool = True) -> None:
        value = props.get(key)
        if is_unknown(value):
            return
        if value is None:
            if required:
                failures.append((key, f"{key} is missing"))
            return
        try:
            props[key] = rule(value)
        except FreeIpaError as error:
            failures.append((key, str(error)))

    check("name", lambda name: names.group_name(_text("name", name)))
    check("suffix", lambda suffix: names.suffix_of_base_dn(_text("suffix", suffix)))
    check("description", lambda text: names.description(_text("description", text)))
    check("tls", lambda tls: settings.tls_mode(_text("tls", tls)))
    check("servers", lambda servers: _servers(servers, props["tls"], is_unknown))
    check("caCertificate", lambda pem: settings.authorities(_text("caCertificate", pem)), required=False)
    check("bindDn", lambda dn: settings.account(_text("bindDn", dn)))
    check("existingGroup", _existing_group)
    check("protect", _boolean)
    failures += [(change.field, str(change)) for change in _identity_changes(olds, props, is_unknown)]
    props.pop("dn", None)
    if not failures and not is_unknown(props["name"]) and not is_unknown(props["suffix"]):
        props["dn"] = names.group_dn(props["suffix"], props["name"])
    return props, failures


def differs(olds: Props, news: Props, is_unknown: Callable[[object], bool]) -> bool:
    """Whether an update is due. Unknown values may turn out to differ.

    Raises:
        IdentityChanged: the name or the suffix differs; the group is never replaced.
    """
    for change in _identity_changes(olds, news, is_unknown):
        raise change
    compared = (*INPUTS, "__provider")
    return any(is_unknown(news.get(key)) or olds.get(key) != news.get(key) for key in compared)


def directory(props: Props) -> settings.Directory:
    """The directory the properties name.

    Raises:
        InvalidSetting: any of them is refused.
    """
    return settings.directory(props["servers"], props["tls"], props.get("caCertificate"), props["bindDn"])


def inputs_of(props: Props) -> Props:
    """The inputs among the properties."""
    return {key: props[key] for key in (*INPUTS, "dn") if props.get(key) is not None}


def _identity_changes(olds: Props, news: Props, is_unknown: Callable[[object], bool]) -> Iterator[IdentityChanged]:
    for key in ("name", "suffix"):
        old, new = olds.get(key), news.get(key)
        if old and new and not is_unknown(old) and not is_unknown(new) and old != new:
            yield IdentityChanged(key, old, new)


def _servers(servers: object, tls: object, is_unknown: Callable[[object], bool]) -> list[object]:
    if not isinstance(servers, list) or not servers:
        raise InvalidSetting("servers", str(servers), "must be a list of at least one host name")
    mode: settings.TlsMode = "starttls" if tls == "starttls" else "ldaps"
    return [
        server if is_unknown(server) else str(settings.server_address(_text("servers", server), mode))
        for server in servers
    ]


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidSetting(key, str(value), "must be text")
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidSetting("protect", str(value), "must be true or false")
    return value


def _existing_group(value: object) -> str:
    if value not in EXISTING_GROUP:
        raise InvalidSetting("existingGroup", str(value), "is neither refuse nor adopt")
    return str(value)
