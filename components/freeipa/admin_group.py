"""Groups of ordinary users among the members of the group of admins.

Where membership through another group counts, each of their members would be an admin. The configuration can refuse
such a group only by its name; which groups are members of which is known to the directory alone.
"""

from dataclasses import dataclass

from ldap3.utils.conv import escape_filter_chars

from components.freeipa.names import NO_ADMIN_GROUPS, USERS_GROUP_SUFFIX, first_value, parent
from components.freeipa.session import Session

FIX = (
    "remove it from there with ipa group-remove-member, also where it is a member through another group, or set "
    "pangeo:identity.nestedGroups to false"
)


@dataclass(frozen=True)
class AdminGroup:
    """Members of the group of admins, as far as they matter to who is an admin."""

    name: str
    ordinary: tuple[str, ...]
    """Names of the groups of ordinary users that are members, directly or through another group."""
    shows_members: bool
    """Whether the account sees a member. If it sees none, there is none, or members of groups are hidden from it."""

    @property
    def problem(self) -> str:
        """Reason why membership through another group must make nobody an admin; empty if there is none."""
        if not self.ordinary:
            return ""
        is_member, whose = ("is a member", "its") if len(self.ordinary) == 1 else ("are members", "their")
        return (
            f"{', '.join(self.ordinary)} {is_member} of the group of admins {self.name}, directly or through another "
            f"group, so each of {whose} members would be an admin with access to all homes"
        )


def read_admin_group(session: Session, dn: str) -> AdminGroup:
    """Read which groups of ordinary users are members of the group, in one search.

    FreeIPA's memberOf plugin lists direct and nested groups in a group's entry, as in a user's. The same permission,
    *System: Read Group Membership*, shows ``member`` and ``memberOf``.

    Args:
        session: the log-in to the directory.
        dn: the DN of the group of admins.

    Raises:
        FreeIpaError: the search failed.
    """
    own = first_value(dn)
    named = "".join(f"(cn={escape_filter_chars(name)})" for name in sorted(NO_ADMIN_GROUPS))
    inner = f"(&(memberOf={escape_filter_chars(dn)})(|{named}(cn=*{USERS_GROUP_SUFFIX})))"
    query = f"(|(&(cn={escape_filter_chars(own)})(member=*)){inner})"
    found = session.children(parent(dn), query, ["cn"], f"reading the groups in {own}")
    names = {name for entry in found for name in entry.get("cn", ())}
    itself = {name for name in names if name.lower() == own.lower()}
    return AdminGroup(own, tuple(sorted(names - itself)), shows_members=bool(itself))
