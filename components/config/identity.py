"""The section ``identity``: the FreeIPA directory that users log in with."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from components.config.section import Section, metadata, require_exactly_one
from components.config.types import BaseDn, Certificates, DistinguishedName, FreeIpaName, Realm, Server
from components.freeipa import settings
from components.freeipa.names import suffix_of_realm


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Identity(Section):
    """The FreeIPA directory users log in with."""

    servers: Annotated[
        tuple[Server, ...], BeforeValidator(_one_or_more, json_schema_input_type=str | tuple[str, ...])
    ] = Field(
        alias="server",
        min_length=1,
        description="FreeIPA server as a fully qualified host name, optionally with `:port`; "
        "or a list of replicas, tried in this order",
        examples=["ipa.example.org"],
    )
    realm: Realm | None = Field(
        None,
        description="Kerberos realm; the directory's suffix is made of its parts. Give this or `baseDn`",
        examples=["EXAMPLE.ORG"],
        json_schema_extra=metadata(updates="no"),
    )
    base_dn: BaseDn | None = Field(
        None,
        description="The directory's suffix, where it does not follow from a realm",
        examples=["dc=example,dc=org"],
        json_schema_extra=metadata(updates="no"),
    )
    tls: Literal["ldaps", "starttls"] = Field(
        "ldaps",
        description="`ldaps` (port 636) or `starttls` (port 389); there is no connection without TLS",
    )
    ca_certificate: Certificates | None = Field(
        None,
        description="PEM text of the authority that signed the servers' certificates (`/etc/ipa/ca.crt`); left out, "
        "the system's trust store decides. Certificate and host name are always verified",
        examples=["-----BEGIN CERTIFICATE-----\n..."],
    )
    bind_dn: DistinguishedName = Field(
        description="Who the program binds as: an account with FreeIPA's privilege *Group Administrators*",
        examples=["uid=pangeo-deployer,cn=users,cn=accounts,dc=example,dc=org"],
    )
    admin_users: tuple[FreeIpaName, ...] = Field(
        ("admin",),
        min_length=1,
        description="FreeIPA users who are hub admins, members of the group or not",
        examples=[["admin"]],
    )
    admin_group: FreeIpaName | None = Field(
        None,
        description="FreeIPA group whose members may log in and are hub admins. Once given, it and `adminUsers` alone "
        "decide: anyone else, made an admin in the hub's own pages or formerly of the group, is none from their next "
        "log-in. Taking the key out again leaves those who are admins then",
        examples=["pangeo_admins"],
    )
    nested_groups: bool = Field(
        False,
        description="Whether members of a group that is itself a member of the users' group, the admins' group or a "
        "profile's count too; otherwise only direct members do",
    )
    existing_group: Literal["refuse", "adopt"] = Field(
        "refuse",
        description="What to do where the users' group exists already: `refuse`, or `adopt` it (an adopted group is "
        "never deleted)",
    )

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """A directory has one suffix."""
        yield from require_exactly_one(given, "realm", "base_dn", "realm and baseDn")

    @property
    def directory_suffix(self) -> str:
        """The directory's suffix: the given base DN, or ``dc=`` for each part of the realm."""
        return self.base_dn or suffix_of_realm(self.realm or "")

    def directory(self) -> settings.Directory:
        """Return the servers in the order to try them, the TLS mode, the authority and the account to log in with."""
        return settings.directory(self.servers, self.tls, self.ca_certificate, self.bind_dn)
