"""Where a tenancy lives: its directory, storage, ingress, worker nodes and Kubernetes cluster."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr

from components.field_types import (
    BaseDn,
    Certificates,
    DistinguishedName,
    FreeIpaName,
    KubernetesName,
    Number,
    Realm,
    Server,
    Text,
    WholeNumber,
)
from components.freeipa.names import suffix_of_realm
from components.freeipa.settings import server_address
from components.settings import Settings, exactly_one, notes


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Identity(Settings):
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
        json_schema_extra=notes(updates="no"),
    )
    base_dn: BaseDn | None = Field(
        None,
        description="The directory's suffix, where it does not follow from a realm",
        examples=["dc=example,dc=org"],
        json_schema_extra=notes(updates="no"),
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
    def contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """A directory has one suffix."""
        yield from exactly_one(given, "realm", "base_dn", "realm and baseDn")

    @property
    def suffix(self) -> str:
        """The directory's suffix: the given base DN, or ``dc=`` for each part of the realm."""
        return self.base_dn or suffix_of_realm(self.realm or "")

    @property
    def endpoints(self) -> tuple[tuple[str, int], ...]:
        """Host and port of every server, in the order to try them."""
        addresses = [server_address(server, self.tls) for server in self.servers]
        return tuple((address.host, address.port) for address in addresses)

    @property
    def first_server(self) -> tuple[str, int]:
        """Host and port of the server to ask first."""
        return self.endpoints[0]


class StorageClassToCreate(Settings):
    """A storage class the program makes for this tenancy. It binds when the first pod needs it."""

    provisioner: Text = Field(
        min_length=1,
        description="CSI driver",
        examples=["cinder.csi.openstack.org"],
        json_schema_extra=notes(updates="no"),
    )
    parameters: dict[str, Text] = Field(
        default_factory=dict,
        description="The driver's own parameters",
        examples=[{"type": "ssd"}],
        json_schema_extra=notes(updates="no"),
    )
    reclaim_policy: Literal["Retain", "Delete"] = Field(
        "Retain",
        description="What becomes of a volume whose claim is deleted",
        json_schema_extra=notes(updates="no"),
    )
    allow_volume_expansion: bool = Field(
        True,
        description="Whether volumes can grow, which `notebookStorageGb` needs to reach users who already have one",
    )


class Storage(Settings):
    """Where users' homes and the hub's database are kept."""

    class_name: KubernetesName | None = Field(
        None,
        description="Storage class of users' homes that exists already; without this and `create`, the cluster's "
        "default class",
        examples=["csi-cinder-sc-retain"],
        json_schema_extra=notes(updates="no"),
    )
    create: StorageClassToCreate | None = Field(
        None,
        description="Storage class to make for users' homes",
        json_schema_extra=notes(updates="no"),
    )
    hub_database_class: KubernetesName | None = Field(
        None,
        description="Storage class of the hub's database, a block volume; left out, the same as the homes'",
        examples=["csi-cinder-sc-retain"],
        json_schema_extra=notes(updates="no"),
    )

    @classmethod
    def contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """A class exists already or is made, not both."""
        if "class_name" in given and "create" in given:
            yield "create", "excludes className; leave one of them out"


class IngressTls(Settings):
    """Where the certificate comes from."""

    cluster_issuer: KubernetesName | None = Field(
        None,
        description="cert-manager ClusterIssuer that signs the certificate",
        examples=["letsencrypt"],
    )
    secret_name: KubernetesName | None = Field(
        None,
        description="Secret of type kubernetes.io/tls in the hub's namespace, kept by the operator",
        examples=["pangeo-tls"],
    )

    @classmethod
    def contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """A certificate has one source."""
        yield from exactly_one(given, "cluster_issuer", "secret_name", "clusterIssuer and secretName")


class Ingress(Settings):
    """How browsers reach the hub."""

    class_name: KubernetesName | None = Field(
        None,
        description="Ingress class; left out, the cluster's default",
        examples=["traefik"],
    )
    tls: IngressTls | None = Field(
        None,
        description="Where the certificate comes from; left out, the ingress controller's own",
        examples=[{"clusterIssuer": "letsencrypt"}],
    )
    redirected_by: Literal["ingress", "controller"] = Field(
        "ingress",
        description="Who sends `http://` to `https://`: the tenancy's own ingress (with Traefik by a Middleware, a "
        "kind that the cluster must then know), or the controller, where its entry point does so for everybody",
    )
    annotations: dict[str, Text] = Field(
        default_factory=dict,
        description="Added to the ingress as they are",
        examples=[{"cert-manager.io/duration": "2160h"}],
    )


class Workers(Settings):
    """The cluster's worker nodes as they are, so that the program can tell what fits. It creates none."""

    count: WholeNumber = Field(
        ge=1,
        le=10_000,
        description="How many worker nodes",
        examples=[3],
        json_schema_extra=notes(unit="nodes"),
    )
    cpus: Number = Field(
        gt=0,
        le=4096,
        description="CPUs of one",
        examples=[8],
        json_schema_extra=notes(unit="CPUs"),
    )
    ram_gb: Number = Field(
        gt=0,
        le=100_000,
        description="Memory of one",
        examples=[32],
        json_schema_extra=notes(unit="GB"),
    )
    expected_users: WholeNumber | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="Users with a running server at the same time",
        examples=[20],
        json_schema_extra=notes(unit="users"),
    )


def _not_empty(value: object) -> object:
    return None if value == "" else value


class Kubernetes(Settings):
    """Which cluster the tenancy is in."""

    context: Text | None = Field(
        None,
        description="Context in the kubeconfig; left out, its current one",
        examples=["vis@research-cloud"],
    )
    kubeconfig: Annotated[SecretStr | None, BeforeValidator(_not_empty)] = Field(
        None,
        exclude=True,
        description="Content of a kubeconfig file, encrypted (`pulumi config set --secret --path "
        "pangeo:kubernetes.kubeconfig`), or the path of one; left out, the KUBECONFIG of the environment",
        json_schema_extra=notes(secret=True),
    )
