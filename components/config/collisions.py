"""Names that two stacks must not share: namespace and volumes in a cluster, the group in a directory, and the domain.

Everything else that is named after a tenancy (the Helm release, priority classes, cluster roles, the storage class)
contains ``clusterName`` in a way that two different names never give the same, so the namespace stands for all of it.
Volumes of NFS exports contain the name of their folder as well, so they are compared by themselves.

Stack files do not always say which cluster and which directory they mean. A name that is only possibly shared is a
warning. ``up`` decides it: the namespace and the group carry the mark of the stack that owns them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from components.config.identity import DirectoryKeys
from components.config.problems import InvalidTenancy, Problem, format_key
from components.config.shared_folders import export_volume_name
from components.config.tenancy import Tenancy


@dataclass(frozen=True)
class ClusterName:
    """The cluster of a stack, as far as its file names it.

    Contexts are compared as text: two files without one mean the same cluster, the current one. Two different contexts
    count as two clusters, although a kubeconfig can have two for one cluster.
    """

    context: str | None = None
    """The context in the kubeconfig; None for the current one."""
    is_known: bool = True
    """False if the file has a kubeconfig of its own, which is encrypted, or if the context cannot be read.

    A context may also come from a Pulumi ESC environment.
    """

    def is_same(self, other: "ClusterName") -> bool | None:
        """Return whether both are the same cluster; None if that is not known."""
        if not self.is_known or not other.is_known:
            return None
        if self.context == other.context:
            return True
        return None if self.context is None or other.context is None else False


@dataclass(frozen=True)
class DirectoryName:
    """The FreeIPA directory of a stack. Two directories may have one suffix, e.g. a test installation and the real one.

    Every server belongs to one directory only, so a server in common means one directory.
    """

    suffix: str
    hosts: frozenset[str]
    """The servers without ports."""

    def is_same(self, other: "DirectoryName") -> bool | None:
        """Return whether both are the same directory; None if both have the suffix, but no server in common."""
        if self.suffix != other.suffix:
            return False
        return True if self.hosts & other.hosts else None


class ExportVolume(NamedTuple):
    """The PersistentVolume of an NFS export."""

    name: str
    folder: str
    number: int
    """Position, from 0, of the folder in the stack file."""


@dataclass(frozen=True)
class Claims:
    """The names that one stack uses, and where."""

    cluster: ClusterName
    namespace: str
    directory: DirectoryName | None
    """None if the file's directory cannot be read."""
    group: str
    domain: str
    is_domain_derived: bool
    has_user_hosts: bool = False
    """Whether users have host names below the domain."""
    volumes: tuple[ExportVolume, ...] = ()
    repository: str | None = None
    """Place of the backups; None without the section ``backup``."""


def claims_of(tenancy: Tenancy) -> Claims:
    """Return the names that a tenancy uses."""
    return Claims(
        ClusterName(tenancy.kubernetes.context, is_known=tenancy.kubernetes.kubeconfig is None),
        tenancy.namespace,
        directory_name(tenancy.identity),
        tenancy.notebook_users_group,
        tenancy.domain,
        is_domain_derived=tenancy.pangeo_domain is None,
        has_user_hosts=tenancy.ingress.user_subdomains,
        volumes=export_volumes(
            tenancy.cluster_name, [folder.name if folder.nfs else None for folder in tenancy.shared_folders]
        ),
        repository=tenancy.backup.place(tenancy.cluster_name) if tenancy.backup else None,
    )


def export_volumes(cluster_name: str, folders: Iterable[str | None]) -> tuple[ExportVolume, ...]:
    """Return the volumes of NFS exports.

    Args:
        cluster_name: the name of the cluster.
        folders: the name of each folder of the stack file; None for one with another source.
    """
    return tuple(
        ExportVolume(export_volume_name(cluster_name, folder), folder, number)
        for number, folder in enumerate(folders)
        if folder is not None
    )


def directory_name(identity: DirectoryKeys) -> DirectoryName:
    """Return the directory that a section ``identity`` names."""
    hosts = frozenset(server.partition(":")[0] for server in identity.servers)
    return DirectoryName(identity.directory_suffix, hosts)


class Comparison(NamedTuple):
    """The result of comparing a stack with others."""

    problems: tuple[Problem, ...]
    """Names that are certainly shared."""
    warnings: tuple[str, ...]
    """Names that are possibly shared, and files that cannot be compared."""


def compare_names(own: Claims, others: Mapping[str, Claims | InvalidTenancy]) -> Comparison:
    """Compare the names of one stack with those of others.

    Args:
        own: the names of the stack.
        others: the names of the other stacks, or why they cannot be read, by what messages call the stack.
    """
    problems: list[Problem] = []
    warnings: list[str] = []
    for source, other in others.items():
        if isinstance(other, InvalidTenancy):
            reasons = "; ".join(f"{each.key} {each.message}".strip() for each in other.problems)
            warnings.append(f"{source} cannot be read, so its names cannot be compared: {reasons}")
            continue
        for shared in _shared_names(own, other, source):
            if shared.is_certain:
                problems.append(Problem(shared.key, shared.name, shared.message))
            else:
                warnings.append(f"{shared.key} {shared.name} {shared.message}")
    return Comparison(tuple(problems), tuple(warnings))


def compare_all(claims: Mapping[str, Claims]) -> dict[str, Comparison]:
    """Compare the names of every stack with those of every other; all that share a name are reported."""
    users: dict[tuple[str, str], list[str]] = defaultdict(list)
    for source, each in claims.items():
        for name in _names(each):
            users[name].append(source)
    return {
        source: compare_names(
            each, {other: claims[other] for name in _names(each) for other in users[name] if other != source}
        )
        for source, each in claims.items()
    }


def _names(claims: Claims) -> tuple[tuple[str, str], ...]:
    names = ("namespace", claims.namespace), ("group", claims.group), ("domain", claims.domain)
    hosts = [_parent(claims.domain), *([claims.domain] if claims.has_user_hosts else [])]
    return (
        *names,
        *(("parent of hosts", host) for host in hosts),
        *(("volume", volume.name) for volume in claims.volumes),
        *([("repository", claims.repository)] if claims.repository else []),
    )


class _Shared(NamedTuple):
    key: str
    name: str
    message: str
    is_certain: bool


def _shared_names(own: Claims, other: Claims, source: str) -> Iterator[_Shared]:
    cluster_name = format_key(("clusterName",))
    is_same_cluster = own.cluster.is_same(other.cluster)
    if own.namespace == other.namespace and is_same_cluster is not False:
        message = _namespace_message(own.cluster, other.cluster, source)
        yield _Shared(cluster_name, own.namespace, message, bool(is_same_cluster))
    elif is_same_cluster is not False:
        yield from _shared_volumes(own, other, source, bool(is_same_cluster))
    if own.repository and own.repository == other.repository:
        message = f"is also where {source} keeps its backups; write another folder"
        yield _Shared(format_key(("backup", "prefix")), own.repository, message, True)
    is_same_directory = None
    if own.directory is not None and other.directory is not None:
        is_same_directory = own.directory.is_same(other.directory)
    if own.group == other.group and is_same_directory is not False:
        message = _group_message(own.directory, other.directory, source, bool(is_same_directory))
        yield _Shared(cluster_name, own.namespace, message, bool(is_same_directory))
    if own.domain == other.domain:
        key, fix = "pangeoDomain", "choose another"
        if own.is_domain_derived:
            key, fix = "externalIp", "choose another address, or set pangeoDomain"
        yield _Shared(format_key((key,)), own.domain, f"is also the domain of {source}; {fix}", is_certain=True)
    yield from _shared_hosts(own, other, source)


def _shared_volumes(own: Claims, other: Claims, source: str, is_certain: bool) -> Iterator[_Shared]:
    others = {volume.name: volume for volume in other.volumes}
    for volume in own.volumes:
        if (twin := others.get(volume.name)) is not None:
            message = (
                f"gives the volume {volume.name}, as {_folder_key(twin)} {twin.folder} of {source} does"
                f"{'' if is_certain else ', if the clusters are the same'}; write another name"
            )
            yield _Shared(_folder_key(volume), volume.folder, message, is_certain)


def _folder_key(volume: ExportVolume) -> str:
    return format_key(("sharedFolders", volume.number, "name"))


def _shared_hosts(own: Claims, other: Claims, source: str) -> Iterator[_Shared]:
    """Yield a domain that is the host name of a user of the other stack, who may not exist."""
    if own.has_user_hosts and _parent(other.domain) == own.domain:
        message = f"gives each user a host name below {own.domain}, where the domain of {source} is: {other.domain}"
        key = format_key(("ingress", "userSubdomains"))
        yield _Shared(key, "true", f"{message}; choose another domain for one of the stacks", is_certain=False)
    if other.has_user_hosts and _parent(own.domain) == other.domain:
        message = f"is below {other.domain}, where {source} gives each user a host name; choose another"
        yield _Shared(format_key(("pangeoDomain",)), own.domain, message, is_certain=False)


def _parent(domain: str) -> str:
    return domain.partition(".")[2]


def _namespace_message(own: ClusterName, other: ClusterName, source: str) -> str:
    if own.is_same(other):
        # Without a context, the files mean the current one. Only the operator knows whether it is always the same.
        more = "" if own.context else ", or set kubernetes.context in both files if they have different clusters"
        return f"is also the namespace of {source} in the same cluster; choose another name{more}"
    if own.is_known and other.is_known:
        return (
            f"may also be the namespace of {source}: only one of the two files names its cluster; set "
            "kubernetes.context in both"
        )
    return (
        f"may also be the namespace of {source}: a kubeconfig is encrypted or kubernetes.context cannot be read, so "
        "the clusters cannot be compared; choose another name if they are the same"
    )


def _group_message(own: DirectoryName | None, other: DirectoryName | None, source: str, is_certain: bool) -> str:
    if is_certain:
        return f"also names the FreeIPA group of {source} in the same directory; choose another name"
    if own is None or other is None:
        reason = "identity cannot be read, so the directories cannot be compared"
    else:
        reason = f"both directories have the suffix {own.suffix}, but no server in common"
    return f"may also name the FreeIPA group of {source}: {reason}; choose another name if they are the same"
