"""What the commands ``backup list`` and ``backup restore`` work with: the cluster, the repository and its snapshots."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from components.backup.repository import repository
from components.cli.restore.errors import RestoreRefused
from components.cli.restore.plan import Claim, read_claims
from components.cli.restore.snapshots import Snapshot, read_snapshots, unpack_snapshots, with_sizes
from components.cli.restore.steps import Steps
from components.cli.stack import OpenStack
from components.cluster.client import ClusterApi, connect_to_cluster
from components.cluster.kubeconfig import find_kubeconfig
from components.cluster.objects import ObjectPath, find_object
from components.cluster.objects import read_claims as list_claims
from components.config.backup import SECRET_KEYS
from components.secret_commands import create_secret


@dataclass(frozen=True)
class Source:
    """Another repository than that of the stack file, for a restore into a new stack."""

    tenancy: str | None = None
    """The former tenancy's ``clusterName``."""
    prefix: str | None = None
    """The folder of its repository in the bucket; by default its name."""
    secret: str | None = None
    """The Secret with its credentials, if they differ."""


@dataclass(frozen=True)
class Session:
    """An opened repository."""

    stack: str
    api: ClusterApi
    steps: Steps

    @property
    def namespace(self) -> str:
        """The tenancy's namespace."""
        return self.steps.tenancy.namespace

    def snapshots(self) -> list[Snapshot]:
        """Return the tenancy's snapshots, the oldest first.

        Raises:
            RestoreRefused: the repository cannot be read.
            CannotAsk: the cluster gives no answer.
        """
        output = self.steps.run(["list"], "the list of backups")
        return read_snapshots(unpack_snapshots(output.values("snapshots")), self.steps.repository.host)

    def with_sizes(self, snapshots: list[Snapshot]) -> list[Snapshot]:
        """Return the snapshots with their sizes, which older versions of restic do not record and have to count."""
        missing = [each.id for each in snapshots if each.size is None]
        if not missing:
            return snapshots
        self.steps.report(f"counting the files of {len(missing)} backups")
        output = self.steps.run(["sizes", *missing], "the sizes of backups")
        words = [each.split() for each in output.values("size")]
        return with_sizes(snapshots, {id_: (int(size), int(files)) for id_, size, files in words})

    def claims(self) -> dict[str, Claim]:
        """Return the claims of the namespace, by name.

        Raises:
            CannotAsk: the cluster gives no answer.
        """
        pods = self.api.get(f"/api/v1/namespaces/{self.namespace}/pods").get("items") or []
        return read_claims(list_claims(self.api, self.namespace), pods)


@contextmanager
def open_session(
    stack: OpenStack, source: Source, environment: Mapping[str, str], report: Callable[[str], None]
) -> Iterator[Session]:
    """Open the repository of the stack's backups.

    Args:
        stack: the stack, with its kubeconfig decrypted.
        source: another tenancy's repository in the same bucket.
        environment: where ``KUBECONFIG`` and kubectl are looked up.
        report: receives each line of text.

    Raises:
        RestoreRefused: the stack file has no section ``backup``.
    """
    tenancy = stack.tenancy
    if tenancy.backup is None:
        raise RestoreRefused(
            f"{stack.path} has no section pangeo:backup; write the store, its bucket and the Secret there, see "
            "docs/configuration.md"
        )
    found = repository(tenancy, tenancy.backup)
    if source.tenancy:
        prefix = source.prefix or source.tenancy
        url = f"s3:{tenancy.backup.endpoint}/{tenancy.backup.bucket}/{prefix}"
        found = replace(found, host=source.tenancy, url=url, secret=source.secret or found.secret)
    with connect_to_cluster(find_kubeconfig(tenancy.kubernetes, environment), environment) as api:
        secret = ObjectPath("Secret", f"/api/v1/namespaces/{tenancy.namespace}/secrets", found.secret)
        if find_object(api, secret) is None:
            create = create_secret(found.secret, tenancy.namespace, SECRET_KEYS)
            raise RestoreRefused(
                f"the Secret {found.secret} does not exist in the namespace {tenancy.namespace}; create it "
                f"with: {create}"
            )
        report(f"cluster: {api.server}, namespace {tenancy.namespace}")
        report(f"repository: {found.url}")
        yield Session(stack.name, api, Steps(api, tenancy, tenancy.backup, found, report))
