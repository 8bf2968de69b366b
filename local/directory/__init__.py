"""A real 389 Directory Server with the layout of FreeIPA, started without systemd.

It lacks FreeIPA's Kerberos server, JSON API, password policies, replication and plugins. One of the plugins would be
visible: FreeIPA's ipa-uuid replaces ``ipaUniqueID: autogenerate`` by a UUID, this server keeps the word.
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
