import socket
import threading
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest

from components.config.problems import InvalidTenancy
from components.preflight.dns import (
    Address,
    NameUnknown,
    Resolver,
    ResolverFailed,
    domain_problem,
    resolve_by_system,
    verify_domain,
)
from tests.support.tenancies import tenancy

EXTERNAL_IP = IPv4Address("192.171.139.83")


def answering(*addresses: str) -> Resolver:
    return lambda name: {ip_address(address) for address in addresses}


def failing(failure: Exception) -> Resolver:
    def resolve(name: str) -> Collection[Address]:
        raise failure

    return resolve


def test_a_name_that_leads_to_the_external_ip_is_good() -> None:
    assert domain_problem("hub.example.org", EXTERNAL_IP, answering("192.171.139.83")) is None
    assert domain_problem("hub.example.org", IPv6Address("2001:db8::1"), answering("2001:DB8:0::1")) is None


def test_further_addresses_are_the_operators_intent() -> None:
    assert domain_problem("hub.example.org", EXTERNAL_IP, answering("2001:db8::1", "192.171.139.83")) is None


def test_a_wrong_address_is_told_with_the_ones_found() -> None:
    assert domain_problem("hub.example.org", EXTERNAL_IP, answering("2001:db8::1", "192.0.2.7")) == (
        "resolves to 192.0.2.7, 2001:db8::1, not to externalIp 192.171.139.83; fix the DNS entry or leave the key out"
    )


def test_a_name_without_an_address_is_told_which_record_to_add() -> None:
    assert domain_problem("hub.example.org", EXTERNAL_IP, failing(NameUnknown())) == (
        "does not resolve: the name has no address; add an A record for 192.171.139.83 to the DNS or leave the key out"
    )
    said = domain_problem("hub.example.org", IPv6Address("2001:db8::1"), failing(NameUnknown()))
    assert said is not None
    assert "add an AAAA record for 2001:db8::1" in said


def test_a_resolver_that_fails_is_told_apart_from_a_name_that_is_unknown() -> None:
    assert domain_problem("hub.example.org", EXTERNAL_IP, failing(ResolverFailed("no answer within 5 s"))) == (
        "could not be checked: the resolver of this machine failed (no answer within 5 s); "
        "try again or see PANGEO_DNS_CHECK=warn"
    )


def test_a_given_domain_that_leads_elsewhere_is_refused() -> None:
    given = tenancy(pangeoDomain="hub.vis.example")
    with pytest.raises(InvalidTenancy) as caught:
        verify_domain(given, source="stacks/Pulumi.vis.yaml", environment={}, resolve=answering("192.0.2.7"))
    assert str(caught.value) == (
        "stacks/Pulumi.vis.yaml: 1 problem\n"
        "  pangeo:pangeoDomain  hub.vis.example  resolves to 192.0.2.7, not to externalIp 192.171.139.83; "
        "fix the DNS entry or leave the key out"
    )


def test_the_switch_turns_the_refusal_into_a_warning() -> None:
    given = tenancy(pangeoDomain="hub.vis.example")
    warning = verify_domain(
        given, source="vis", environment={"PANGEO_DNS_CHECK": "warn"}, resolve=answering("192.0.2.7")
    )
    assert warning is not None
    assert warning.startswith("vis: pangeoDomain hub.vis.example resolves to 192.0.2.7")


def test_an_unknown_switch_is_refused_rather_than_guessed() -> None:
    with pytest.raises(InvalidTenancy, match="PANGEO_DNS_CHECK  off  is neither refuse nor warn"):
        verify_domain(tenancy(), source="vis", environment={"PANGEO_DNS_CHECK": "off"}, resolve=answering())


def test_a_derived_domain_is_not_asked_for() -> None:
    asked = failing(AssertionError("asked"))
    assert verify_domain(tenancy(), source="vis", environment={}, resolve=asked) is None


def test_the_systems_resolver_knows_this_machine() -> None:
    assert IPv4Address("127.0.0.1") in resolve_by_system("localhost")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (socket.EAI_NONAME, NameUnknown),
        (socket.EAI_NODATA, NameUnknown),
        (socket.EAI_AGAIN, ResolverFailed),
        (socket.EAI_FAIL, ResolverFailed),
    ],
)
def test_the_resolvers_codes_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, code: int, expected: type[Exception]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise socket.gaierror(code, "said the resolver")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(expected):
        resolve_by_system("hub.example.org")


def test_a_resolver_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(10) and [])
    with pytest.raises(ResolverFailed, match=r"no answer within 0\.05 s"):
        resolve_by_system("hub.example.org", timeout_seconds=0.05)
    over.set()
