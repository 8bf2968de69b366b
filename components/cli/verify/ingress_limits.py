"""Usual causes of requests and websockets that an ingress ends, with the fix for the tenancy's controller. Pure.

Sources: ingress-nginx (https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/) and
Traefik (https://doc.traefik.io/traefik/reference/install-configuration/entrypoints/).
"""

from enum import Enum

from components.config.controllers import INGRESS_NGINX, TRAEFIK

_LOAD_BALANCER = "if that is not the cause, the same limit of a load balancer or web application firewall before it"
_OCTAVIA = "(OpenStack Octavia: timeout-client-data and timeout-member-data, 50 s by default)"


class Limit(Enum):
    """Limit of an ingress that users run into."""

    BODY_SIZE = "size of a request"
    REQUEST_TIME = "time of a request"
    IDLE_TIME = "time without data"


_NGINX = {
    Limit.BODY_SIZE: 'nginx.ingress.kubernetes.io/proxy-body-size: "0" (its default is 1 MB)',
    Limit.REQUEST_TIME: 'nginx.ingress.kubernetes.io/proxy-read-timeout: "3600" and proxy-send-timeout: "3600" (their '
    "default is 60 s); the controller's ConfigMap has client-body-timeout",
    Limit.IDLE_TIME: 'nginx.ingress.kubernetes.io/proxy-read-timeout: "3600" and '
    'nginx.ingress.kubernetes.io/proxy-send-timeout: "3600" (their default is 60 s)',
}
_TRAEFIK = {
    Limit.BODY_SIZE: "remove the limit maxRequestBodyBytes of a Middleware of kind buffering, at Traefik's entry point "
    "or at the Ingress pangeo: Traefik itself has no limit",
    Limit.REQUEST_TIME: "give Traefik --entryPoints.websecure.transport.respondingTimeouts.readTimeout=1h (its default "
    "is 60 s for a whole request)",
    Limit.IDLE_TIME: "check what is before Traefik: it does not end idle websockets itself",
}
_OTHER = {
    Limit.BODY_SIZE: "raise the ingress controller's limit of a request's body",
    Limit.REQUEST_TIME: "raise the ingress controller's time limits of a request",
    Limit.IDLE_TIME: "raise the ingress controller's time limit of connections, or tunnels, without data",
}


def fix_of(limit: Limit, controller: str) -> str:
    """Return how to raise a limit of a controller; an empty name, or another one, gives a general answer."""
    if controller == INGRESS_NGINX:
        fix = f"add to pangeo:ingress.annotations: {_NGINX[limit]}"
    else:
        fix = _TRAEFIK[limit] if controller == TRAEFIK else _OTHER[limit]
    return f"{fix}; {_LOAD_BALANCER}" if limit is Limit.BODY_SIZE else f"{fix}; {_LOAD_BALANCER} {_OCTAVIA}"
