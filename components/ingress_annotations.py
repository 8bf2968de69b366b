"""Upload size, websocket time-outs and the redirect to HTTPS in the dialect of the ingress controller."""

from components.tenancy import Ingress

WEBSOCKET_TIMEOUT_SECONDS = 3600

NGINX = {
    # A notebook with its output is easily larger than nginx's 1 MB.
    "nginx.ingress.kubernetes.io/proxy-body-size": "0",
    "nginx.ingress.kubernetes.io/proxy-read-timeout": str(WEBSOCKET_TIMEOUT_SECONDS),
    "nginx.ingress.kubernetes.io/proxy-send-timeout": str(WEBSOCKET_TIMEOUT_SECONDS),
    "nginx.ingress.kubernetes.io/ssl-redirect": "true",
}

# Traefik bounds neither body nor websocket, and redirects on its entry point.
TRAEFIK = {"traefik.ingress.kubernetes.io/router.entrypoints": "websecure"}


def ingress_annotations(ingress: Ingress) -> dict[str, str]:
    """Annotations of the hub's Ingress; the operator's own win over the dialect's."""
    return {**_dialect(ingress.class_name), **_issuer(ingress), **ingress.annotations}


def _dialect(class_name: str | None) -> dict[str, str]:
    name = (class_name or "").lower()
    if "traefik" in name:
        return TRAEFIK
    if "nginx" in name:
        return NGINX
    return {}


def _issuer(ingress: Ingress) -> dict[str, str]:
    if ingress.tls is None or ingress.tls.cluster_issuer is None:
        return {}
    return {"cert-manager.io/cluster-issuer": ingress.tls.cluster_issuer}
