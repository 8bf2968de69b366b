"""Upload size, websocket time-outs and nginx' redirect to HTTPS in the dialect of the ingress controller."""

from components.config.ingress import Ingress

WEBSOCKET_TIMEOUT_SECONDS = 3600

NGINX = {
    # A notebook with its output is easily larger than nginx's 1 MB.
    "nginx.ingress.kubernetes.io/proxy-body-size": "0",
    "nginx.ingress.kubernetes.io/proxy-read-timeout": str(WEBSOCKET_TIMEOUT_SECONDS),
    "nginx.ingress.kubernetes.io/proxy-send-timeout": str(WEBSOCKET_TIMEOUT_SECONDS),
    "nginx.ingress.kubernetes.io/ssl-redirect": "true",
}

ENTRY_POINT = "traefik.ingress.kubernetes.io/router.entrypoints"

# Traefik bounds neither body nor websocket; ingress_objects.py redirects.
TRAEFIK = {ENTRY_POINT: "websecure"}


def ingress_annotations(ingress: Ingress) -> dict[str, str]:
    """Annotations of the hub's Ingress; the operator's own win over the dialect's."""
    return {**_dialect(ingress), **_issuer(ingress), **ingress.annotations}


def is_traefik(ingress: Ingress) -> bool:
    """Whether the class names a Traefik, which is all there is to tell a controller by."""
    return "traefik" in (ingress.class_name or "").lower()


def _dialect(ingress: Ingress) -> dict[str, str]:
    if is_traefik(ingress):
        return TRAEFIK
    if "nginx" in (ingress.class_name or "").lower():
        return NGINX
    return {}


def _issuer(ingress: Ingress) -> dict[str, str]:
    if ingress.tls is None or ingress.tls.cluster_issuer is None:
        return {}
    return {"cert-manager.io/cluster-issuer": ingress.tls.cluster_issuer}
