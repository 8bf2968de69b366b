"""Addresses and names of a directory server and of its entries."""

from dataclasses import dataclass

from local.tenancy.addresses import DIRECTORY_NAME, NODE_ADDRESS, REALM


@dataclass(frozen=True)
class Endpoint:
    """One address with two ports, for StartTLS and LDAPS. The certificate is for ``names``, the main one first."""

    address: str
    ldap_port: int
    ldaps_port: int
    names: tuple[str, ...]

    def __str__(self) -> str:
        """The LDAPS address, for error messages."""
        return f"ldaps://{self.names[0]}:{self.ldaps_port} ({self.address})"


TENANCY = Endpoint(str(NODE_ADDRESS), 389, 636, (DIRECTORY_NAME,))
"""The tenancy's directory: on the standard ports of the pod bridge, which pods and this machine can reach."""


def suffix_of(realm: str) -> str:
    """Return the directory's suffix: one ``dc=`` for each label of the realm, as in FreeIPA.

    ``TENANCY.TEST`` becomes ``dc=tenancy,dc=test``.
    """
    return ",".join(f"dc={label}" for label in realm.lower().split("."))


SUFFIX = suffix_of(REALM)
USERS = f"cn=users,cn=accounts,{SUFFIX}"
GROUPS = f"cn=groups,cn=accounts,{SUFFIX}"


def user_dn(user: str) -> str:
    """Return the distinguished name of a user."""
    return f"uid={user},{USERS}"


def group_dn(group: str) -> str:
    """Return the distinguished name of a group."""
    return f"cn={group},{GROUPS}"


ADMIN = user_dn("admin")
OPERATOR = user_dn("pangeo-operator")
"""The account that the stack binds as; it may only add, change and remove groups."""

READER = f"uid=reader,cn=sysaccounts,cn=etc,{SUFFIX}"
"""A system account that may only read."""

MANAGER = "cn=Directory Manager"
"""The superuser of 389-ds; used only to add the entries."""

DEMO_USERS = ("admin", "alice", "bob", "carol")
ACCOUNTS = (*DEMO_USERS, "pangeo-operator", "reader", "manager")
"""The accounts with a stored password."""
