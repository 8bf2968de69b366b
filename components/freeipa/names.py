"""Names and distinguished names (DNs) in FreeIPA, and their rules. Pure."""

import re
from collections.abc import Sequence

from components.dns_label import DNS_LABEL
from components.freeipa.errors import InvalidSetting

GROUP_NAME = re.compile(r"(?!^[0-9]+$)[a-zA-Z0-9_.][a-zA-Z0-9_.-]*[a-zA-Z0-9_.$-]?")
"""Pattern of group names in FreeIPA (freeipa, ``ipalib/constants.py``, PATTERN_GROUPUSER_NAME)."""

GROUP_NAME_MAX_LENGTH = 255
"""Longest group name in characters (freeipa, ``ipaserver/plugins/group.py``)."""

NO_ADMIN_GROUPS = frozenset({"editors", "ipausers", "trust admins", "default smb group"})
"""FreeIPA's own groups that are no groups of admins.

Every new user is added to ``ipausers``; ``editors`` has no purpose any more; the other two serve trusts with Active
Directory (freeipa, ``install/share/bootstrap-template.ldif`` and ``default-smb-group.ldif``,
``install/updates/60-trusts.update``).
"""

BUILT_IN_GROUPS = NO_ADMIN_GROUPS | {"admins"}
"""Groups of FreeIPA itself, whose members have other permissions than a notebook."""

SENTINEL_GROUP = "admins"
"""Group that every FreeIPA has, with a member, and that cannot be removed (freeipa, ``ipaserver/plugins/group.py``)."""

USERS_GROUP_SUFFIX = "_notebook_users"
"""End of the name of every tenancy's users' group."""

KEPT = " (kept by pulumi destroy)"
"""Suffix of the description of a group that ``pulumi destroy`` kept; the next ``up`` recognises the group by it."""

_REALM = re.compile(rf"{DNS_LABEL}(\.{DNS_LABEL})*", re.IGNORECASE)
_BASE_DN = re.compile(rf"dc={DNS_LABEL}(,dc={DNS_LABEL})*")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NEEDS_BACKSLASH = frozenset(',+"\\<>;=#')


def notebook_users_group(cluster_name: str) -> str:
    """Return the name of the group whose members may log in, e.g. ``my_hub_notebook_users`` for ``My-Hub``."""
    return f"{cluster_name.lower().replace('-', '_')}{USERS_GROUP_SUFFIX}"


def notebook_users_description(cluster_name: str) -> str:
    """Return the description of that group."""
    return f"Notebook users for Pangeo cluster '{cluster_name}'"


def group_name(name: str) -> str:
    """Check a group name by FreeIPA's rules, and return it in lower case, as FreeIPA stores it.

    Only FreeIPA's API checks names, LDAP does not. A group with another name could not be managed in FreeIPA.

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


def check_admin_group(name: str) -> None:
    """Check that a group, in any spelling, is not one whose members are ordinary users.

    That includes the users' groups of other tenancies, because their members are chosen by other operators, for a
    notebook: ``members add`` there must not make anybody an admin here. FreeIPA's own ``admins`` is allowed.

    Raises:
        InvalidSetting: the group is FreeIPA's for all users, one that is not for admins, or a tenancy's users' group.
    """
    lower = " ".join(name.lower().split())  # LDAP compares names without case and repeated spaces (RFC 4518)
    if lower in NO_ADMIN_GROUPS:
        raise InvalidSetting(
            "admin_group",
            name,
            "is one of FreeIPA's own groups of ordinary users, each of whom would be an admin with access to all "
            "homes; write a group of admins, for example pangeo_admins",
        )
    if lower.endswith(USERS_GROUP_SUFFIX):
        raise InvalidSetting(
            "admin_group",
            name,
            "is the users' group of a tenancy, so each of its users would be an admin with access to all homes; "
            "write a group of admins, for example pangeo_admins",
        )


def description(text: str) -> str:
    """Check a description by FreeIPA's rules, and return it.

    Raises:
        InvalidSetting: it is empty, begins or ends with a space, or contains a line break or another control character.
    """
    if not text or text != text.strip() or not text.isprintable():
        raise InvalidSetting("description", text, "must be one line of text without spaces at its ends")
    return text


def suffix_of_realm(realm: str) -> str:
    """Return the suffix that FreeIPA's installer derives from a realm, e.g. ``dc=example,dc=org``.

    Raises:
        InvalidSetting: the realm does not consist of DNS labels.
    """
    if not _REALM.fullmatch(realm):
        raise InvalidSetting("realm", realm, "is not a realm such as EXAMPLE.ORG")
    return ",".join(f"dc={label}" for label in realm.lower().split("."))


def suffix_of_base_dn(base_dn: str) -> str:
    """Return a base DN in lower case, without spaces around ``,`` and ``=``.

    Raises:
        InvalidSetting: it does not consist of ``dc=`` labels, as every FreeIPA base DN does.
    """
    suffix = re.sub(r"(?<! ) *([,=]) *", r"\1", base_dn.strip().lower())
    if not _BASE_DN.fullmatch(suffix):
        raise InvalidSetting("suffix", base_dn, "is not a FreeIPA base DN such as dc=example,dc=org")
    return suffix


def unique_id(values: Sequence[str]) -> str | None:
    """Return an ``ipaUniqueID`` in lower case; None if there is not exactly one UUID.

    A directory whose ipa-uuid plugin is disabled keeps the word ``autogenerate`` in every entry.
    """
    if len(values) != 1 or not _UUID.fullmatch(values[0].lower()):
        return None
    return values[0].lower()


def groups_container(suffix: str) -> str:
    """Return the DN of the container of all groups."""
    return f"cn=groups,cn=accounts,{suffix}"


def group_dn(suffix: str, name: str) -> str:
    """Return the DN of the group ``name``."""
    return f"cn={escaped(name)},{groups_container(suffix)}"


def users_container(suffix: str) -> str:
    """Return the DN of the container of all users."""
    return f"cn=users,cn=accounts,{suffix}"


def user_dn(suffix: str, username: str) -> str:
    """Return the DN of the user ``username``."""
    return f"uid={escaped(username)},{users_container(suffix)}"


def user_dn_template(suffix: str) -> str:
    """Return the DN of a user with the placeholder ``{username}`` for the escaped name."""
    return f"uid={{username}},{users_container(suffix)}"


def parent(dn: str) -> str:
    """Return the DN of an entry's container.

    FreeIPA allows no character in the names of users and groups that would be escaped in a DN.
    """
    return dn.partition(",")[2]


def first_value(dn: str) -> str:
    """Return the first value of a DN: ``modellers`` for ``cn=modellers,cn=groups,…``."""
    return dn.partition(",")[0].partition("=")[2]


def normal_dn(dn: str) -> str:
    """Return a DN in lower case without spaces around ``,`` and ``=``, to compare it with another."""
    return re.sub(r"\s*([,=])\s*", r"\1", dn.strip()).lower()


def escaped(value: str) -> str:
    """Return a value escaped for use in a DN (RFC 4514, section 2.4)."""
    last = len(value) - 1
    return "".join(_escaped_character(character, index, last) for index, character in enumerate(value))


def _escaped_character(character: str, index: int, last: int) -> str:
    if character == "\0":
        return "\\00"
    at_an_end = character == " " and index in (0, last)
    if character in _NEEDS_BACKSLASH or at_an_end:
        return "\\" + character
    return character
