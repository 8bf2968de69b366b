"""The Ingress speaks the dialect of the controller its class names."""

from components.config.ingress import Ingress
from components.resources.ingress_annotations import ingress_annotations


def annotations(**settings: object) -> dict[str, str]:
    return ingress_annotations(Ingress.model_validate(settings))


def test_nginx_takes_uploads_of_any_size_and_keeps_websockets_open_for_an_hour() -> None:
    nginx = annotations(className="nginx")

    assert nginx["nginx.ingress.kubernetes.io/proxy-body-size"] == "0"
    assert nginx["nginx.ingress.kubernetes.io/proxy-read-timeout"] == "3600"
    assert nginx["nginx.ingress.kubernetes.io/ssl-redirect"] == "true"


def test_traefik_serves_the_hub_on_its_secure_entry_point_only() -> None:
    assert annotations(className="traefik") == {"traefik.ingress.kubernetes.io/router.entrypoints": "websecure"}


def test_an_unknown_class_gets_no_dialect() -> None:
    assert annotations(className="haproxy") == {}


def test_the_cluster_issuer_is_asked_by_annotation() -> None:
    assert annotations(tls={"clusterIssuer": "letsencrypt"}) == {"cert-manager.io/cluster-issuer": "letsencrypt"}


def test_the_operators_own_annotation_wins() -> None:
    own = annotations(className="nginx", annotations={"nginx.ingress.kubernetes.io/proxy-body-size": "64m"})

    assert own["nginx.ingress.kubernetes.io/proxy-body-size"] == "64m"
