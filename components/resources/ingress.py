"""The hub's Ingress, and with Traefik what sends ``http://`` to ``https://``, as manifests."""

from typing import Any

from components.config.tenancy import Tenancy
from components.resources.ingress_annotations import ENTRY_POINT, ingress_annotations, is_traefik

Manifest = dict[str, Any]

HUB = "pangeo"
REDIRECT = "pangeo-https"
"""The middleware and the Ingress that uses it."""

MIDDLEWARES = "traefik.ingress.kubernetes.io/router.middlewares"
# Controllers without a load balancer never report an address to wait for.
NO_WAIT = {"pulumi.com/skipAwait": "true"}


def hub_ingress(tenancy: Tenancy) -> Manifest:
    """All of the domain goes to the hub's proxy, over TLS."""
    tls = tenancy.ingress.tls
    secret_name = tls.secret_name if tls and tls.secret_name else "pangeo-tls"
    return _ingress(
        tenancy,
        HUB,
        ingress_annotations(tenancy.ingress),
        {"tls": [{"hosts": [tenancy.domain], "secretName": secret_name}]},
    )


def https_redirect(tenancy: Tenancy) -> list[Manifest]:
    """A Traefik middleware, and the Ingress of plain HTTP that has it answer every request. Empty where none is needed.

    nginx redirects by an annotation of the hub's own Ingress. Traefik offers Ingresses nothing but middlewares for it:
    https://doc.traefik.io/traefik/v3.3/middlewares/http/redirectscheme/.
    """
    if tenancy.ingress.redirected_by == "controller" or not is_traefik(tenancy.ingress):
        return []
    middleware = {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "Middleware",
        "metadata": {"name": REDIRECT, "namespace": tenancy.namespace},
        "spec": {"redirectScheme": {"scheme": "https", "permanent": True}},
    }
    annotations = {ENTRY_POINT: "web", MIDDLEWARES: f"{tenancy.namespace}-{REDIRECT}@kubernetescrd"}
    return [middleware, _ingress(tenancy, REDIRECT, annotations, {})]


def _ingress(tenancy: Tenancy, name: str, annotations: dict[str, str], spec: Manifest) -> Manifest:
    hub = {"service": {"name": "proxy-public", "port": {"name": "http"}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": hub}]
    class_name = tenancy.ingress.class_name
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": name,
            "namespace": tenancy.namespace,
            "annotations": {**annotations, **NO_WAIT},
        },
        "spec": {
            # An empty field would show as a change at every refresh.
            **({} if class_name is None else {"ingressClassName": class_name}),
            "rules": [{"host": tenancy.domain, "http": {"paths": paths}}],
            **spec,
        },
    }
