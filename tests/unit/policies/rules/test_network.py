"""One way in, encrypted, under the stack's own name."""

from typing import Any

import pytest

from policies import kinds
from tests.unit.policies import declared

HOST = "pangeo.192-171-139-83.sslip.io"


def said(rule: str, **changes: Any) -> list[str]:
    return declared.of(rule, declared.ingress(**changes)).sentences


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
    expected = [] if covered else [f"{HOST} is in no entry of spec.tls that names a Secret: passwords would be sent in the clear"]  # fmt: skip # noqa: E501
    assert said("tls-on-every-host", spec__tls=tls) == expected


@pytest.mark.parametrize("rules", [[], None, [{"http": {}}]])
def test_an_ingress_for_any_host_is_refused(rules: object) -> None:
    (sentence,) = said("tls-on-every-host", spec__rules=rules)
    assert "any name" in sentence


def test_one_host_without_a_certificate_among_several_is_seen() -> None:
    (sentence,) = said("tls-on-every-host", spec__rules=[{"host": HOST}, {"host": "www.example.org"}])
    assert sentence.startswith("www.example.org is in no entry")


def test_the_charts_own_ingress_stays_off() -> None:
    (sentence,) = declared.of("tls-on-every-host", declared.release(ingress__enabled=True)).sentences
    assert "the chart's own ingress is on" in sentence


@pytest.mark.parametrize(
    ("config", "host"),
    [
        ({}, HOST),
        ({"externalIp": "2001:db8::17"}, "pangeo.2001-db8--17.sslip.io"),
        ({"domainSuffix": "nip.io"}, "pangeo.192-171-139-83.nip.io"),
        ({"pangeoDomain": "Hub.example.org"}, "hub.example.org"),
    ],
)
def test_the_host_is_the_stacks_own(config: dict[str, str], host: str) -> None:
    stack = declared.config(**config)
    ours, other = ({"spec__rules": [{"host": name}]} for name in (host, "bank.example.org"))
    assert declared.of("ingress-host", declared.ingress(**ours), stack=stack).sentences == []
    assert declared.of("ingress-host", declared.ingress(**other), stack=stack).sentences == [
        f'host is "bank.example.org"; of this stack\'s configuration follows {host}'
    ]


@pytest.mark.parametrize("address", ["", "not an address"])
def test_without_an_address_the_host_cannot_be_checked(address: str) -> None:
    stack = {**declared.config(), "pangeo:externalIp": address}
    (sentence,) = declared.of("ingress-host", declared.ingress(), stack=stack).sentences
    assert "cannot be checked" in sentence


@pytest.mark.parametrize("kind", ["LoadBalancer", "NodePort", None])
def test_the_hubs_proxy_is_reachable_from_inside_only(kind: str | None) -> None:
    (sentence,) = declared.of("no-public-services", declared.release(proxy__service__type=kind)).sentences
    assert "the hub would answer without TLS beside the ingress" in sentence


def test_the_dask_gateway_is_reachable_from_inside_only() -> None:
    (sentence,) = declared.of("no-public-services", declared.gateway(traefik__service__type="LoadBalancer")).sentences
    assert "open to anybody" in sentence
    off = declared.gateway(enabled=False, traefik__service__type="LoadBalancer")
    assert declared.of("no-public-services", off).sentences == []


def redirecting(**changes: Any) -> declared.Declared:
    """The Ingress of plain HTTP as the component declares it for Traefik."""
    annotations = {
        "traefik.ingress.kubernetes.io/router.entrypoints": "web",
        "traefik.ingress.kubernetes.io/router.middlewares": "vis-pangeo-https@kubernetescrd",
    }
    metadata = {"name": "pangeo-https", "namespace": "vis", "annotations": annotations}
    return declared.ingress(metadata=metadata, spec__tls=None, **changes)


def middleware(spec: object) -> declared.Declared:
    return declared.Declared(kinds.MIDDLEWARE.type, {"metadata": {"name": "pangeo-https"}, "spec": spec})


def test_an_ingress_that_only_redirects_needs_no_certificate() -> None:
    assert declared.of("tls-on-every-host", redirecting()).sentences == []


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
def test_an_ingress_that_may_do_more_than_redirect_needs_one(annotation: str, value: str | None) -> None:
    ingress = redirecting()
    ingress.props["metadata"]["annotations"][f"traefik.ingress.kubernetes.io/router.{annotation}"] = value
    (sentence,) = declared.of("tls-on-every-host", ingress).sentences
    assert "in the clear" in sentence


@pytest.mark.parametrize(
    ("spec", "good"),
    [
        ({"redirectScheme": {"scheme": "https", "permanent": True}}, True),
        ({"redirectScheme": {"scheme": "http", "permanent": True}}, False),
        ({"addPrefix": {"prefix": "/x"}}, False),
        ({}, False),
    ],
)
def test_the_redirect_leads_to_https(spec: object, good: bool) -> None:
    sentences = declared.of("tls-on-every-host", middleware(spec)).sentences
    assert (sentences == []) == good
