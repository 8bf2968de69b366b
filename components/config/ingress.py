"""The section ``ingress``: how browsers reach the hub."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from components.config.section import Section, require_exactly_one
from components.config.types import KubernetesName, Text


class IngressTls(Section):
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
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """A certificate has one source."""
        yield from require_exactly_one(given, "cluster_issuer", "secret_name", "clusterIssuer and secretName")


class Ingress(Section):
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
