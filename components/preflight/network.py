"""Pre-flight checks of the section ``network`` in the cluster: the kind of Cilium's policies, and its own servers."""

from collections.abc import Iterator

from components.cluster.addresses import ClusterAddresses
from components.cluster.client import ReadWriteApi
from components.cluster.crds import PATH as CRDS
from components.cluster.objects import ObjectPath, find_object
from components.config.network import Network
from components.config.problems import InvalidTenancy, Problem, format_key
from components.preflight.addresses import find_closed_servers

CILIUM_POLICIES = ObjectPath("CustomResourceDefinition", CRDS, "ciliumnetworkpolicies.cilium.io")


def check_api_server(api: ReadWriteApi, network: Network, addresses: ClusterAddresses, *, source: str) -> Iterator[str]:
    """Check that the cluster has the kind of ``network.apiServer``; yield a warning if it may need the key.

    Raises:
        CannotAsk: the cluster gives no answer, or the account may not read CRDs.
        InvalidTenancy: the cluster does not have Cilium's network policies.
    """
    is_set = network.api_server == "cilium"
    if not is_set and not _runs_on_nodes(addresses):
        return
    has_policies = find_object(api, CILIUM_POLICIES) is not None
    if is_set and not has_policies:
        message = f"needs {CILIUM_POLICIES.name}, which the cluster does not have; remove the key, or install Cilium"
        raise InvalidTenancy(source, [Problem(format_key(("network", "apiServer")), network.api_server, message)])
    if has_policies and not is_set:
        yield (
            "the cluster has Cilium, and its API server runs on nodes: unless Cilium's policyCIDRMatchMode includes "
            "nodes, the hub does not reach it. If servers do not start, set pangeo:network.apiServer: cilium"
        )


def refuse_closed_servers(addresses: ClusterAddresses, network: Network, *, source: str) -> None:
    """Refuse entries of ``network.reach`` that open the kubelet or the API server to users' pods.

    Raises:
        InvalidTenancy: there are such entries.
    """
    opened: dict[int, str] = {}
    for index, server in find_closed_servers(addresses, network.reach):
        opened.setdefault(index, server)
    problems = [
        Problem(
            format_key(("network", "reach", index)),
            network.reach[index].name,
            f"opens {server} to users' pods; write networks without the cluster's own servers, or other ports",
        )
        for index, server in opened.items()
    ]
    if problems:
        raise InvalidTenancy(source, problems)


def _runs_on_nodes(addresses: ClusterAddresses) -> bool:
    nodes = {each.network for each in addresses.found if each.owner.startswith("node ")}
    return any(each.network in nodes for each in addresses.found if each.owner == "API server")
