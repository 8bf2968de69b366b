"""Where a directory server answers and by which names its clients know it."""

from dataclasses import dataclass

from local.tenancy.addresses import DIRECTORY_NAME, NODE_ADDRESS, REALM


@dataclass(frozen=True)
class Endpoint:
    """One address, two ports: StartTLS and LDAPS. The certificate is for ``names``, the chief one first."""

    address: str
    ldap_port: int
    ldaps_port: int
    names: tuple[str, ...]

    def __str__(self) -> str:
        """The LDAPS address, as error messages name the server."""
        return f"ldaps://{self.names[0]}:{self.ldaps_port} ({self.address})"


TENANCY = Endpoint(str(NODE_ADDRESS), 389, 636, (DIRECTORY_NAME,))
"""The tenancy's own directory: on the pod bridge, where pods and this machine reach it, on the standard ports."""


def suffix_of(realm: str) -> str:
    """The directory's suffix: one ``dc=`` for each label of the realm, as FreeIPA derives it.

    ``TENANCY.TEST`` becomes ``dc=tenancy,dc=test``.
    """
    return ",".join(f"dc={label}" for label in realm.lower().split("."))


SUFFIX = suffix_of(REALM)
USERS = f"cn=users,cn=accounts,{SUFFIX}"
GROUPS = f"cn=groups,cn=accounts,{SUFFIX}"


def user_dn(user: str) -> str:
    """The entry of a user."""
    return f"uid={user},{USERS}"


def group_dn(group: str) -> str:
    """The entry of a group."""
    return f"cn={group},{GROUPS}"


ADMIN = user_dn("admin")
OPERATOR = user_dn("pangeo-operator")
"""The delegated account the stack binds as: may add, change and remove groups, and nothing else."""

READER = f"uid=reader,cn=sysaccounts,cn=etc,{SUFFIX}"
"""A plain system account."""

MANAGER = "cn=Directory Manager"
"""389-ds's super-user; used only to put the entries in."""

DEMO_USERS = ("admin", "alice", "bob", "carol")
ACCOUNTS = (*DEMO_USERS, "pangeo-operator", "reader", "manager")
"""The names under which passwords are kept."""
