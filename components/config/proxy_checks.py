"""Checks of ``network.proxy`` with the rest of the stack file: whether pods reach the proxy. Pure."""

from collections.abc import Callable, Collection, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from components.address_ranges import Block, blocks_of, public_blocks, unreachable
from components.config.dask import Dask
from components.config.network import Network
from components.config.notebook import Notebook
from components.config.proxy import PROXY_VARIABLES, address_of
from components.config.reach import Scope
from components.config.section import Place, Section

Address = IPv4Address | IPv6Address
Resolve = Callable[[str], Collection[Address]]
Model = TypeVar("Model", bound=Section)

PODS: Mapping[Scope, str] = {"notebooks": "notebooks", "dask": "Dask's schedulers and workers"}


_MISSING_SECTION = (
    "sets {} without network.proxy, which excludes the hub and Dask's gateway from the proxy; add at least the empty "
    "section: proxy: {{}} below network"
)


class UnreachableProxy(NamedTuple):
    """A proxy with an address that users' pods do not reach."""

    key: str
    """``http`` or ``https``."""
    host: str
    message: str
    """The reason and the fix, as the end of a sentence that begins with the host."""


def find_unreachable_proxies(
    network: Network, resolve: Resolve | None = None, *, with_dask: bool
) -> Iterator[UnreachableProxy]:
    """Yield each proxy whose address is private and in no entry of ``network.reach``.

    Args:
        network: the section.
        resolve: returns the addresses of a host name. Without it, only proxies that are given by address are checked.
        with_dask: whether the stack has Dask.
    """
    proxy = network.proxy
    scopes: tuple[Scope, ...] = ("notebooks", "dask") if with_dask else ("notebooks",)
    for key, host, port in proxy.endpoints if proxy else ():
        own = address_of(host)
        addresses = [own] if own is not None else sorted(resolve(host), key=str) if resolve else []
        for address in addresses:
            blocked = [PODS[each] for each in scopes if not _is_reachable(network, each, address, port)]
            if blocked:
                entry = f"{{name: proxy, cidrs: {address}, ports: {port}}}"
                found = "is" if own else f"resolves to {address},"
                found += " a private address or one of network.clusterCidrs"
                message = f"{found}, which {' and '.join(blocked)} do not reach; add to network.reach: {entry}"
                yield UnreachableProxy(key, host, message)


def find_proxy_problems(given: Mapping[str, object]) -> Iterator[tuple[str | Place, str]]:
    """Yield places and messages for a proxy that pods do not reach, or that would get requests to the hub.

    Args:
        given: the sections of the stack file by attribute before their validation. Those that are invalid by themselves
            are ignored.
    """
    network, dask = _validate(Network, given.get("network")), _validate(Dask, given.get("dask"))
    notebook = _validate(Notebook, given.get("notebook"))
    if network is not None and dask is not None:
        for each in find_unreachable_proxies(network, with_dask=dask.enabled):
            yield ("network", "proxy", each.key), each.message
    if network is not None and network.proxy is None and notebook is not None:
        for place, environment in notebook.environments():
            if found := [name for name in environment if name.upper() in PROXY_VARIABLES[:2]]:
                yield ("notebook", *place), _MISSING_SECTION.format(found[0])


def _validate(section: type[Model], raw: object) -> Model | None:
    try:
        return section.model_validate({} if raw is None else raw)
    except ValidationError:
        return None


def _is_reachable(network: Network, scope: Scope, address: Address, port: int) -> bool:
    listed = [
        block
        for entry in network.reach
        if scope in entry.scopes
        and entry.protocol == "tcp"
        and any(each.first <= port <= each.last for each in entry.port_ranges)
        for block in blocks_of(entry.cidrs)
    ]
    permitted = (*public_blocks(network.blocked_cidrs), *listed)
    return not unreachable(Block(f"{address}/{address.max_prefixlen}"), permitted)
