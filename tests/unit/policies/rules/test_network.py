"""Access by browsers: only through the ingress, encrypted, under the stack's host name."""

from typing import Any

import pytest

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
    ingress.props["metadata"]["annotations"][f"traefik.ingress.kubernetes.io/router.{annotation}"] = value
    (message,) = declared.check("tls-on-every-host", ingress).messages
    assert "sent unencrypted" in message


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
