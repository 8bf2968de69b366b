"""Whether users' pods reach the servers that the stack file names: the web proxy and the object store. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from components.address_ranges import Block, blocks_of, is_public, unreachable
from components.config.dask import Dask
from components.config.network import Network
from components.config.notebook import Notebook
from components.config.object_store import ObjectStore
from components.config.proxy import NO_PROXY, PROXY_VARIABLES, address_of, is_excluded
from components.config.reach import Scope
from components.config.schema import Location
from components.config.section import Place, Section

Address = IPv4Address | IPv6Address
Resolve = Callable[[str], Collection[Address]]
Model = TypeVar("Model", bound=Section)

_PRIVATE = "a private address or one of network.clusterCidrs"

PODS: Mapping[Scope, str] = {"notebooks": "notebooks", "dask": "Dask's schedulers and workers"}


_MISSING_SECTION = (
    "sets {} without network.proxy, which excludes the hub and Dask's gateway from the proxy; add at least the empty "
    "section: proxy: {{}} below network"
)

_REPLACED_LIST = (
    "sets {}, which would replace the hub's and the Dask gateway's addresses in it; write the hosts into "
    "network.proxy.noProxy"
)

_PROXIES = (*(each for each in PROXY_VARIABLES if each != NO_PROXY), "ALL_PROXY")


class Server(NamedTuple):
    """A server that users' pods connect to."""

    place: Location
    """The key that names it."""
    entry: str
    """A name for its entry in ``network.reach``."""
    host: str
    port: int
    uses_proxy: bool = False
    """Whether requests to its name use the web proxy. Those to a private address never do."""


class UnreachableServer(NamedTuple):
    """A server with a private address that users' pods do not reach, or by the proxy only."""

    place: Location
    host: str
    message: str
    """The reason and the fix, as the end of a sentence that begins with the host."""


def named_servers(network: Network, store: ObjectStore | None, no_proxy: Sequence[str] = ()) -> Iterator[Server]:
    """Yield the web proxy, and the object store.

    Args:
        network: the section.
        store: the section ``objectStore``.
        no_proxy: the hosts that users' pods reach without the proxy, besides those of the section.
    """
    proxy = network.proxy
    for key, host, port in proxy.endpoints if proxy else ():
        yield Server(("network", "proxy", key), "proxy", host, port)
    if store is not None:
        # The URLs of a proxy with a password are in variables of notebooks.
        has_proxy = proxy is not None and bool(getattr(proxy, store.protocol) or not proxy.endpoints)
        excluded = is_excluded(store.host, (*no_proxy, *(proxy.no_proxy if proxy else ())))
        place = ("objectStore", "endpoint")
        yield Server(place, "object-store", store.host, store.port, uses_proxy=has_proxy and not excluded)


def find_unreachable_servers(
    network: Network, servers: Iterable[Server], resolve: Resolve | None = None, *, with_dask: bool
) -> Iterator[UnreachableServer]:
    """Yield each server whose address is private, and in no entry of ``network.reach`` or not excluded from the proxy.

    Args:
        network: the section.
        servers: the servers.
        resolve: returns the addresses of a host name. Without it, only servers that are given by address are checked.
        with_dask: whether the stack has Dask.
    """
    scopes: tuple[Scope, ...] = ("notebooks", "dask") if with_dask else ("notebooks",)
    for server in servers:
        own = address_of(server.host)
        addresses = [own] if own is not None else sorted(resolve(server.host), key=str) if resolve else []
        private = [each for each in addresses if not is_public(each, network.blocked_cidrs)]
        if private and server.uses_proxy and own is None:
            line = exclusion(network, server.host)
            message = f"resolves to {private[0]}, {_PRIVATE}, but requests to it use the web proxy; write {line}"
            yield UnreachableServer(server.place, server.host, message)
        for address in private:
            blocked = [PODS[each] for each in scopes if not _is_listed(network, each, address, server.port)]
            if blocked:
                entry = f"{{name: {server.entry}, cidrs: {address}, ports: {server.port}}}"
                found = f"is {_PRIVATE}" if own else f"resolves to {address}, {_PRIVATE}"
                message = f"{found}, which {' and '.join(blocked)} do not reach; add to network.reach: {entry}"
                yield UnreachableServer(server.place, server.host, message)


def exclusion(network: Network, host: str) -> str:
    """Return the line that excludes a further host from the proxy."""
    listed = network.proxy.no_proxy if network.proxy else ()
    return f"network.proxy.noProxy: [{', '.join((*listed, host))}]"


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


def _is_listed(network: Network, scope: Scope, address: Address, port: int) -> bool:
    listed = [
        block
        for entry in network.reach
        if scope in entry.scopes
        and entry.protocol == "tcp"
        and any(each.first <= port <= each.last for each in entry.port_ranges)
        for block in blocks_of(entry.cidrs)
    ]
    return not unreachable(Block(f"{address}/{address.max_prefixlen}"), listed)
