"""The hub's Ingress, and Traefik's redirect from ``http://`` to ``https://``, as manifests."""

from typing import Any

from components.config.controllers import (
    CONFIGURABLE,
    ENTRY_POINTS,
    MIDDLEWARES,
    ONLY_HTTPS,
    PLAIN_HTTP,
    TRAEFIK,
    refusal_of,
)
from components.config.ingress import Ingress
from components.config.tenancy import Tenancy

Manifest = dict[str, Any]

HUB = "pangeo"
"""Name of the hub's Ingress."""

REDIRECT = "pangeo-https"
"""Name of the redirecting middleware and of the Ingress that uses it."""

WEBSOCKET_TIMEOUT_SECONDS = 3600
"""Time after which nginx closes an idle connection; kernels keep websockets open that are mostly idle."""

ANNOTATIONS = {
    **ONLY_HTTPS,
    # No limit: notebooks with their output often exceed nginx's default of 1 MB.
    "nginx.ingress.kubernetes.io/proxy-body-size": "0",
    "nginx.ingress.kubernetes.io/proxy-read-timeout": str(WEBSOCKET_TIMEOUT_SECONDS),
    "nginx.ingress.kubernetes.io/proxy-send-timeout": str(WEBSOCKET_TIMEOUT_SECONDS),
}
"""Annotations for all controllers. Traefik limits neither the size of uploads nor the duration of websockets."""

NO_WAIT = {"pulumi.com/skipAwait": "true"}
"""Pulumi must not wait for the Ingress: controllers without a load balancer never report an address."""


class NoRedirect(Exception):
    """The controller cannot be configured to redirect to ``https://``. The text is for the operator."""


def hub_ingress(tenancy: Tenancy) -> Manifest:
    """Return the Ingress that sends all requests for the domain and the users' hosts to the hub's proxy, over TLS."""
    tls = tenancy.ingress.tls
    secret_name = tls.secret_name if tls and tls.secret_name else "pangeo-tls"
    return _ingress(
        tenancy,
        HUB,
        ingress_annotations(tenancy.ingress),
        {"tls": [{"hosts": list(tenancy.hosts), "secretName": secret_name}]},
    )


def https_redirect(tenancy: Tenancy, controller: str | None) -> list[Manifest]:
    """Return Traefik's redirect: a middleware and an Ingress of plain HTTP. Empty if something else redirects.

    nginx redirects because of an annotation of the hub's Ingress. With Traefik, an Ingress needs a middleware:
    https://doc.traefik.io/traefik/v3.3/middlewares/http/redirectscheme/.

    Args:
        tenancy: the tenancy.
        controller: ``spec.controller`` of the cluster's ingress class; None if it is not known.

    Raises:
        NoRedirect: the controller cannot be configured, and the stack file does not state that it redirects.
    """
    if tenancy.ingress.is_redirect_stated:
        return []
    if controller not in CONFIGURABLE:
        raise NoRedirect(refusal_of(controller, tenancy.ingress.class_name))
    if controller != TRAEFIK:
        return []
    middleware = {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "Middleware",
        "metadata": {"name": REDIRECT, "namespace": tenancy.namespace},
        "spec": {"redirectScheme": {"scheme": "https", "permanent": True}},
    }
    annotations = {ENTRY_POINTS: PLAIN_HTTP, MIDDLEWARES: f"{tenancy.namespace}-{REDIRECT}@kubernetescrd"}
    return [middleware, _ingress(tenancy, REDIRECT, annotations, {})]


def ingress_annotations(ingress: Ingress) -> dict[str, str]:
    """Return the annotations of the hub's Ingress; the operator's annotations override the program's.

    The configuration refuses annotations that could serve the hub over plain HTTP.
    """
    issuer = ingress.tls.cluster_issuer if ingress.tls else None
    return {
        **ANNOTATIONS,
        **({} if issuer is None else {"cert-manager.io/cluster-issuer": issuer}),
        **ingress.annotations,
    }


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
            # An empty field would show as a change in every refresh.
            **({} if class_name is None else {"ingressClassName": class_name}),
            "rules": [{"host": host, "http": {"paths": paths}} for host in tenancy.hosts],
            **spec,
        },
    }
