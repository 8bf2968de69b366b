"""Annotations that could undo the redirect to HTTPS, and controllers that cannot be configured to redirect."""

import pytest

from components.config.controllers import INGRESS_NGINX, ONLY_HTTPS, TRAEFIK, annotation_problem, is_only_https
from tests.support.tenancies import problem, problems

TRAEFIK_ROUTER = "traefik.ingress.kubernetes.io/router"
NGINX = "nginx.ingress.kubernetes.io"

UNDOING = [
    (f"{TRAEFIK_ROUTER}.entrypoints", "web"),
    (f"{TRAEFIK_ROUTER}.entrypoints", "web,websecure"),
    (f"{TRAEFIK_ROUTER}.entrypoints", "websecure, web"),
    (f"{TRAEFIK_ROUTER}.entryPoints", "web"),
    (f"{TRAEFIK_ROUTER}.entrypoints", ""),
    (f"{TRAEFIK_ROUTER}.entrypoints", "traefik"),
    (f"{TRAEFIK_ROUTER}.tls", "false"),
    (f"{TRAEFIK_ROUTER}.TLS", False),
    (f"{NGINX}/ssl-redirect", "false"),
    (f"{NGINX}/ssl-redirect", False),
    (f"{NGINX}/ssl-redirect", "0"),
    (f"{NGINX}/force-ssl-redirect", "False"),
    (f"{NGINX}/force-ssl-redirect", "301"),
    (f"{NGINX}/ssl-redirect", "443"),
    (f"{NGINX}/server-snippet", "return 200;"),
    (f"{NGINX}/configuration-snippet", ""),
    (f"{NGINX}/server-alias", "*.example.org"),
    (f"{NGINX}/permanent-redirect", "http://example.org"),
    ("ingress.kubernetes.io/ssl-redirect", "false"),
    ("ingress.kubernetes.io/force-ssl-redirect", "no"),
    ("haproxy.org/ssl-redirect", "false"),
    ("nginx.org/redirect-to-https", "false"),
    ("nginx.org/server-snippets", "listen 80;"),
    ("appgw.ingress.kubernetes.io/ssl-redirect", "false"),
    ("kubernetes.io/ingress.allow-http", "true"),
    ("kubernetes.io/ingress.class", "public"),
]

HARMLESS = [
    (f"{TRAEFIK_ROUTER}.entrypoints", "websecure"),
    (f"{TRAEFIK_ROUTER}.tls", True),
    (f"{TRAEFIK_ROUTER}.tls.certresolver", "letsencrypt"),
    (f"{TRAEFIK_ROUTER}.middlewares", "vis-headers@kubernetescrd"),
    (f"{NGINX}/ssl-redirect", True),
    (f"{NGINX}/proxy-body-size", "64m"),
    (f"{NGINX}/proxy-redirect-from", "off"),
    ("haproxy.org/ssl-redirect-code", "301"),
    ("alb.ingress.kubernetes.io/ssl-redirect", "443"),
    ("kubernetes.io/ingress.allow-http", "false"),
    ("cert-manager.io/duration", "2160h"),
    ("external-dns.alpha.kubernetes.io/hostname", "hub.example.org"),
]


@pytest.mark.parametrize(("key", "value"), UNDOING)
def test_an_annotation_that_undoes_the_redirect_is_refused_with_key_and_fix(key: str, value: object) -> None:
    found = problem(ingress__annotations={key: value})
    assert found.key == "pangeo:ingress.annotations"
    assert f"contains {key} " in found.message
    assert "write" in found.message or "remove it" in found.message


@pytest.mark.parametrize(("key", "value"), HARMLESS)
def test_another_annotation_is_accepted(key: str, value: object) -> None:
    assert problems(ingress__annotations={key: value}) == []


def test_all_undoing_annotations_are_reported_at_once() -> None:
    wrong = {f"{NGINX}/ssl-redirect": "false", f"{TRAEFIK_ROUTER}.entrypoints": "web"}
    assert len(problems(ingress__annotations=wrong)) == 2


@pytest.mark.parametrize(
    ("value", "accepted"), [("https", True), ("https,vpn", True), ("web", False), ("https,web", False), ("", False)]
)
def test_entry_points_of_a_controller_that_redirects_by_itself_may_have_other_names(value: str, accepted: bool) -> None:
    assert (annotation_problem(f"{TRAEFIK_ROUTER}.entrypoints", value, is_stated=True) is None) == accepted


@pytest.mark.parametrize("name", ["nginx.org/ingress-controller", "haproxy.org/traefik", "k8s.io/ingress"])
def test_an_unknown_controller_needs_the_statement(name: str) -> None:
    found = problem(ingress={"controller": name})
    assert (found.key, found.value) == ("pangeo:ingress.controller", name)
    assert "write ingress.redirectedBy: controller" in found.message
    assert problems(ingress={"controller": name, "redirectedBy": "controller"}) == []


@pytest.mark.parametrize("name", ["nginx", "traefik.io/", "Traefik.io/x", "traefik.io/ingress controller"])
def test_the_controller_is_no_class_name(name: str) -> None:
    assert "write spec.controller of the IngressClass" in problems(ingress={"controller": name})[0].message


def test_each_controller_has_its_own_annotations() -> None:
    for_traefik = {key: value for key, value in ONLY_HTTPS.items() if key.startswith("traefik")}
    for_nginx = {key: value for key, value in ONLY_HTTPS.items() if key.startswith("nginx")}
    assert is_only_https(ONLY_HTTPS, TRAEFIK)
    assert is_only_https(ONLY_HTTPS, INGRESS_NGINX)
    assert is_only_https(for_traefik, TRAEFIK)
    assert not is_only_https(for_traefik, INGRESS_NGINX)
    assert not is_only_https(for_nginx, TRAEFIK)
    assert not is_only_https(ONLY_HTTPS, "nginx.org/ingress-controller")
    assert not is_only_https({}, None)
