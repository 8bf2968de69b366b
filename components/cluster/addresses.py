"""The addresses that a cluster has: those of its nodes, of pods, and of its API server."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from components.cluster.errors import CannotAsk
from components.cluster.pages import NODES, read_pages

if TYPE_CHECKING:
    from components.cluster.client import Api

PODS = "/api/v1/namespaces/kube-system/pods?limit=200"
"""Some pods of every cluster. Their addresses also show pod networks that nodes do not report."""

API_SERVERS = (
    "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name=kubernetes"
)


class ClusterAddress(NamedTuple):
    """A network, or a single address, with its owner as text, e.g. ``node one``."""

    owner: str
    network: str
    ports: tuple[int, ...] = ()
    """The TCP ports of the API server; none for other owners."""


class ClusterAddresses(NamedTuple):
    """The addresses that were read, and the reasons why others were not."""

    found: tuple[ClusterAddress, ...]
    problems: tuple[str, ...] = ()


def read_addresses(api: "Api") -> ClusterAddresses:
    """Read the addresses. A list that cannot be read, for example for lack of permission, becomes a problem."""
    found: list[ClusterAddress] = []
    problems = []
    for path, addresses in ((NODES, _of_node), (PODS, _of_pod), (API_SERVERS, _of_endpoints)):
        try:
            found += (each for item in read_pages(api, path) for each in addresses(item))
        except CannotAsk as error:
            problems.append(str(error))
    return ClusterAddresses(tuple(dict.fromkeys(found)), tuple(problems))


_Read = Callable[[Mapping[str, Any]], Iterator[ClusterAddress]]


def _of_node(node: Mapping[str, Any]) -> Iterator[ClusterAddress]:
    name = node["metadata"]["name"]
    for address in (node.get("status") or {}).get("addresses") or ():
        if address.get("type") in ("InternalIP", "ExternalIP"):
            yield ClusterAddress(f"node {name}", address["address"])
    spec = node.get("spec") or {}
    for network in spec.get("podCIDRs") or ([spec["podCIDR"]] if spec.get("podCIDR") else []):
        yield ClusterAddress(f"pods of node {name}", network)


def _of_pod(pod: Mapping[str, Any]) -> Iterator[ClusterAddress]:
    for address in (pod.get("status") or {}).get("podIPs") or ():
        yield ClusterAddress(f"pod {pod['metadata']['namespace']}/{pod['metadata']['name']}", address["ip"])


def _of_endpoints(endpoints: Mapping[str, Any]) -> Iterator[ClusterAddress]:
    numbers = (port.get("port") for port in endpoints.get("ports") or ())
    ports = tuple(number for number in numbers if isinstance(number, int))
    for endpoint in endpoints.get("endpoints") or ():
        for address in endpoint.get("addresses") or ():
            yield ClusterAddress("API server", address, ports)
