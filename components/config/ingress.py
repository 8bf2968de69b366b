"""The section ``ingress``: the hub's Ingress and its certificate."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from components.config.section import Section, require_exactly_one
from components.config.types import KubernetesName, Text


class IngressTls(Section):
    """Source of the hub's certificate: one of the two keys."""

    cluster_issuer: KubernetesName | None = Field(
        None,
        description="ClusterIssuer of cert-manager that signs the certificate",
        examples=["letsencrypt"],
    )
    secret_name: KubernetesName | None = Field(
        None,
        description="Secret of type `kubernetes.io/tls` in the hub's namespace, which the operator creates and renews",
        examples=["pangeo-tls"],
    )

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """Allow exactly one source of the certificate."""
        yield from require_exactly_one(given, "cluster_issuer", "secret_name")


class Ingress(Section):
    """The Ingress of the hub, and its certificate."""

    class_name: KubernetesName | None = Field(
        None,
        description="Ingress class; by default that of the cluster",
        examples=["traefik"],
    )
    tls: IngressTls | None = Field(
        None,
        description="Source of the certificate; by default the ingress controller's own certificate",
        examples=[{"clusterIssuer": "letsencrypt"}],
    )
    redirected_by: Literal["ingress", "controller"] = Field(
        "ingress",
        description="What redirects `http://` to `https://`: the tenancy's own Ingress (with Traefik this needs the "
        "Middleware CRD), or the ingress controller, if it redirects all requests",
    )
    annotations: dict[str, Text] = Field(
        default_factory=dict,
        description="Additional annotations of the Ingress",
        examples=[{"cert-manager.io/duration": "2160h"}],
    )
