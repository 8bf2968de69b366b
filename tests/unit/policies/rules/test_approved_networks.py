"""Private networks that the organisation approves."""

from typing import Any

import pytest

from tests.unit.policies import declared

RULE = "approved-networks"
STORE = {"name": "store", "cidrs": ["10.20.0.0/16", "fd12:3456::/48"], "ports": [443, "8080-8090"]}


def check(organisation: dict[str, Any], *entries: dict[str, Any]) -> list[str]:
    stack = declared.config(network={"reach": list(entries)})
    return declared.check_stack(RULE, declared.good_stack(), stack=stack, organisation=organisation)


def test_every_network_is_approved_by_default() -> None:
    assert check({}, STORE) == []
    assert declared.rule(RULE).level == "mandatory"


@pytest.mark.parametrize(
    ("organisation", "messages"),
    [
        ({"networks": ["10.0.0.0/8", "fd12:3456::/32"], "ports": ["443", "8000-9000"]}, []),
        (
            {"networks": ["10.20.0.0/17", "10.20.128.0/18", "fd12::/16"]},
            ["allows 10.20.0.0/16, which is not in an approved network (10.20.0.0/17, 10.20.128.0/18, fd12::/16)"],
        ),
        (
            {"networks": []},
            [
                "allows 10.20.0.0/16, which is not in an approved network (none)",
                "allows fd12:3456::/48, which is not in an approved network (none)",
            ],
        ),
        ({"ports": ["443"]}, ["allows port 8080-8090, which is not an approved port (443)"]),
        ({"ports": ["1-8085"]}, ["allows port 8080-8090, which is not an approved port (1-8085)"]),
    ],
    ids=str,
)
def test_an_entry_outside_is_refused_by_name(organisation: dict[str, Any], messages: list[str]) -> None:
    assert check(organisation, STORE) == [f"pangeo:network.reach: the entry store {each}" for each in messages]
    assert check(organisation) == []


@pytest.mark.parametrize(
    ("dns", "organisation", "messages"),
    [
        ({"namespace": "openshift-dns", "ports": [5353, 8053]}, {}, []),
        ({"namespace": "databases"}, {"dnsNamespaces": ["databases"]}, []),
        (
            {"namespace": "databases", "ports": [5432]},
            {},
            [
                "pangeo:network.dns.namespace is databases, which is not approved (kube-system, openshift-dns)",
                "pangeo:network.dns.ports contains 5432, which is not approved (5353, 8053)",
            ],
        ),
        ({"ports": [9053]}, {"dnsPorts": ["9000-9100"]}, []),
    ],
    ids=str,
)
def test_dns_opens_only_pods_of_known_dns_services(
    dns: dict[str, Any], organisation: dict[str, Any], messages: list[str]
) -> None:
    stack = declared.config(network={"dns": dns})
    assert declared.check_stack(RULE, declared.good_stack(), stack=stack, organisation=organisation) == messages


@pytest.mark.parametrize("organisation", [{"networks": ["10.20.0.1/16"]}, {"ports": ["https"]}], ids=str)
def test_an_invalid_setting_is_reported(organisation: dict[str, Any]) -> None:
    (message,) = check(organisation, STORE)
    assert message.startswith(f"could not be checked: the setting {next(iter(organisation))} contains")
