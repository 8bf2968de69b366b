"""The settings that must not change after the first deployment, and the messages that refuse a change."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

from components.contract.folders import folder_changes, folder_sources
from components.contract.sizes import HomeSizes, home_size_changes, home_sizes
from components.freeipa.names import notebook_users_group

if TYPE_CHECKING:  # the provider's process runs without pydantic
    from components.config.tenancy import Tenancy

DEFAULTS: Mapping[str, Any] = {"sharedFolders": {}, "homeSizes": {}, "hubDatabaseGb": 1}
"""Properties that are not stored with these values, which all stacks had before there were the settings."""

_NEW_TENANCY = "set it back, or create a second stack and move the users to it"


@dataclass(frozen=True)
class ImmutableSettings:
    """Normalised values of a tenancy's immutable settings. Plain data without secrets, kept in the stack's state.

    Fields may be added: a field that is missing in a stack's state is not compared. Fields must not be renamed.
    """

    cluster_name: str
    external_ip: str
    domain: str
    directory_suffix: str
    storage_class: str
    """Storage class of the users' home volumes; empty for the cluster's default class."""
    created_class: Mapping[str, Any]
    """Immutable fields of the storage class that the program creates; empty if it creates none."""
    hub_database_class: str
    notebook_storage_gb: int
    shared_folders: Mapping[str, Mapping[str, Any]]
    """Sources of the shared folders by name (:mod:`components.contract.folders`)."""
    home_sizes: HomeSizes
    """Sizes of homes in the section ``sizes`` (:mod:`components.contract.sizes`)."""
    hub_database_gb: int
    domain_suffix: str = field(compare=False)
    """Suffix of a derived domain; empty if ``pangeoDomain`` is set. For messages only, as is ``directory_key``."""
    directory_key: str = field(compare=False)

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> Self:
        """Read back the result of :meth:`as_props`; the state holds every number as a float."""
        known = {**DEFAULTS, **props}
        values = {name: known.get(_camel(name), "") for name in cls.__dataclass_fields__}
        numbers = {name: int(values[name] or 0) for name in ("notebook_storage_gb", "hub_database_gb")}
        return cls(**{**values, **numbers})

    def as_props(self) -> dict[str, Any]:
        """Return the properties of a resource."""
        props = {_camel(name): value for name, value in asdict(self).items()}
        return {key: value for key, value in props.items() if key not in DEFAULTS or value != DEFAULTS[key]}


def immutable_settings(tenancy: "Tenancy") -> ImmutableSettings:
    """Return the immutable settings of ``tenancy``, with defaults filled in and spellings normalised."""
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
        created_class=create.model_dump(by_alias=True, include=_IMMUTABLE_CLASS_FIELDS) if create else {},
        hub_database_class=tenancy.storage.hub_database_class or homes,
        notebook_storage_gb=tenancy.notebook_storage_gb,
        shared_folders=folder_sources(tenancy),
        home_sizes=home_sizes(tenancy),
        hub_database_gb=tenancy.storage.hub_database_gb,
    )


def list_refused_changes(deployed: ImmutableSettings, wanted: ImmutableSettings) -> list[str]:
    """Return one message for each change that would lose data, log-ins or the hub's address.

    Values are compared, not spellings: a ``pangeoDomain`` that equals the derived domain, or a base DN that equals the
    realm's, is no change. A default that differs in a newer version of the program is a change.
    """
    return [
        *_identity(deployed, wanted),
        *_address(deployed, wanted),
        *_storage(deployed, wanted),
        *home_size_changes(deployed.home_sizes, wanted.home_sizes),
        *folder_changes(deployed.shared_folders, wanted.shared_folders),
    ]


def _identity(deployed: ImmutableSettings, wanted: ImmutableSettings) -> Iterator[str]:
    if deployed.cluster_name != wanted.cluster_name:
        yield (
            f"clusterName: {deployed.cluster_name} → {wanted.cluster_name} would abandon the group "
            f"{notebook_users_group(deployed.cluster_name)} with its members, and the users' volumes; {_NEW_TENANCY}"
        )
    if deployed.directory_suffix != wanted.directory_suffix:
        yield (
            f"{wanted.directory_key}: {deployed.directory_suffix} → {wanted.directory_suffix} is another directory "
            f"with other users; {_NEW_TENANCY}"
        )


def _address(deployed: ImmutableSettings, wanted: ImmutableSettings) -> Iterator[str]:
    moved = deployed.external_ip != wanted.external_ip
    if moved:
        yield (
            f"externalIp: {deployed.external_ip} → {wanted.external_ip} would move the hub to an address its users do "
            f"not know; {_NEW_TENANCY}"
        )
    derived = bool(deployed.domain_suffix and wanted.domain_suffix)
    if deployed.domain != wanted.domain and not (moved and derived and deployed.domain_suffix == wanted.domain_suffix):
        key = "domainSuffix" if derived else "pangeoDomain"
        yield (
            f"{key}: {deployed.domain} → {wanted.domain} would break every link to the hub, and its certificate; "
            f"set it back, or write pangeoDomain: {deployed.domain}"
        )


def _storage(deployed: ImmutableSettings, wanted: ImmutableSettings) -> Iterator[str]:
    if deployed.created_class and wanted.created_class:
        yield from _created_class(deployed.created_class, wanted.created_class)
    elif deployed.storage_class != wanted.storage_class:
        key = "storage.create" if deployed.created_class or wanted.created_class else "storage.className"
        yield (
            f"{key}: {_class(deployed.storage_class)} → {_class(wanted.storage_class)} does not move "
            "existing volumes; set it back, or create a second stack and copy the users' homes"
        )
    old, new = deployed.hub_database_class, wanted.hub_database_class
    if old != new and (old, new) != (deployed.storage_class, wanted.storage_class):
        yield (
            f"storage.hubDatabaseClass: {_class(old)} → {_class(new)} is not possible: Kubernetes does not move an "
            "existing volume to another class; set it back"
        )
    before, after = deployed.notebook_storage_gb, wanted.notebook_storage_gb
    if after < before:
        yield f"notebookStorageGb: {before} → {after} would lose users' files; storage can only grow"
    before, after = deployed.hub_database_gb, wanted.hub_database_gb
    if after < before:
        yield f"storage.hubDatabaseGb: {before} → {after} is not possible: volumes do not shrink; set it back"


def _created_class(deployed: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(deployed.keys() & wanted.keys()):
        old, new = deployed[key], wanted[key]
        if old != new:
            yield (
                f"storage.create.{key}: {old} → {new} is not possible: Kubernetes does not change an existing class; "
                "set it back"
            )


_IMMUTABLE_CLASS_FIELDS = {"provisioner", "parameters", "reclaim_policy"}
"""Fields of an existing StorageClass that Kubernetes does not change."""


def _class(name: str) -> str:
    return name or "(the cluster's default class)"


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
