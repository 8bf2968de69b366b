"""The hub's Ingress, and who sends plain HTTP to HTTPS."""

import pytest

from components.resources.ingress import https_redirect, hub_ingress
from tests.support.tenancies import tenancy


def test_all_of_the_domain_is_the_hubs_over_tls() -> None:
    ingress = hub_ingress(tenancy(ingress={"className": "nginx", "tls": {"secretName": "own"}}))

    host = "pangeo.192-171-139-83.sslip.io"
    assert ingress["metadata"]["namespace"] == "vis-pangeo"
    assert ingress["spec"]["ingressClassName"] == "nginx"
    assert ingress["spec"]["tls"] == [{"hosts": [host], "secretName": "own"}]
    (rule,) = ingress["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert (rule["host"], path["path"], path["pathType"]) == (host, "/", "Prefix")
    assert path["backend"] == {"service": {"name": "proxy-public", "port": {"name": "http"}}}


def test_without_a_class_the_field_is_left_to_the_cluster() -> None:
    assert "ingressClassName" not in hub_ingress(tenancy())["spec"]


def test_with_traefik_an_ingress_of_plain_http_does_nothing_but_redirect() -> None:
    middleware, ingress = https_redirect(tenancy(ingress={"className": "traefik"}))

    assert middleware["spec"] == {"redirectScheme": {"scheme": "https", "permanent": True}}
    assert ingress["metadata"]["annotations"]["traefik.ingress.kubernetes.io/router.entrypoints"] == "web"
    used = ingress["metadata"]["annotations"]["traefik.ingress.kubernetes.io/router.middlewares"]
    assert used == f"vis-pangeo-{middleware['metadata']['name']}@kubernetescrd"
    assert ingress["spec"]["rules"][0]["host"] == "pangeo.192-171-139-83.sslip.io"
    assert "tls" not in ingress["spec"]


@pytest.mark.parametrize(
    "ingress",
    [{"className": "nginx"}, {"className": "traefik", "redirectedBy": "controller"}, {}],
    ids=["nginx by its annotation", "the controller for everybody", "an unknown controller"],
)
def test_nothing_more_is_declared_where_something_else_redirects_or_may(ingress: dict[str, str]) -> None:
    assert https_redirect(tenancy(ingress=ingress)) == []
