"""FreeIPA's names: groups, distinguished names, and the rules they keep. Pure."""

import re

from components.freeipa.errors import InvalidSetting

GROUP_NAME = re.compile(r"(?!^[0-9]+$)[a-zA-Z0-9_.][a-zA-Z0-9_.-]*[a-zA-Z0-9_.$-]?")
"""FreeIPA's rule for group names (freeipa, ``ipalib/constants.py``, PATTERN_GROUPUSER_NAME)."""

GROUP_NAME_MAX_LENGTH = 255
"""FreeIPA's limit in characters (freeipa, ``ipaserver/plugins/group.py``)."""

BUILT_IN_GROUPS = frozenset({"admins", "editors", "ipausers", "trust admins", "default smb group"})
"""Groups FreeIPA itself relies on; membership in them means more than a notebook."""

KEPT = " (kept by pulumi destroy)"
"""Ends the description of a group that outlived its stack, so that the next ``up`` knows it for its own."""

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_REALM = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.IGNORECASE)
_BASE_DN = re.compile(rf"dc={_LABEL}(,dc={_LABEL})*")
_NEEDS_BACKSLASH = frozenset(',+"\\<>;=#')


def notebook_users_group(cluster_name: str) -> str:
    """The group whose members may log in: ``My-Hub`` gives ``my_hub_notebook_users``."""
    return f"{cluster_name.lower().replace('-', '_')}_notebook_users"


def notebook_users_description(cluster_name: str) -> str:
    """What a FreeIPA administrator reads beside the group."""
    return f"Notebook users for Pangeo cluster '{cluster_name}'"


def group_name(name: str) -> str:
    """``name`` as FreeIPA would store it: checked by its rules and lower-cased.

    The directory itself has no such check, only FreeIPA's API has; a group it would refuse could not be managed there.

    Raises:
        InvalidSetting: the name breaks a rule or is one of FreeIPA's own groups.
    """
    lower = name.lower()
    if lower in BUILT_IN_GROUPS:
        raise InvalidSetting("name", name, "is one of FreeIPA's own groups; choose another")
    if len(name) > GROUP_NAME_MAX_LENGTH:
        raise InvalidSetting("name", name, f"is longer than {GROUP_NAME_MAX_LENGTH} characters")
    if not GROUP_NAME.fullmatch(name):
        raise InvalidSetting(
            "name",
            name,
            "is not a FreeIPA group name: letters, digits, _ . - (not first) and $ (only last), and not digits alone",
        )
    return lower


def description(text: str) -> str:
    """``text`` if FreeIPA takes it as a description.

    Raises:
        InvalidSetting: it is empty, begins or ends with a space, or holds a line break or another control character.
    """
    if not text or text != text.strip() or not text.isprintable():
        raise InvalidSetting("description", text, "must be one line of text without spaces at its ends")
    return text


def suffix_of_realm(realm: str) -> str:
    """``EXAMPLE.ORG`` gives ``dc=example,dc=org``, as FreeIPA's installer lays the directory out.

    Raises:
        InvalidSetting: the realm is not made of DNS labels.
    """
    if not _REALM.fullmatch(realm):
        raise InvalidSetting("realm", realm, "is not a realm such as EXAMPLE.ORG")
    return ",".join(f"dc={label}" for label in realm.lower().split("."))


def suffix_of_base_dn(base_dn: str) -> str:
    """``base_dn`` in one spelling: lower case, no spaces around ``,`` and ``=``.

    Raises:
        InvalidSetting: it is not a chain of ``dc=`` labels, as every FreeIPA base DN is.
    """
    suffix = re.sub(r" *([,=]) *", r"\1", base_dn.strip().lower())
    if not _BASE_DN.fullmatch(suffix):
        raise InvalidSetting("suffix", base_dn, "is not a FreeIPA base DN such as dc=example,dc=org")
    return suffix


def groups_container(suffix: str) -> str:
    """The DN below which FreeIPA keeps every group."""
    return f"cn=groups,cn=accounts,{suffix}"


def group_dn(suffix: str, name: str) -> str:
    """The DN of the group ``name``."""
    return f"cn={escaped(name)},{groups_container(suffix)}"


def user_dn(suffix: str, username: str) -> str:
    """The DN of the user ``username``."""
    return f"uid={escaped(username)},cn=users,cn=accounts,{suffix}"


def user_dn_template(suffix: str) -> str:
    """The DN of any user, with ``{username}`` where the (escaped) name belongs."""
    return f"uid={{username}},cn=users,cn=accounts,{suffix}"


def escaped(value: str) -> str:
    """``value`` as it may stand in a DN (RFC 4514, section 2.4)."""
    last = len(value) - 1
    return "".join(_escaped_character(character, index, last) for index, character in enumerate(value))


def _escaped_character(character: str, index: int, last: int) -> str:
    if character == "\0":
        return "\\00"
    at_an_end = character == " " and index in (0, last)
    if character in _NEEDS_BACKSLASH or at_an_end:
        return "\\" + character
    return character
