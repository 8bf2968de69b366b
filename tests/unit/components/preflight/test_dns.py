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


def test_domain_that_resolves_to_the_external_ip_is_accepted() -> None:
    assert domain_problem("hub.example.org", EXTERNAL_IP, answering("192.171.139.83")) is None
    assert domain_problem("hub.example.org", IPv6Address("2001:db8::1"), answering("2001:DB8:0::1")) is None


def test_further_addresses_are_accepted() -> None:
    assert domain_problem("hub.example.org", EXTERNAL_IP, answering("2001:db8::1", "192.171.139.83")) is None


def test_wrong_address_is_reported_with_the_addresses_found() -> None:
    assert domain_problem("hub.example.org", EXTERNAL_IP, answering("2001:db8::1", "192.0.2.7")) == (
        "resolves to 192.0.2.7, 2001:db8::1, not to externalIp 192.171.139.83; fix the DNS entry or leave the key out"
    )


def test_missing_address_is_reported_with_the_record_to_add() -> None:
    assert domain_problem("hub.example.org", EXTERNAL_IP, failing(NameUnknown())) == (
        "does not resolve; add an A record for 192.171.139.83 to the DNS or leave the key out"
    )
    message = domain_problem("hub.example.org", IPv6Address("2001:db8::1"), failing(NameUnknown()))
    assert message is not None
    assert "add an AAAA record for 2001:db8::1" in message


def test_failed_resolver_is_not_reported_as_an_unknown_name() -> None:
    assert domain_problem("hub.example.org", EXTERNAL_IP, failing(ResolverFailed("no answer within 5 s"))) == (
        "could not be checked: the resolver of this machine failed (no answer within 5 s); "
        "try again or set PANGEO_DNS_CHECK=warn"
    )


def test_domain_of_another_address_is_refused() -> None:
    given = tenancy(pangeoDomain="hub.vis.example")
    with pytest.raises(InvalidTenancy) as caught:
        verify_domain(
            given, source="stacks/Pulumi.vis.yaml", preview=True, environment={}, resolve=answering("192.0.2.7")
        )
    assert str(caught.value) == (
        "stacks/Pulumi.vis.yaml: 1 problem\n"
        "  pangeo:pangeoDomain  hub.vis.example  resolves to 192.0.2.7, not to externalIp 192.171.139.83; "
        "fix the DNS entry or leave the key out"
    )


WARN = {"PANGEO_DNS_CHECK": "warn"}


def test_dns_check_variable_turns_the_refusal_of_a_preview_into_a_warning() -> None:
    given = tenancy(pangeoDomain="hub.vis.example")
    warning = verify_domain(given, source="vis", preview=True, environment=WARN, resolve=answering("192.0.2.7"))
    assert warning is not None
    assert warning.startswith("vis: pangeoDomain hub.vis.example resolves to 192.0.2.7")


@pytest.mark.parametrize(
    ("resolve", "message"),
    [
        (answering("192.0.2.7"), "resolves to 192.0.2.7, not to externalIp"),
        (failing(ResolverFailed("no answer within 5 s")), r"failed \(no answer within 5 s\); repair it and try again"),
    ],
    ids=["wrong address", "no answer"],
)
def test_dns_check_variable_has_no_effect_on_up(resolve: Resolver, message: str) -> None:
    given = tenancy(pangeoDomain="hub.vis.example")
    with pytest.raises(InvalidTenancy, match=message):
        verify_domain(given, source="vis", preview=False, environment=WARN, resolve=resolve)


def test_unknown_value_of_the_dns_check_variable_is_refused() -> None:
    with pytest.raises(InvalidTenancy, match="PANGEO_DNS_CHECK  off  is neither refuse nor warn"):
        verify_domain(
            tenancy(), source="vis", preview=True, environment={"PANGEO_DNS_CHECK": "off"}, resolve=answering()
        )


def test_users_host_names_must_resolve_too() -> None:
    given = tenancy(pangeoDomain="hub.vis.example", ingress={"userSubdomains": True})

    def resolve(name: str) -> Collection[Address]:
        if name == "hub.vis.example":
            return {EXTERNAL_IP}
        assert name.endswith(".hub.vis.example")
        raise NameUnknown

    with pytest.raises(InvalidTenancy) as caught:
        verify_domain(given, source="vis", preview=True, environment={}, resolve=resolve)
    assert str(caught.value) == (
        "vis: 1 problem\n  pangeo:ingress.userSubdomains  *.hub.vis.example  does not resolve; "
        "add an A record for 192.171.139.83 to the DNS or leave the key out"
    )
    assert verify_domain(given, source="vis", preview=True, environment={}, resolve=answering(str(EXTERNAL_IP))) is None


def test_derived_domain_is_not_resolved() -> None:
    resolve = failing(AssertionError("resolved"))
    assert verify_domain(tenancy(), source="vis", preview=False, environment={}, resolve=resolve) is None


def test_system_resolver_resolves_localhost() -> None:
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
def test_resolver_error_codes_are_distinguished(
    monkeypatch: pytest.MonkeyPatch, code: int, expected: type[Exception]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise socket.gaierror(code, "resolver error")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(expected):
        resolve_by_system("hub.example.org")


def test_hanging_resolver_ends_at_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: release.wait(10) and [])
    with pytest.raises(ResolverFailed, match=r"no answer within 0\.05 s"):
        resolve_by_system("hub.example.org", timeout_seconds=0.05)
    release.set()
