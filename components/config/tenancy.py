"""One tenancy's configuration: what ``stacks/Pulumi.<tenancy>.yaml`` may say in the namespace ``pangeo``.

The variables, their meaning and which of them may change come from JASMIN's Cluster-as-a-Service Pangeo; the rest has
a default. GB are powers of 1024 throughout, as z2jh reads ``2G`` and Kubernetes ``10Gi``.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from components.config.cluster import Kubernetes, Workers
from components.config.dask import Dask
from components.config.domain import derived_domain
from components.config.identity import Identity
from components.config.ingress import Ingress
from components.config.notebook import MAX_CPUS, MAX_RAM_GB, Notebook
from components.config.section import Section, metadata
from components.config.storage import Storage
from components.config.types import Address, ClusterName, HostName, Number, WholeNumber
from components.freeipa.names import group_dn, notebook_users_group


def _empty_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


class Names(Section):
    """The settings from which all names of a tenancy follow; no two tenancies may have the same names."""

    cluster_name: ClusterName = Field(
        description="Names the cluster, its namespace and the users' group `<clusterName>_notebook_users`: small "
        "letters, digits and dashes, at most 40",
        examples=["vis-pangeo"],
        json_schema_extra=metadata(updates="no"),
    )
    external_ip: Address = Field(
        description="IPv4 or IPv6 address the ingress answers at",
        examples=["192.171.139.83"],
        json_schema_extra=metadata(updates="no"),
    )
    pangeo_domain: Annotated[HostName | None, BeforeValidator(_empty_is_none)] = Field(
        None,
        description="Host name of the hub; it must resolve to `externalIp` already. Left empty, "
        "`pangeo.<dashed externalIp>.<domainSuffix>`",
        examples=["pangeo.vis.example.org"],
        json_schema_extra=metadata(updates="no"),
    )
    domain_suffix: HostName = Field(
        "sslip.io",
        description="Wildcard DNS service the derived domain ends in",
        examples=["nip.io"],
        json_schema_extra=metadata(updates="no"),
    )

    @property
    def domain(self) -> str:
        """The hub's host name, given or derived."""
        return self.pangeo_domain or derived_domain(self.external_ip, self.domain_suffix)

    @property
    def notebook_users_group(self) -> str:
        """The FreeIPA group whose members may log in."""
        return notebook_users_group(self.cluster_name)

    @property
    def namespace(self) -> str:
        """The Kubernetes namespace, one for each tenancy: z2jh's objects have fixed names in it."""
        return self.cluster_name

    @property
    def release(self) -> str:
        """The Helm release. dask-gateway names cluster roles after it, so it differs from tenancy to tenancy too."""
        return self.cluster_name


class Tenancy(Names):
    """A research-cloud tenancy's Pangeo. Holds no secret but ``kubernetes.kubeconfig``, which is never printed."""

    notebook_cpus: Number = Field(
        gt=0,
        le=MAX_CPUS,
        description="CPUs of each user's notebook server, limit and guarantee",
        examples=[2],
        json_schema_extra=metadata(unit="CPUs"),
    )
    notebook_ram_gb: Number = Field(
        gt=0,
        le=MAX_RAM_GB,
        description="Memory of each user's notebook server, limit and guarantee",
        examples=[4],
        json_schema_extra=metadata(unit="GB"),
    )
    notebook_storage_gb: WholeNumber = Field(
        ge=1,
        le=65536,
        description="Size of each user's home volume; growth reaches users at their next server start",
        examples=[10],
        json_schema_extra=metadata(unit="GB", updates="grow only"),
    )
    identity: Identity = Field(description="The FreeIPA directory users log in with")
    storage: Storage = Field(default_factory=Storage, description="Where users' homes and the hub's database are kept")
    ingress: Ingress = Field(default_factory=Ingress, description="How browsers reach the hub")
    notebook: Notebook = Field(default_factory=Notebook, description="A user's notebook server beside its size")
    dask: Dask = Field(default_factory=Dask, description="Dask clusters users start from a notebook")
    workers: Workers | None = Field(
        None,
        description="The cluster's worker nodes, so that the program can tell how many notebooks fit",
        examples=[{"count": 3, "cpus": 8, "ramGb": 32, "expectedUsers": 20}],
    )
    kubernetes: Kubernetes = Field(default_factory=Kubernetes, description="Which cluster the tenancy is in")
    protect: bool = Field(
        True,
        description="Namespace, home volumes, hub database and group survive `pulumi destroy`",
    )

    @property
    def notebook_users_group_dn(self) -> str:
        """Where that group is in the directory."""
        return group_dn(self.directory_suffix, self.notebook_users_group)

    @property
    def admin_group_dn(self) -> str | None:
        """The DN of the admins' FreeIPA group; None without ``identity.adminGroup``."""
        group = self.identity.admin_group
        return None if group is None else group_dn(self.directory_suffix, group)

    @property
    def directory_suffix(self) -> str:
        """The directory's suffix, e.g. ``dc=example,dc=org``."""
        return self.identity.directory_suffix

    @property
    def storage_class_name(self) -> str | None:
        """The storage class of users' homes: given, made, or None for the cluster's default."""
        if self.storage.create is not None:
            return f"{self.cluster_name}-homes"
        return self.storage.class_name

    def as_inputs(self) -> dict[str, Any]:
        """The configuration as a stack file spells it, as JSON: defaults written out, secrets left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
