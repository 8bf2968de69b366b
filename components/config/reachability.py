"""Whether users' pods reach the servers that the stack file names: the web proxy and the object store. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from components.address_ranges import Block, blocks_of, public_blocks, unreachable
from components.config.dask import Dask
from components.config.network import Network
from components.config.notebook import Notebook
from components.config.object_store import ObjectStore
from components.config.proxy import PROXY_VARIABLES, address_of
from components.config.reach import Scope
from components.config.schema import Location
from components.config.section import Place, Section

Address = IPv4Address | IPv6Address
Resolve = Callable[[str], Collection[Address]]
Model = TypeVar("Model", bound=Section)

PODS: Mapping[Scope, str] = {"notebooks": "notebooks", "dask": "Dask's schedulers and workers"}


_MISSING_SECTION = (
    "sets {} without network.proxy, which excludes the hub and Dask's gateway from the proxy; add at least the empty "
    "section: proxy: {{}} below network"
)

_REPLACED_LIST = (
    "sets {}, which would replace the hub's and the Dask gateway's addresses in it; write the hosts into "
    "network.proxy.noProxy"
)

*_URLS, NO_PROXY = PROXY_VARIABLES
_PROXIES = (*_URLS, "ALL_PROXY")


class Server(NamedTuple):
    """A server that users' pods connect to."""

    place: Location
    """The key that names it."""
    entry: str
    """A name for its entry in ``network.reach``."""
    host: str
    port: int


class UnreachableServer(NamedTuple):
    """A server with an address that users' pods do not reach."""

    place: Location
    host: str
    message: str
    """The reason and the fix, as the end of a sentence that begins with the host."""


def named_servers(network: Network, store: ObjectStore | None) -> Iterator[Server]:
    """Yield the web proxy, and the object store unless requests to it use the proxy."""
    proxy = network.proxy
    for key, host, port in proxy.endpoints if proxy else ():
        yield Server(("network", "proxy", key), "proxy", host, port)
    if store is not None and not (proxy and getattr(proxy, store.protocol)):
        yield Server(("objectStore", "endpoint"), "object-store", store.host, store.port)


def find_unreachable_servers(
    network: Network, servers: Iterable[Server], resolve: Resolve | None = None, *, with_dask: bool
) -> Iterator[UnreachableServer]:
    """Yield each server whose address is private and in no entry of ``network.reach``.

    Args:
        network: the section.
        servers: the servers.
        resolve: returns the addresses of a host name. Without it, only servers that are given by address are checked.
        with_dask: whether the stack has Dask.
    """
    scopes: tuple[Scope, ...] = ("notebooks", "dask") if with_dask else ("notebooks",)
    for place, name, host, port in servers:
        own = address_of(host)
        addresses = [own] if own is not None else sorted(resolve(host), key=str) if resolve else []
        for address in addresses:
            blocked = [PODS[each] for each in scopes if not _is_reachable(network, each, address, port)]
            if blocked:
                entry = f"{{name: {name}, cidrs: {address}, ports: {port}}}"
                found = "is" if own else f"resolves to {address},"
                found += " a private address or one of network.clusterCidrs"
                message = f"{found}, which {' and '.join(blocked)} do not reach; add to network.reach: {entry}"
                yield UnreachableServer(place, host, message)


def find_unreachable_in_sections(given: Mapping[str, object]) -> Iterator[tuple[Place, str]]:
    """Yield places and messages for servers that pods do not reach, and for a proxy that would get requests to the hub.

    Args:
        given: the sections of the stack file by attribute before their validation. Those that are invalid by themselves
            are ignored.
    """
    network, dask = _validate(Network, given.get("network")), _validate(Dask, given.get("dask"))
    notebook = _validate(Notebook, given.get("notebook"))
    store = _validate(ObjectStore, given["object_store"]) if "object_store" in given else None
    if network is not None and dask is not None:
        for each in find_unreachable_servers(network, named_servers(network, store), with_dask=dask.enabled):
            first, *inner = each.place
            yield ({"objectStore": "object_store"}.get(str(first), first), *inner), each.message
    if network is not None and notebook is not None:
        refused, message = (_PROXIES, _MISSING_SECTION) if network.proxy is None else ((NO_PROXY,), _REPLACED_LIST)
        for place, environment in notebook.environments():
            if found := [name for name in environment if name.upper() in refused]:
                yield ("notebook", *place), message.format(found[0])


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
