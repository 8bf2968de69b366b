"""The section ``ingress``: the hub's Ingress and its certificate."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from components.config.controllers import CONFIGURABLE, TRAEFIK, annotation_problems, refusal_of
from components.config.section import Section, metadata, require_exactly_one
from components.config.types import KubernetesName, SecretName, Text

_CONTROLLER = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?(/[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?)+")


def _controller(value: str) -> str:
    if not _CONTROLLER.fullmatch(value) or len(value) > 250:
        raise ValueError(
            f"is not the name of a controller; write spec.controller of the IngressClass, for example {TRAEFIK}"
        )
    return value


class IngressTls(Section):
    """Source of the hub's certificate: one of the two keys."""

    cluster_issuer: KubernetesName | None = Field(
        None,
        description="ClusterIssuer of cert-manager that signs the certificate",
        examples=["letsencrypt"],
    )
    secret_name: SecretName | None = Field(
        None,
        description="Secret of type `kubernetes.io/tls` in the hub's namespace, which the operator creates and renews",
        examples=["pangeo-tls"],
        json_schema_extra=metadata(names_secrets=True),
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
    controller: Annotated[str, AfterValidator(_controller)] | None = Field(
        None,
        description="Controller of the ingress class, as in its `spec.controller`. It is read from the cluster and "
        "compared with this key; previews without access to the cluster need the key",
        examples=[TRAEFIK],
    )
    tls: IngressTls | None = Field(
        None,
        description="Source of the certificate; by default the ingress controller's own certificate",
        examples=[{"clusterIssuer": "letsencrypt"}],
    )
    redirected_by: Literal["ingress", "controller"] = Field(
        "ingress",
        description="What redirects `http://` to `https://`: the tenancy's own Ingress, which is possible with "
        "ingress-nginx and with Traefik (it needs the Middleware CRD), or the ingress controller. `controller` states "
        "that the controller redirects all requests",
    )
    user_subdomains: bool = Field(
        False,
        description="Whether each user's server has its own host name, `<user>.<domain>`, so that browsers separate it "
        "from the hub and from other users' servers. Needs a DNS record and a certificate for `*.<domain>`. After a "
        "change, users log in again, and running servers must be restarted",
        examples=[True],
    )
    annotations: dict[str, Text] = Field(
        default_factory=dict,
        description="Additional annotations of the Ingress; those that could undo the redirect to `https://` are "
        "refused",
        examples=[{"cert-manager.io/duration": "2160h"}],
    )

    @property
    def is_redirect_stated(self) -> bool:
        """Whether the stack file states that the controller redirects every request to ``https://``."""
        return self.redirected_by == "controller"

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """Refuse annotations that undo the redirect, and a controller that cannot be configured to redirect."""
        is_stated = given.get("redirected_by") == "controller"
        annotations = given.get("annotations")
        if isinstance(annotations, Mapping):
            found = {str(key): value for key, value in annotations.items()}
            for message in annotation_problems(found, is_stated=is_stated):
                yield "annotations", f"contains {message}"
        controller = given.get("controller")
        if isinstance(controller, str) and controller.strip() not in CONFIGURABLE and not is_stated:
            yield "controller", refusal_of(controller.strip(), str(given.get("class_name") or ""))
