"""Environment variables of the web proxy, ``network.proxy``, and the hosts that are reached without it.

Programs read the variables in different ways (sources: their code; https://about.gitlab.com/blog/2021/01/27/we-need-to-talk-no-proxy/):

- Only small letters: libcurl for ``http_proxy``. Only capitals: some programs in Go and R. So both are set.
- Networks (``10.0.0.0/8``) are understood by libcurl 7.86, Go and requests; Python's urllib and aiohttp ignore them,
  and httpx fails with IPv6 ones. So notebooks get names and IPv4 networks. The hub connects to pods by address, with
  libcurl (JupyterHub, ``AsyncHTTPClient.configure``), and so needs IPv6 networks as well.
- A leading dot stands for all hosts of a domain. Kubernetes' names of two parts need the namespace as a domain.
"""

from collections.abc import Iterator
from ipaddress import ip_network

from components.address_ranges import LINK_LOCAL, RFC_1918, SHARED, UNIQUE_LOCAL_V6, is_public
from components.chart.dask_access import gateway_service
from components.config.proxy import PROXY_VARIABLES, address_of
from components.config.tenancy import Tenancy

LOCAL = ("localhost", "127.0.0.1", "::1")
CLUSTER_DOMAINS = (".svc", ".cluster.local")
HUB_SERVICES = ("hub", "proxy-api", "proxy-public")
"""Services of the hub that its pods and notebooks connect to, by the names that they use."""

API_SERVER = "$(KUBERNETES_SERVICE_HOST)"
"""Address of the Kubernetes API in the hub's pod; Kubernetes replaces it when the container starts."""

NO_PROXY_FOR_GATEWAY = {"DASK_GATEWAY__HTTP_CLIENT__PROXY": "False"}
"""Makes Dask's client connect to the gateway without a proxy: it ignores ``NO_PROXY`` (dask-gateway 2026.3.0,
``client.py``, ``proxies_from_env`` of aiohttp). The connections to schedulers are not HTTP and never use a proxy.
"""


def hub_proxy_variables(tenancy: Tenancy) -> dict[str, str]:
    """Return the variables of the hub's pod; empty without ``network.proxy``."""
    networks = (UNIQUE_LOCAL_V6, *(each for each in tenancy.network.blocked_cidrs if ip_network(each).version == 6))
    return _variables(tenancy, (*networks, API_SERVER))


def user_proxy_variables(tenancy: Tenancy) -> dict[str, str]:
    """Return the variables of notebooks, schedulers and workers; empty without ``network.proxy``."""
    return _variables(tenancy, tuple(_private_servers(tenancy)))


def _private_servers(tenancy: Tenancy) -> Iterator[str]:
    """Yield the private servers that the stack file names by address, one by one.

    A proxy seldom reaches a tenancy's private networks, and users expect that the entry in ``network.reach`` opens the
    way that is used. Networks alone exclude nothing for urllib, botocore and s3fs, which compare texts.
    """
    network, store = tenancy.network, tenancy.object_store
    address = address_of(store.host) if store else None
    if address is not None and not is_public(address, network.blocked_cidrs):
        yield str(address)
    listed = [ip_network(cidr) for each in network.reach if each.protocol == "tcp" for cidr in each.cidrs]
    yield from (str(each.network_address) for each in listed if each.num_addresses == 1)


def gateway_client_variables(tenancy: Tenancy) -> dict[str, str]:
    """Return the variables of notebooks that keep requests to the Dask gateway off the proxy."""
    return dict(NO_PROXY_FOR_GATEWAY) if tenancy.network.proxy is not None and tenancy.dask.enabled else {}


def _variables(tenancy: Tenancy, further: tuple[str, ...]) -> dict[str, str]:
    proxy = tenancy.network.proxy
    if proxy is None:
        return {}
    no_proxy = ",".join(dict.fromkeys((*_own_hosts(tenancy), *further, *proxy.no_proxy)))
    texts = dict(zip(PROXY_VARIABLES, (proxy.http, proxy.https, no_proxy), strict=True))
    return {name: text for capitals, text in texts.items() if text is not None for name in (capitals, capitals.lower())}


def _own_hosts(tenancy: Tenancy) -> Iterator[str]:
    yield from LOCAL
    yield from CLUSTER_DOMAINS
    yield f".{tenancy.namespace}"
    yield from HUB_SERVICES
    if tenancy.dask.enabled:
        yield gateway_service(tenancy)
    # 169.254.0.0/16 has clouds' metadata servers; a proxy must not be asked for them.
    yield from (*RFC_1918, SHARED, LINK_LOCAL)
    yield from (each for each in tenancy.network.blocked_cidrs if ip_network(each).version == 4)
