"""Access by browsers: only through the ingress, encrypted, under the stack's host name."""

from typing import Any

import pytest

from components.config.controllers import INGRESS_NGINX, NGINX_FORCED_REDIRECT, TRAEFIK
from policies import kinds
from tests.support.tenancies import DOMAIN, domain_of
from tests.unit.policies import declared

HOST = DOMAIN


def check_ingress(rule: str, **changes: Any) -> list[str]:
    return declared.check(rule, declared.ingress(**changes)).messages


@pytest.mark.parametrize(
    ("tls", "covered"),
    [
        ([{"hosts": [HOST], "secretName": "tls"}], True),
        ([{"hosts": ["*.192-171-139-83.sslip.io"], "secretName": "tls"}], True),
        ([{"hosts": ["*.sslip.io"], "secretName": "tls"}], False),
        ([{"hosts": ["other.example.org"], "secretName": "tls"}], False),
        ([{"hosts": [HOST]}], False),
        ([{"secretName": "tls"}], False),
        ([], False),
        (None, False),
    ],
)
def test_every_host_has_a_certificate(tls: object, covered: bool) -> None:
    expected = [] if covered else [f"{HOST} is in no entry of spec.tls with a secretName: passwords would be sent unencrypted"]  # fmt: skip # noqa: E501
    assert check_ingress("tls-on-every-host", spec__tls=tls) == expected


@pytest.mark.parametrize("rules", [[], None, [{"http": {}}]])
def test_an_ingress_for_any_host_is_refused(rules: object) -> None:
    (message,) = check_ingress("tls-on-every-host", spec__rules=rules)
    assert "any host name" in message


def test_each_of_several_hosts_needs_a_certificate() -> None:
    (message,) = check_ingress("tls-on-every-host", spec__rules=[{"host": HOST}, {"host": "www.example.org"}])
    assert message.startswith("www.example.org is in no entry")


def test_the_charts_ingress_is_disabled() -> None:
    (message,) = declared.check("tls-on-every-host", declared.release(ingress__enabled=True)).messages
    assert "ingress.enabled is not false" in message


@pytest.mark.parametrize(
    ("config", "host"),
    [
        ({}, HOST),
        ({"externalIp": "2001:db8::17"}, domain_of("2001:db8::17")),
        ({"domainSuffix": "nip.io"}, "pangeo.192-171-139-83.nip.io"),
        ({"pangeoDomain": "Hub.example.org"}, "hub.example.org"),
    ],
)
def test_the_host_follows_from_the_configuration(config: dict[str, str], host: str) -> None:
    stack = declared.config(**config)
    ours, other = ({"spec__rules": [{"host": name}]} for name in (host, "bank.example.org"))
    assert declared.check("ingress-host", declared.ingress(**ours), stack=stack).messages == []
    assert declared.check("ingress-host", declared.ingress(**other), stack=stack).messages == [
        f'host is "bank.example.org"; for this stack\'s configuration it must be {host}'
    ]


def test_users_hosts_are_accepted_only_if_configured() -> None:
    hosts = {"spec__rules": [{"host": HOST}, {"host": f"*.{HOST}"}]}
    configured = declared.config(ingress={"userSubdomains": True})
    assert declared.check("ingress-host", declared.ingress(**hosts), stack=configured).messages == []
    (message,) = declared.check("ingress-host", declared.ingress(**hosts)).messages
    assert message.startswith(f'host is "*.{HOST}"')
    other = {"spec__rules": [{"host": "*.sslip.io"}]}
    assert declared.check("ingress-host", declared.ingress(**other), stack=configured).messages


def test_users_hosts_need_a_wildcard_certificate() -> None:
    rules = [{"host": HOST}, {"host": f"*.{HOST}"}]
    (message,) = check_ingress("tls-on-every-host", spec__rules=rules)
    assert message.startswith(f"*.{HOST} is in no entry of spec.tls")
    tls = [{"hosts": [HOST, f"*.{HOST}"], "secretName": "tls"}]
    assert check_ingress("tls-on-every-host", spec__rules=rules, spec__tls=tls) == []


@pytest.mark.parametrize("kind", ["LoadBalancer", "NodePort", None])
def test_the_hubs_proxy_is_internal(kind: str | None) -> None:
    (message,) = declared.check("no-public-services", declared.release(proxy__service__type=kind)).messages
    assert "the hub would be reachable without TLS" in message


def test_the_dask_gateway_is_internal() -> None:
    (message,) = declared.check("no-public-services", declared.gateway(traefik__service__type="LoadBalancer")).messages
    assert "reachable from outside the cluster" in message
    off = declared.gateway(enabled=False, traefik__service__type="LoadBalancer")
    assert declared.check("no-public-services", off).messages == []


def redirect_ingress(**changes: Any) -> declared.Declared:
    """Return the ingress for plain HTTP as the component declares it for Traefik."""
    annotations = {
        "traefik.ingress.kubernetes.io/router.entrypoints": "web",
        "traefik.ingress.kubernetes.io/router.middlewares": "vis-pangeo-https@kubernetescrd",
    }
    metadata = {"name": "pangeo-https", "namespace": "vis", "annotations": annotations}
    return declared.ingress(metadata=metadata, spec__tls=None, **changes)


def middleware(spec: object) -> declared.Declared:
    return declared.Declared(kinds.MIDDLEWARE.type, {"metadata": {"name": "pangeo-https"}, "spec": spec})


def test_an_ingress_that_only_redirects_needs_no_certificate() -> None:
    assert declared.check("tls-on-every-host", redirect_ingress()).messages == []


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("entrypoints", "websecure"),
        ("entrypoints", None),
        ("middlewares", "other-pangeo-https@kubernetescrd"),
        ("middlewares", "vis-anything@kubernetescrd"),
        ("middlewares", None),
    ],
)
def test_an_ingress_that_may_serve_content_needs_one(annotation: str, value: str | None) -> None:
    ingress = redirect_ingress()
    ingress.props["metadata"]["annotations"]["nginx.ingress.kubernetes.io/ssl-redirect"] = "true"
    ingress.props["metadata"]["annotations"][f"traefik.ingress.kubernetes.io/router.{annotation}"] = value
    messages = declared.check("tls-on-every-host", ingress).messages
    assert "sent unencrypted" in messages[-1]


@pytest.mark.parametrize(
    ("spec", "good"),
    [
        ({"redirectScheme": {"scheme": "https", "permanent": True}}, True),
        ({"redirectScheme": {"scheme": "http", "permanent": True}}, False),
        ({"addPrefix": {"prefix": "/x"}}, False),
        ({}, False),
    ],
)
def test_the_redirect_is_to_https(spec: object, good: bool) -> None:
    messages = declared.check("tls-on-every-host", middleware(spec)).messages
    assert (messages == []) == good


NGINX_KEY = "nginx.ingress.kubernetes.io/ssl-redirect"
ENTRY_POINTS = "traefik.ingress.kubernetes.io/router.entrypoints"
STATED = declared.config(ingress={"redirectedBy": "controller"})
NO_STATEMENTS = {"statements": False}


def annotated(annotations: dict[str, str], **changes: Any) -> declared.Declared:
    metadata = {"name": "pangeo", "namespace": "vis", "annotations": annotations}
    return declared.ingress(metadata=metadata, **changes)


def test_an_ingress_without_a_redirect_is_refused() -> None:
    (message,) = declared.check("tls-on-every-host", annotated({})).messages
    assert "no annotation that redirects" in message


def test_a_statement_replaces_the_annotation_if_the_organisation_accepts_it() -> None:
    assert declared.check("tls-on-every-host", annotated({}), stack=STATED).messages == []
    refused = declared.check("tls-on-every-host", annotated({}), stack=STATED, organisation=NO_STATEMENTS)
    assert len(refused.messages) == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (NGINX_KEY, "false"),
        (ENTRY_POINTS, "web,websecure"),
        ("traefik.ingress.kubernetes.io/router.tls", "false"),
        ("ingress.kubernetes.io/ssl-redirect", "false"),
        ("nginx.ingress.kubernetes.io/server-snippet", "x"),
        ("kubernetes.io/ingress.class", "public"),
    ],
)
def test_an_annotation_that_undoes_the_redirect_is_refused(key: str, value: str) -> None:
    good = {ENTRY_POINTS: "websecure", NGINX_KEY: "true"}
    messages = declared.check("tls-on-every-host", annotated({**good, key: value}), stack=STATED).messages
    assert any(key in each for each in messages)


def test_a_default_backend_is_refused() -> None:
    (message,) = check_ingress("tls-on-every-host", spec__defaultBackend={"service": {"name": "x"}})
    assert "spec.defaultBackend" in message


def redirects(*resources: declared.Declared, **given: Any) -> list[str]:
    return declared.check_stack("redirect-to-https", resources, **given)


TRAEFIK_REDIRECT = (middleware({"redirectScheme": {"scheme": "https", "permanent": True}}), redirect_ingress())
TRAEFIK_REDIRECT[0].props["metadata"]["namespace"] = "vis"


def test_traefiks_redirect_must_be_declared() -> None:
    hub, traefik = declared.ingress(), declared.contract(TRAEFIK)
    assert redirects(traefik, hub, *TRAEFIK_REDIRECT) == []
    assert "no ingress with the middleware" in redirects(traefik, hub)[0]
    assert len(redirects(traefik, hub, TRAEFIK_REDIRECT[1])) == 2, "without the middleware"
    other = redirect_ingress(spec__rules=[{"host": "other.example.org"}])
    assert HOST in redirects(traefik, hub, TRAEFIK_REDIRECT[0], other)[0]


def test_the_annotation_must_be_that_of_the_controller() -> None:
    for_nginx, for_traefik = annotated({NGINX_FORCED_REDIRECT: "true"}), annotated({ENTRY_POINTS: "websecure"})
    assert redirects(declared.contract(INGRESS_NGINX), for_nginx) == []
    assert "no annotation makes its controller" in redirects(declared.contract(INGRESS_NGINX), for_traefik)[0]
    assert "no annotation makes its controller" in redirects(declared.contract(TRAEFIK), for_nginx)[0]
    weak = annotated({NGINX_KEY: "true"})
    assert "no annotation makes its controller" in redirects(declared.contract(INGRESS_NGINX), weak)[0]


def test_a_redirect_of_traefik_is_none_for_another_controller() -> None:
    (message,) = redirects(declared.contract(INGRESS_NGINX), *TRAEFIK_REDIRECT)
    assert "it redirects only with Traefik" in message


@pytest.mark.parametrize(
    "facts",
    [
        [],
        [declared.contract(INGRESS_NGINX, "class name")],
        [declared.contract("", "nothing")],
        [declared.contract("nginx.org/ingress-controller")],
    ],
)
def test_an_unknown_controller_needs_the_statement(facts: list[declared.Declared]) -> None:
    hub = declared.ingress()
    (message,) = redirects(*facts, hub)
    assert "its controller" in message
    assert redirects(*facts, hub, stack=STATED) == []
    assert len(redirects(*facts, hub, stack=STATED, organisation=NO_STATEMENTS)) == 1


def test_a_stated_controller_is_accepted_in_a_preview_without_the_cluster() -> None:
    stack = declared.config(ingress={"controller": INGRESS_NGINX})
    assert redirects(declared.contract(INGRESS_NGINX, "stack file"), declared.ingress(), stack=stack) == []


def test_an_ingress_of_another_class_is_refused() -> None:
    facts = declared.contract(default_class="public")
    assert redirects(facts, declared.ingress(spec__ingressClassName="public")) == [], "the default class's own name"
    for given in ({}, {"stack": STATED}):
        (message,) = redirects(facts, declared.ingress(spec__ingressClassName="other"), **given)
        assert "its class other is not that of pangeo:ingress.className" in message
    stack = declared.config(ingress={"className": "nginx"})
    assert len(redirects(facts, declared.ingress(), stack=stack)) == 1
