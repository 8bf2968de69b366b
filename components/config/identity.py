"""The section ``identity``: the FreeIPA directory that users log in with."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from components.config.section import Section, metadata, require_exactly_one
from components.config.types import (
    BaseDn,
    Certificates,
    DistinguishedName,
    FreeIpaName,
    Number,
    Realm,
    Server,
    WholeNumber,
)
from components.freeipa import settings
from components.freeipa.errors import InvalidSetting
from components.freeipa.names import check_admin_group, suffix_of_realm


def _to_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _admin_group(value: object) -> object:
    try:
        if isinstance(value, str):
            check_admin_group(value)
    except InvalidSetting as invalid:
        raise ValueError(invalid.reason) from None
    return value


AdminGroup = Annotated[FreeIpaName, BeforeValidator(_admin_group)]
"""A FreeIPA group whose members may be admins. The check comes first, because some refused names have spaces."""


class DirectoryKeys(Section):
    """The keys that name the directory."""

    servers: Annotated[tuple[Server, ...], BeforeValidator(_to_list, json_schema_input_type=str | tuple[str, ...])] = (
        Field(
            alias="server",
            min_length=1,
            description="Fully qualified host name of the FreeIPA server, optionally with `:port`; "
            "or a list of replicas, which are tried in this order",
            examples=["ipa.example.org"],
        )
    )
    realm: Realm | None = Field(
        None,
        description="Kerberos realm, from which the directory's suffix is derived. Set either this or `baseDn`",
        examples=["EXAMPLE.ORG"],
        json_schema_extra=metadata(updates="no"),
    )
    base_dn: BaseDn | None = Field(
        None,
        description="Suffix of the directory, if it cannot be derived from a realm",
        examples=["dc=example,dc=org"],
        json_schema_extra=metadata(updates="no"),
    )

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """Allow exactly one source of the directory's suffix."""
        yield from require_exactly_one(given, "realm", "base_dn")

    @property
    def directory_suffix(self) -> str:
        """Suffix of the directory: ``base_dn``, or ``dc=`` for each part of the realm."""
        return self.base_dn or suffix_of_realm(self.realm or "")


class MembershipCheck(Section):
    """Regular comparison of the hub's users with the directory, so that a removal in FreeIPA itself takes effect soon.

    Needs the secret `pangeo:identityReadPassword`.
    """

    bind_dn: DistinguishedName = Field(
        description="DN of an account that may only read, for example a system account of FreeIPA. The hub's pod has "
        "its password",
        examples=["uid=pangeo-reader,cn=sysaccounts,cn=etc,dc=example,dc=org"],
    )
    every_minutes: WholeNumber = Field(
        5,
        ge=1,
        le=1440,
        description="Interval of the comparison. The access of users who are no longer members, or whose account is "
        "disabled, or was deleted and made again, then ends, with their servers and Dask clusters",
        json_schema_extra=metadata(unit="minutes"),
    )


class Identity(DirectoryKeys):
    """The FreeIPA directory that users log in with."""

    tls: Literal["ldaps", "starttls"] = Field(
        "ldaps",
        description="`ldaps` (port 636) or `starttls` (port 389). Connections without TLS are not supported",
    )
    ca_certificate: Certificates | None = Field(
        None,
        description="Certificate of the authority that signed the servers' certificates, as PEM (the content of "
        "FreeIPA's `/etc/ipa/ca.crt`); by default the system's trust store is used. Certificates and host names are "
        "always verified",
        examples=["-----BEGIN CERTIFICATE-----\n..."],
    )
    bind_dn: DistinguishedName = Field(
        description="DN of the account that the program binds as; it needs FreeIPA's privilege *Group Administrators*",
        examples=["uid=pangeo-deployer,cn=users,cn=accounts,dc=example,dc=org"],
    )
    admin_users: tuple[FreeIpaName, ...] = Field(
        ("admin",),
        min_length=1,
        description="FreeIPA users who are hub admins and may log in, also if they are not members of the users' group",
        examples=[["admin"]],
    )
    admin_group: AdminGroup | None = Field(
        None,
        description="FreeIPA group whose members may log in and are hub admins; FreeIPA's groups of ordinary users "
        "(`ipausers`, `editors`, …) and the users' group of any tenancy are refused. If set, only this group and "
        "`adminUsers` decide: at their next log-in, former members and users made admins on the hub's admin page lose "
        "the right. If the key is removed, present admins remain admins",
        examples=["pangeo_admins"],
    )
    nested_groups: bool = Field(
        False,
        description="Whether indirect members of the users' group, the admins' group and the groups of profiles count "
        "as members, i.e. members of a group that is itself a member. The hub ignores an admins' group that contains a "
        "group which `adminGroup` refuses",
    )
    log_in_hours: Number = Field(
        24,
        ge=0.25,
        le=720,
        description="Time after which users must log in again. Without `membershipCheck`, a member removed in FreeIPA "
        "itself keeps access for this time",
        json_schema_extra=metadata(unit="hours"),
    )
    membership_check: MembershipCheck | None = Field(
        None,
        description="Regular comparison of the hub's users with the directory; by default there is none",
        examples=[{"bindDn": "uid=pangeo-reader,cn=sysaccounts,cn=etc,dc=example,dc=org", "everyMinutes": 5}],
    )
    existing_group: Literal["refuse", "adopt"] = Field(
        "refuse",
        description="Action if the users' group already exists without this stack's mark in its description: `refuse` "
        "stops with an error that names the owner, `adopt` uses the group with its members. An adopted group is never "
        "deleted",
    )

    def directory(self) -> settings.Directory:
        """Return the servers in the order to try them, the TLS mode, the authority and the account to log in with."""
        return settings.directory(self.servers, self.tls, self.ca_certificate, self.bind_dn)
