"""Pre-flight check of the domain: a ``pangeoDomain`` must resolve to ``externalIp``."""

import socket
import threading
from collections.abc import Callable, Collection, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address

from components.config.problems import InvalidTenancy, Problem, format_key
from components.config.tenancy import Tenancy
from components.preflight.switch import only_warns

DNS_CHECK_VARIABLE = "PANGEO_DNS_CHECK"
"""Environment variable: ``refuse`` (the default) or ``warn``.

With ``warn``, a preview in a CI system that cannot use the users' DNS server continues. ``pulumi up`` always refuses.
"""

RESOLVE_TIMEOUT_SECONDS = 5.0
"""Time limit of one name look-up."""

Address = IPv4Address | IPv6Address
USERS_HOST = "any-user"
"""Label below the domain that stands for the users' host names, which a wildcard record makes resolve."""

Resolver = Callable[[str], Collection[Address]]

_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class NameUnknown(Exception):
    """The resolver answered that the name has no address."""


class ResolverFailed(Exception):
    """The resolver gave no answer, so the name's addresses are not known. The text is the cause."""


def resolve_by_system(name: str, timeout_seconds: float = RESOLVE_TIMEOUT_SECONDS) -> Collection[Address]:
    """Return the IPv4 and IPv6 addresses that this machine's resolver has for ``name``.

    Raises:
        NameUnknown: the name has no address.
        ResolverFailed: the resolver gave no answer within ``timeout_seconds``.
    """
    answers: list[Collection[Address]] = []
    failures: list[socket.gaierror | OSError] = []

    def ask() -> None:
        try:
            found = socket.getaddrinfo(name, None, proto=socket.IPPROTO_TCP)
            answers.append({ip_address(str(address[4][0]).partition("%")[0]) for address in found})
        except OSError as failure:
            failures.append(failure)

    # getaddrinfo has no time limit of its own. A daemon thread that never ends does not keep the program alive.
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


def domain_problem(
    domain: str, external_ip: Address, resolve: Resolver = resolve_by_system, *, may_warn: bool = True
) -> str | None:
    """Return why the domain does not lead browsers to the ingress, or None if it does.

    Further addresses of the name are accepted: the operator may use IPv4 and IPv6, or a second ingress.

    Args:
        domain: the host name.
        external_ip: the address of the ingress.
        resolve: returns the addresses of a name within a time limit.
        may_warn: whether ``PANGEO_DNS_CHECK=warn`` has an effect, so that the message may recommend it.
    """
    try:
        found = resolve(domain)
    except NameUnknown:
        return f"does not resolve; add {_record(external_ip)} for {external_ip} to the DNS or leave the key out"
    except ResolverFailed as failure:
        return f"could not be checked: the resolver of this machine failed ({failure}); " + (
            f"try again or set {DNS_CHECK_VARIABLE}=warn" if may_warn else "repair it and try again"
        )
    if external_ip in found:
        return None
    addresses = ", ".join(str(address) for address in sorted(found, key=lambda address: (address.version, address)))
    return f"resolves to {addresses}, not to externalIp {external_ip}; fix the DNS entry or leave the key out"


def verify_domain(
    tenancy: Tenancy,
    *,
    source: str,
    preview: bool,
    environment: Mapping[str, str],
    resolve: Resolver = resolve_by_system,
) -> str | None:
    """Check the domain that the operator set and, with ``ingress.userSubdomains``, the users' host names below it.

    A derived domain is not checked: it contains the address.

    Args:
        tenancy: the tenancy to deploy.
        source: the file named in messages, e.g. ``stacks/Pulumi.vis.yaml``.
        preview: whether nothing is deployed; only then does ``PANGEO_DNS_CHECK`` have an effect.
        environment: variables, of which ``PANGEO_DNS_CHECK`` is read.
        resolve: returns the addresses of a name within a time limit.

    Returns:
        A warning if a name is wrong, ``PANGEO_DNS_CHECK`` is ``warn`` and this is a preview; else None.

    Raises:
        InvalidTenancy: a name does not resolve to ``external_ip``, or ``PANGEO_DNS_CHECK`` has an unknown value.
    """
    may_go_on = only_warns(DNS_CHECK_VARIABLE, environment) and preview
    if tenancy.pangeo_domain is None:
        return None
    names: list[tuple[tuple[str, ...], str, str]] = [(("pangeoDomain",), tenancy.pangeo_domain, tenancy.pangeo_domain)]
    if tenancy.ingress.user_subdomains:
        users = f"{USERS_HOST}.{tenancy.pangeo_domain}"
        names.append((("ingress", "userSubdomains"), f"*.{tenancy.pangeo_domain}", users))
    problems = [
        Problem(format_key(key), shown, message)
        for key, shown, name in names
        if (message := domain_problem(name, tenancy.external_ip, resolve, may_warn=preview))
    ]
    if problems and not may_go_on:
        raise InvalidTenancy(source, problems)
    return "\n".join(f"{source}: {each.key.partition(':')[2]} {each.value} {each.message}" for each in problems) or None


def _record(address: Address) -> str:
    return "an A record" if isinstance(address, IPv4Address) else "an AAAA record"
