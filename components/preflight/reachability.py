"""Pre-flight check of servers that are given by name: whether users' pods reach their addresses."""

from collections.abc import Collection

from components.config.problems import format_key
from components.config.reachability import Address, find_unreachable_servers, named_servers
from components.config.tenancy import Tenancy
from components.preflight.dns import NameUnknown, Resolver, ResolverFailed, resolve_by_system


def reachability_warnings(tenancy: Tenancy, *, resolve: Resolver = resolve_by_system) -> list[str]:
    """Return a warning for each server whose name has a private address here that ``network.reach`` does not list.

    It is no error, because pods may use another DNS server than this machine. A name that this machine does not know is
    ignored for the same reason.
    """

    def addresses(host: str) -> Collection[Address]:
        try:
            return resolve(host)
        except (NameUnknown, ResolverFailed):
            return ()

    network = tenancy.network
    servers = named_servers(network, tenancy.object_store)
    return [
        f"{format_key(each.place)}: {each.host} {each.message}"
        for each in find_unreachable_servers(network, servers, addresses, with_dask=tenancy.dask.enabled)
    ]
