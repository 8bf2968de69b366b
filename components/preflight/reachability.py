"""Pre-flight check of servers that are given by name: whether users' pods reach their addresses, without the proxy."""

from collections.abc import Collection
from ipaddress import IPv6Address

from components.address_ranges import is_public
from components.chart.proxy_variables import user_proxy_variables
from components.config.problems import format_key
from components.config.proxy import NO_PROXY, address_of
from components.config.reachability import Address, exclusion, find_unreachable_servers, named_servers
from components.config.tenancy import Tenancy
from components.preflight.dns import NameUnknown, Resolver, ResolverFailed, resolve_by_system


def reachability_warnings(tenancy: Tenancy, *, resolve: Resolver = resolve_by_system) -> list[str]:
    """Return a warning for each server whose name has a private address here, unless pods reach it without the proxy.

    It is no error, because pods may use another DNS server than this machine. A name that this machine does not know is
    ignored for the same reason, except where requests to it use the proxy, which would not know it either.
    """
    unknown: set[str] = set()

    def addresses(host: str) -> Collection[Address]:
        try:
            return resolve(host)
        except NameUnknown:
            unknown.add(host)
        except ResolverFailed:
            pass
        return ()

    network = tenancy.network
    no_proxy = user_proxy_variables(tenancy).get(NO_PROXY, "").split(",")
    servers = list(named_servers(network, tenancy.object_store, [each for each in no_proxy if each]))
    found = [
        f"{format_key(each.place)}: {each.host} {each.message}"
        for each in find_unreachable_servers(network, servers, addresses, with_dask=tenancy.dask.enabled)
    ]
    for each in servers:
        if each.uses_proxy and each.host in unknown:
            message = (
                "is not known here, and requests to it use the web proxy; if only the tenancy's DNS knows it, write"
            )
            found.append(f"{format_key(each.place)}: {each.host} {message} {exclusion(network, each.host)}")
    for each in named_servers(network, tenancy.object_store):
        own = address_of(each.host)
        if each.uses_proxy and isinstance(own, IPv6Address) and not is_public(own, network.blocked_cidrs):
            message = (
                "is an IPv6 address, for which boto3 and s3fs always use the web proxy; write the server's name, and"
            )
            found.append(f"{format_key(each.place)}: {each.host} {message} {exclusion(network, '<name>')}")
    return found
