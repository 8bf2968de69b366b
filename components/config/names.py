"""The keys of a tenancy from which all of its names follow."""

from typing import Annotated

from pydantic import Field

from components.config.domain import derived_domain
from components.config.section import Section, metadata
from components.config.types import EMPTY_IS_NONE, Address, ClusterName, HostName
from components.freeipa.names import notebook_users_group


class Names(Section):
    """The keys from which all names of a tenancy follow. No two tenancies may have a name in common."""

    cluster_name: ClusterName = Field(
        description="Name of the cluster and of its namespace: at most 40 lower-case letters, digits and dashes. The "
        "users' FreeIPA group is `<clusterName>_notebook_users`, with underscores in place of dashes",
        examples=["vis-pangeo"],
        json_schema_extra=metadata(updates="no"),
    )
    external_ip: Address = Field(
        description="IPv4 or IPv6 address of the ingress",
        examples=["192.171.139.83"],
        json_schema_extra=metadata(updates="no"),
    )
    pangeo_domain: Annotated[HostName | None, EMPTY_IS_NONE] = Field(
        None,
        description="Host name of the hub, which must already resolve to `externalIp`. "
        "By default `pangeo.<externalIp with dashes>.<domainSuffix>`",
        examples=["pangeo.vis.example.org"],
        json_schema_extra=metadata(updates="no"),
    )
    domain_suffix: HostName = Field(
        "sslip.io",
        description="Wildcard DNS service of the default host name",
        examples=["nip.io"],
        json_schema_extra=metadata(updates="no"),
    )

    @property
    def domain(self) -> str:
        """The hub's host name, given or derived."""
        return self.pangeo_domain or derived_domain(self.external_ip, self.domain_suffix)

    @property
    def notebook_users_group(self) -> str:
        """Name of the FreeIPA group whose members may log in."""
        return notebook_users_group(self.cluster_name)

    @property
    def namespace(self) -> str:
        """Kubernetes namespace. Each tenancy has its own, because the objects of z2jh have fixed names."""
        return self.cluster_name

    @property
    def release(self) -> str:
        """Name of the Helm release. It is unique in the cluster, because dask-gateway names cluster roles after it."""
        return self.cluster_name
