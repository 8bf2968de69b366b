"""What may not change once a tenancy is deployed, and the way out. Another spelling of the same value is no change."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

from components.freeipa.names import notebook_users_group

if TYPE_CHECKING:  # the provider's process reads what is stored and needs no pydantic
    from components.config.tenancy import Tenancy

_NEW_TENANCY = "set it back, or make a new stack beside this one and move the users"


@dataclass(frozen=True)
class ImmutableSettings:
    """What a tenancy's settings come to, of all that may not change. Plain values, none of them secret.

    Fields may be added, and one that a stack's state does not hold yet is not compared; none may be renamed.
    """

    cluster_name: str
    external_ip: str
    domain: str
    directory_suffix: str
    storage_class: str
    """Of users' homes; empty for the cluster's default."""
    created_class: Mapping[str, Any]
    """What Kubernetes never changes of the class the program makes; empty where it makes none."""
    hub_database_class: str
    notebook_storage_gb: int
    domain_suffix: str = field(compare=False)
    """What the domain is derived with; empty for a given one. Only for messages, as is ``directory_key``."""
    directory_key: str = field(compare=False)

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> Self:
        """What :meth:`as_props` gave, after JSON made every number a float."""
        values = {name: props.get(_camel(name), "") for name in cls.__dataclass_fields__}
        return cls(**{**values, "notebook_storage_gb": int(values["notebook_storage_gb"] or 0)})

    def as_props(self) -> dict[str, Any]:
        """As a resource's properties."""
        return {_camel(name): value for name, value in asdict(self).items()}


def immutable_settings(tenancy: "Tenancy") -> ImmutableSettings:
    """What the settings come to: defaults written out, and everything in one spelling."""
    create = tenancy.storage.create
    homes = tenancy.storage_class_name or ""
    return ImmutableSettings(
        cluster_name=tenancy.cluster_name,
        external_ip=str(tenancy.external_ip),
        domain=tenancy.domain,
        domain_suffix="" if tenancy.pangeo_domain else tenancy.domain_suffix,
        directory_suffix=tenancy.directory_suffix,
        directory_key="identity.baseDn" if tenancy.identity.base_dn else "identity.realm",
        storage_class=homes,
        created_class=create.model_dump(by_alias=True, include=_FIXED_OF_A_CLASS) if create else {},
        hub_database_class=tenancy.storage.hub_database_class or homes,
        notebook_storage_gb=tenancy.notebook_storage_gb,
    )


def changes_refused(deployed: ImmutableSettings, wanted: ImmutableSettings) -> list[str]:
    """The changes from ``deployed`` to ``wanted`` that would lose data, access or the address, one sentence each.

    Compares what the settings come to, not how they are written: a domain given that equals the derived one, or a
    base DN that equals the realm's, is no change, while another default in a newer program is one.
    """
    return [*_identity(deployed, wanted), *_address(deployed, wanted), *_storage(deployed, wanted)]


def _identity(deployed: ImmutableSettings, wanted: ImmutableSettings) -> Iterator[str]:
    if deployed.cluster_name != wanted.cluster_name:
        yield (
            f"clusterName: {deployed.cluster_name} → {wanted.cluster_name} would leave the group "
            f"{notebook_users_group(deployed.cluster_name)} with its members and the users' volumes behind; "
            f"{_NEW_TENANCY}"
        )
    if deployed.directory_suffix != wanted.directory_suffix:
        yield (
            f"{wanted.directory_key}: {deployed.directory_suffix} → {wanted.directory_suffix} is another directory, "
            f"whose users are not these; {_NEW_TENANCY}"
        )


def _address(deployed: ImmutableSettings, wanted: ImmutableSettings) -> Iterator[str]:
    moved = deployed.external_ip != wanted.external_ip
    if moved:
        yield (
            f"externalIp: {deployed.external_ip} → {wanted.external_ip} would leave the hub where nobody looks; "
            f"{_NEW_TENANCY}"
        )
    derived = bool(deployed.domain_suffix and wanted.domain_suffix)
    if deployed.domain != wanted.domain and not (moved and derived and deployed.domain_suffix == wanted.domain_suffix):
        key = "domainSuffix" if derived else "pangeoDomain"
        yield (
            f"{key}: {deployed.domain} → {wanted.domain} would break every link and certificate of the hub; "
            f"set it back, or write pangeoDomain: {deployed.domain}"
        )


def _storage(deployed: ImmutableSettings, wanted: ImmutableSettings) -> Iterator[str]:
    if deployed.created_class and wanted.created_class:
        yield from _created_class(deployed.created_class, wanted.created_class)
    elif deployed.storage_class != wanted.storage_class:
        key = "storage.create" if deployed.created_class or wanted.created_class else "storage.className"
        yield (
            f"{key}: {_class(deployed.storage_class)} → {_class(wanted.storage_class)} would not move "
            "volumes that exist; set it back, or make a new stack beside this one and copy the homes"
        )
    old, new = deployed.hub_database_class, wanted.hub_database_class
    if old != new and (old, new) != (deployed.storage_class, wanted.storage_class):
        yield (
            f"storage.hubDatabaseClass: {_class(old)} → {_class(new)} is refused by Kubernetes, which moves no volume; "
            "set it back"
        )
    before, after = deployed.notebook_storage_gb, wanted.notebook_storage_gb
    if after < before:
        yield f"notebookStorageGb: {before} → {after} would lose users' files; storage can only grow"


def _created_class(deployed: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(deployed.keys() & wanted.keys()):
        old, new = deployed[key], wanted[key]
        if old != new:
            yield f"storage.create.{key}: {old} → {new} is refused by Kubernetes for a class that exists; set it back"


_FIXED_OF_A_CLASS = {"provisioner", "parameters", "reclaim_policy"}
"""Fields of a StorageClass that Kubernetes refuses to change."""


def _class(name: str) -> str:
    return name or "(the cluster's default class)"


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
