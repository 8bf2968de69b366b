"""Pre-flight check of a web proxy that is given by name: whether users' pods reach its address."""

from collections.abc import Collection

from components.config.proxy_checks import Address, find_unreachable_proxies
from components.config.tenancy import Tenancy
from components.preflight.dns import NameUnknown, Resolver, ResolverFailed, resolve_by_system


def proxy_warnings(tenancy: Tenancy, *, resolve: Resolver = resolve_by_system) -> list[str]:
    """Return a warning for each proxy whose name has a private address here that ``network.reach`` does not list.

    It is no error, because pods may use another DNS server than this machine. A name that this machine does not know is
    ignored for the same reason.
    """

    def addresses(host: str) -> Collection[Address]:
        try:
            return resolve(host)
        except (NameUnknown, ResolverFailed):
            return ()

    return [
        f"pangeo:network.proxy.{each.key}: {each.host} {each.message}"
        for each in find_unreachable_proxies(tenancy.network, addresses, with_dask=tenancy.dask.enabled)
    ]
