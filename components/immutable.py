"""What may not change once a tenancy is deployed, and the way out. Another spelling of the same value is no change."""

from collections.abc import Iterator

from components.tenancy import StorageClassToCreate, Tenancy

_NEW_TENANCY = "set it back, or make a new stack beside this one and move the users"


def changes_refused(deployed: Tenancy, wanted: Tenancy) -> list[str]:
    """The changes from ``deployed`` to ``wanted`` that would lose data, access or the address, one sentence each.

    Compares what the settings come to, not how they are written: a domain given that equals the derived one, or a
    base DN that equals the realm's, is no change, while another default in a newer program is one.
    """
    return [*_identity(deployed, wanted), *_address(deployed, wanted), *_storage(deployed, wanted)]


def _identity(deployed: Tenancy, wanted: Tenancy) -> Iterator[str]:
    if deployed.cluster_name != wanted.cluster_name:
        yield (
            f"clusterName: {deployed.cluster_name} → {wanted.cluster_name} would leave the group "
            f"{deployed.notebook_users_group} with its members and the users' volumes behind; {_NEW_TENANCY}"
        )
    if deployed.suffix != wanted.suffix:
        key = "baseDn" if wanted.identity.base_dn else "realm"
        yield (
            f"identity.{key}: {deployed.suffix} → {wanted.suffix} is another directory, whose users are not these; "
            f"{_NEW_TENANCY}"
        )


def _address(deployed: Tenancy, wanted: Tenancy) -> Iterator[str]:
    moved = deployed.external_ip != wanted.external_ip
    if moved:
        yield (
            f"externalIp: {deployed.external_ip} → {wanted.external_ip} would leave the hub where nobody looks; "
            f"{_NEW_TENANCY}"
        )
    derived = deployed.pangeo_domain is None and wanted.pangeo_domain is None
    if deployed.domain != wanted.domain and not (moved and derived and deployed.domain_suffix == wanted.domain_suffix):
        key = "domainSuffix" if derived else "pangeoDomain"
        yield (
            f"{key}: {deployed.domain} → {wanted.domain} would break every link and certificate of the hub; "
            f"set it back, or write pangeoDomain: {deployed.domain}"
        )


def _storage(deployed: Tenancy, wanted: Tenancy) -> Iterator[str]:
    if deployed.storage_class_name != wanted.storage_class_name:
        key = "storage.create" if deployed.storage.create or wanted.storage.create else "storage.className"
        yield (
            f"{key}: {_class(deployed.storage_class_name)} → {_class(wanted.storage_class_name)} would not move "
            "volumes that exist; set it back, or make a new stack beside this one and copy the homes"
        )
    elif deployed.storage.create and wanted.storage.create:
        yield from _created_class(deployed.storage.create, wanted.storage.create)
    old, new = _hub_database_class(deployed), _hub_database_class(wanted)
    if old != new and (deployed.storage.hub_database_class or wanted.storage.hub_database_class):
        yield (
            f"storage.hubDatabaseClass: {_class(old)} → {_class(new)} is refused by Kubernetes, which moves no volume; "
            "set it back"
        )
    before, after = deployed.notebook_storage_gb, wanted.notebook_storage_gb
    if after < before:
        yield f"notebookStorageGb: {before} → {after} would lose users' files; storage can only grow"


def _created_class(deployed: StorageClassToCreate, wanted: StorageClassToCreate) -> Iterator[str]:
    """Kubernetes refuses to change these fields of a StorageClass."""
    for attribute, key in (
        ("provisioner", "provisioner"),
        ("parameters", "parameters"),
        ("reclaim_policy", "reclaimPolicy"),
    ):
        old, new = getattr(deployed, attribute), getattr(wanted, attribute)
        if old != new:
            yield f"storage.create.{key}: {old} → {new} is refused by Kubernetes for a class that exists; set it back"


def _hub_database_class(tenancy: Tenancy) -> str | None:
    return tenancy.storage.hub_database_class or tenancy.storage_class_name


def _class(name: str | None) -> str:
    return name or "(the cluster's default class)"
