"""The hub's Ingress: its rules, its redirect to HTTPS and its annotations for the controller."""

import pytest

from components.config.controllers import INGRESS_NGINX, TRAEFIK
from components.config.ingress import Ingress
from components.resources.ingress import NoRedirect, https_redirect, hub_ingress, ingress_annotations
from tests.support.tenancies import DOMAIN, tenancy


def test_ingress_sends_all_of_the_domain_to_the_hub() -> None:
    ingress = hub_ingress(tenancy(ingress={"className": "nginx", "tls": {"secretName": "own"}}))

    host = DOMAIN
    assert ingress["metadata"]["namespace"] == "vis-pangeo"
    assert ingress["spec"]["ingressClassName"] == "nginx"
    assert ingress["spec"]["tls"] == [{"hosts": [host], "secretName": "own"}]
    (rule,) = ingress["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert (rule["host"], path["path"], path["pathType"]) == (host, "/", "Prefix")
    assert path["backend"] == {"service": {"name": "proxy-public", "port": {"name": "http"}}}


def test_ingress_without_a_class_omits_the_field() -> None:
    assert "ingressClassName" not in hub_ingress(tenancy())["spec"]


def test_users_hosts_are_served_and_redirected_like_the_hubs() -> None:
    given = tenancy(ingress={"className": "traefik", "tls": {"secretName": "own"}, "userSubdomains": True})
    hosts = [DOMAIN, f"*.{DOMAIN}"]

    for ingress in (hub_ingress(given), https_redirect(given, TRAEFIK)[1]):
        assert [rule["host"] for rule in ingress["spec"]["rules"]] == hosts
        assert len({str(rule["http"]) for rule in ingress["spec"]["rules"]}) == 1
    assert hub_ingress(given)["spec"]["tls"] == [{"hosts": hosts, "secretName": "own"}]


def test_traefik_redirects_plain_http() -> None:
    middleware, ingress = https_redirect(tenancy(), TRAEFIK)

    assert middleware["spec"] == {"redirectScheme": {"scheme": "https", "permanent": True}}
    assert ingress["metadata"]["annotations"]["traefik.ingress.kubernetes.io/router.entrypoints"] == "web"
    used = ingress["metadata"]["annotations"]["traefik.ingress.kubernetes.io/router.middlewares"]
    assert used == f"vis-pangeo-{middleware['metadata']['name']}@kubernetescrd"
    assert ingress["spec"]["rules"][0]["host"] == DOMAIN
    assert "tls" not in ingress["spec"]


@pytest.mark.parametrize(
    ("ingress", "controller"),
    [
        ({"className": "traefik"}, INGRESS_NGINX),
        ({"className": "traefik", "redirectedBy": "controller"}, TRAEFIK),
        ({"redirectedBy": "controller"}, None),
        ({"redirectedBy": "controller"}, "haproxy.org/ingress-controller"),
    ],
)
def test_no_redirect_is_declared_for_other_controllers(ingress: dict[str, str], controller: str | None) -> None:
    assert https_redirect(tenancy(ingress=ingress), controller) == []


@pytest.mark.parametrize("controller", [None, "", "haproxy.org/ingress-controller", "nginx.org/ingress-controller"])
def test_a_controller_that_cannot_be_configured_is_refused(controller: str | None) -> None:
    with pytest.raises(NoRedirect, match=r"write ingress\.redirectedBy: controller"):
        https_redirect(tenancy(ingress={"className": "traefik-nginx"}), controller)


def annotations(**settings: object) -> dict[str, str]:
    return ingress_annotations(Ingress.model_validate(settings))


@pytest.mark.parametrize("name", ["nginx", "traefik", "public", None])
def test_annotations_do_not_depend_on_the_name_of_the_class(name: str | None) -> None:
    assert annotations(className=name) == {
        "nginx.ingress.kubernetes.io/proxy-body-size": "0",
        "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600",
        "nginx.ingress.kubernetes.io/proxy-send-timeout": "3600",
        "nginx.ingress.kubernetes.io/ssl-redirect": "true",
        "nginx.ingress.kubernetes.io/force-ssl-redirect": "true",
        "traefik.ingress.kubernetes.io/router.entrypoints": "websecure",
    }


def test_cluster_issuer_is_an_annotation() -> None:
    assert annotations(tls={"clusterIssuer": "letsencrypt"})["cert-manager.io/cluster-issuer"] == "letsencrypt"


def test_operators_annotation_overrides_the_programs() -> None:
    own = annotations(className="nginx", annotations={"nginx.ingress.kubernetes.io/proxy-body-size": "64m"})

    assert own["nginx.ingress.kubernetes.io/proxy-body-size"] == "64m"
