"""A real 389 Directory Server laid out as FreeIPA lays it out, started without systemd.

What it lacks of FreeIPA: a Kerberos server, the JSON API, password policies, replication, the plugins of FreeIPA's own.
Of these last one shows: ``ipaUniqueID: autogenerate`` stays that word, where FreeIPA's ipa-uuid makes it a UUID.
"""

from local.directory.endpoint import (
    ADMIN,
    DEMO_USERS,
    GROUPS,
    OPERATOR,
    READER,
    SUFFIX,
    TENANCY,
    USERS,
    Endpoint,
    group_dn,
    user_dn,
)
from local.directory.groups import grant, members, revoke
from local.directory.service import down, is_ready, prepare, up

__all__ = [
    "ADMIN",
    "DEMO_USERS",
    "GROUPS",
    "OPERATOR",
    "READER",
    "SUFFIX",
    "TENANCY",
    "USERS",
    "Endpoint",
    "down",
    "grant",
    "group_dn",
    "is_ready",
    "members",
    "prepare",
    "revoke",
    "up",
    "user_dn",
]
