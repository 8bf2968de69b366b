"""A domain the operator gives must lead to the ingress before anything is declared."""

import socket
import threading
from collections.abc import Callable, Collection, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address

from components.config.problems import InvalidTenancy, Problem, format_key
from components.config.tenancy import Tenancy

DNS_CHECK_VARIABLE = "PANGEO_DNS_CHECK"
"""``refuse`` (as when unset) or ``warn``, for a CI without the DNS the hub's users have."""

RESOLVE_TIMEOUT_SECONDS = 5.0

Address = IPv4Address | IPv6Address
Resolver = Callable[[str], Collection[Address]]

_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class NameUnknown(Exception):
    """The name service answered: the name has no address."""


class ResolverFailed(Exception):
    """The name service gave no answer, so nothing is known of the name. Its text says why."""


def resolve_by_system(name: str, timeout_seconds: float = RESOLVE_TIMEOUT_SECONDS) -> Collection[Address]:
    """The addresses (A and AAAA) this machine's resolver has for ``name``.

    Raises:
        NameUnknown: it has none.
        ResolverFailed: it gave no answer, or none within ``timeout_seconds``.
    """
    answers: list[Collection[Address]] = []
    failures: list[socket.gaierror | OSError] = []

    def ask() -> None:
        try:
            found = socket.getaddrinfo(name, None, proto=socket.IPPROTO_TCP)
            answers.append({ip_address(str(address[4][0]).partition("%")[0]) for address in found})
        except OSError as failure:
            failures.append(failure)

    # getaddrinfo has no time-out of its own, and a thread that waits for ever must not keep the program alive.
    thread = threading.Thread(target=ask, daemon=True, name=f"resolve {name}")
    thread.start()
    thread.join(timeout_seconds)
    if answers:
        return answers[0]
    if not failures:
        raise ResolverFailed(f"no answer within {timeout_seconds:g} s")
    failure = failures[0]
    if isinstance(failure, socket.gaierror) and failure.errno in _NO_SUCH_NAME:
        raise NameUnknown
    raise ResolverFailed(failure.strerror or str(failure))


def domain_problem(domain: str, external_ip: Address, resolve: Resolver = resolve_by_system) -> str | None:
    """Why browsers would not reach the ingress by this name; None when they would.

    The name may have further addresses: behind a second protocol or a second ingress stands the operator's intent.
    """
    try:
        found = resolve(domain)
    except NameUnknown:
        return (
            f"does not resolve: the name has no address; "
            f"add {_record(external_ip)} for {external_ip} to the DNS or leave the key out"
        )
    except ResolverFailed as failure:
        return f"could not be checked: the resolver of this machine failed ({failure}); try again or see {_SWITCH}"
    if external_ip in found:
        return None
    addresses = ", ".join(str(address) for address in sorted(found, key=lambda address: (address.version, address)))
    return f"resolves to {addresses}, not to externalIp {external_ip}; fix the DNS entry or leave the key out"


def verify_domain(
    tenancy: Tenancy, *, source: str, environment: Mapping[str, str], resolve: Resolver = resolve_by_system
) -> str | None:
    """Check the domain the operator gave; a derived one needs no check.

    Args:
        tenancy: whose domain.
        source: what a problem is listed under, e.g. ``stacks/Pulumi.vis.yaml``.
        environment: where ``PANGEO_DNS_CHECK`` is looked up.
        resolve: asked for the addresses of the name; takes a bounded time.

    Returns:
        None, or the warning where ``PANGEO_DNS_CHECK=warn`` makes it one.

    Raises:
        InvalidTenancy: the domain does not lead to ``external_ip``, or ``PANGEO_DNS_CHECK`` has an unknown value.
    """
    choice = environment.get(DNS_CHECK_VARIABLE, "") or "refuse"
    if choice not in ("refuse", "warn"):
        wrong = Problem(DNS_CHECK_VARIABLE, choice, "is neither refuse nor warn; write one of them or unset it")
        raise InvalidTenancy("environment", [wrong])
    if tenancy.pangeo_domain is None:
        return None
    said = domain_problem(tenancy.pangeo_domain, tenancy.external_ip, resolve)
    if said is None:
        return None
    if choice == "warn":
        return f"{source}: pangeoDomain {tenancy.pangeo_domain} {said}"
    raise InvalidTenancy(source, [Problem(format_key(("pangeoDomain",)), tenancy.pangeo_domain, said)])


_SWITCH = f"{DNS_CHECK_VARIABLE}=warn"


def _record(address: Address) -> str:
    return "an A record" if isinstance(address, IPv4Address) else "an AAAA record"
