"""The section ``network``: the networks that users' pods can reach."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from components.config.cidr import parse_network
from components.config.dns import Dns
from components.config.proxy import Proxy
from components.config.reach import Reach, find_reach_problems
from components.config.section import Place, Section


def _cidr(value: str) -> str:
    """Normalise a network; a single address becomes ``/32`` or ``/128``."""
    too_large = (
        "users could not reach the internet; write prefixes of at least /{shortest}, "
        "of the cluster's own addresses only"
    )
    return str(parse_network(value, "192.171.139.0/24 or 2001:630::/64", too_large))


Cidr = Annotated[str, AfterValidator(_cidr)]


class Network(Section):
    """The networks that users' pods can reach: the public internet, but not the cluster's own addresses.

    Defaults of keys that are newer than a stack are no inputs of its component, so that a preview shows no change.
    """

    cluster_cidrs: tuple[Cidr, ...] | None = Field(
        None,
        description="Networks of the cluster's own public addresses: those of its nodes, its pods and its API server, "
        "IPv4 and IPv6. Users' notebooks and Dask pods cannot reach them, as they cannot reach private addresses. If "
        "the cluster has public addresses, `pulumi up` requires this key and names them; an empty list accepts that "
        "users can reach them",
        examples=[["192.171.139.0/24", "2001:630::/64"]],
    )

    reach: tuple[Reach, ...] = Field(
        (),
        description="Private networks that users' pods can reach besides the public internet, such as those of object "
        "stores and databases. By default none",
        examples=[[{"name": "object-store", "cidrs": "10.20.0.0/16", "ports": 443}]],
        exclude_if=lambda reach: not reach,
    )

    proxy: Proxy | None = Field(
        None,
        description="Web proxy that the hub, notebooks and Dask's schedulers and workers use for requests that leave "
        "the cluster: `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in capitals and in small letters. An empty section, "
        "`{}`, sets only `NO_PROXY`",
        examples=[{"http": "http://proxy.example.org:3128", "https": "http://proxy.example.org:3128"}],
    )

    dns: Dns = Field(
        default_factory=Dns,
        description="The pods of the cluster's DNS service, where they are not in `kube-system` or listen on other "
        "ports than 53, as in OpenShift",
        examples=[{"namespace": "openshift-dns", "ports": [53, 5353]}],
        exclude_if=lambda dns: dns == Dns(),
    )

    api_server: Literal["address", "cilium"] = Field(
        "address",
        description="How network policies name the Kubernetes API server for the hub and the Dask gateway: by its "
        "`address`, or for `cilium`, whose network policies do not match the addresses of nodes, as the entity "
        "`kube-apiserver` in policies of Cilium's own kind",
        examples=["cilium"],
        exclude_if=lambda api_server: api_server == "address",
    )

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str | Place, str]]:
        """Refuse networks in ``reach`` that are public, repeated or overlapping, and repeated names."""
        reach = given.get("reach")
        if isinstance(reach, list | tuple):
            for place, message in find_reach_problems(reach, tuple(_valid_cidrs(given.get("cluster_cidrs")))):
                yield ("reach", *place), message

    @property
    def blocked_cidrs(self) -> tuple[str, ...]:
        """The networks that users' pods must not reach besides private ones."""
        return self.cluster_cidrs or ()


def _valid_cidrs(values: object) -> Iterator[str]:
    """Yield the valid networks in the raw value of ``clusterCidrs``."""
    for each in values if isinstance(values, list | tuple) else ():
        with contextlib.suppress(ValueError):
            yield _cidr(str(each).strip())
