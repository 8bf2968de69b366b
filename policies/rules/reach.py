"""Network policies: the pods and addresses that each part of a hub can reach, and the pods that can reach it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from components.address_ranges import Block, blocks_of, blocks_without_metadata, public_blocks, unreachable
from components.chart.network_policies import CHART_RULES, DNS, DNS_SERVERS, dns_pods
from policies.allowed_settings import is_reserved
from policies.kinds import RELEASE, gateway_values, hub_values
from policies.merged import release_values
from policies.rule import Context, Resource, Rule
from policies.tree import as_list, format_value, get

if TYPE_CHECKING:
    from components.config.dns import Dns
    from components.config.reach import PortRange, Reach

    Ports = Sequence[tuple[str, PortRange]]

POLICIES = (("hub",), ("proxy", "chp"), ("singleuser",))
"""The parts of the hub's chart whose network policies the program writes."""

OF_USERS = ("singleuser",)

CLOSED = (*POLICIES, ("proxy", "traefik"))
"""The parts of the hub's chart that have a network policy."""

PUBLIC_PORTS = ("http", "https")
"""Ports of the proxy that the ingress controller connects to."""

DNS_PORT = int(DNS[0]["port"])

CHART_LABELS = ("app", "chart", "component", "heritage", "release")
"""Labels without a domain by which the hub's chart selects pods."""

DEFAULT_LABELS = {"hub.jupyter.org/network-access-hub": "true"}
"""Further labels of users' pods in the chart's defaults: the hub's network policy admits pods with it."""

MAX_SHOWN = 6
"""Number of networks in a message."""


class Permitted(NamedTuple):
    """The destinations that the pods of a policy may reach."""

    blocks: tuple[Block, ...]
    """On every port."""
    dns: "Dns"
    """On the ports of DNS: its pods and, on port 53 only, private addresses."""
    reach: "tuple[Reach, ...]" = ()
    """On the entry's ports."""

    def find_blocks(self, ports: "Ports | None") -> tuple[Block, ...]:
        """Return the networks on all of these ports, each with its protocol; None stands for every port."""
        entries = [each for each in self.reach if ports is not None and _covers(each, ports)]
        servers = DNS_SERVERS if _are_among(ports, (DNS_PORT,)) else ()
        networks = (block for each in entries for block in blocks_of(each.cidrs))
        return (*self.blocks, *networks, *(Block(each) for each in servers))

    def allows_namespaces(self, ports: "Ports | None", selector: object) -> bool:
        """Return whether the rule may have this selector of namespaces: that of the DNS pods, on their ports."""
        pods = dns_pods(self.dns)["namespaceSelector"]
        return _are_among(ports, (DNS_PORT, *self.dns.ports)) and _plain(selector) == pods


def _are_among(ports: "Ports | None", numbers: Sequence[int]) -> bool:
    return ports is not None and all(each.first == each.last and each.first in numbers for _, each in ports)


def _covers(entry: "Reach", ports: "Ports") -> bool:
    return all(
        protocol == entry.protocol.upper() and any(own.contains(range_) for own in entry.port_ranges)
        for protocol, range_ in ports
    )


def _check_network_policies(release: Resource, context: Context) -> Iterator[str]:
    hub = hub_values(release, context)
    for part in CLOSED:
        policy = get(hub, *part, "networkPolicy", default={})
        yield from _check_sources(".".join((*part, "networkPolicy")), policy)
    network = context.tenancy.network
    internet = public_blocks(network.blocked_cidrs)
    of_notebooks, of_dask = (
        Permitted(internet, network.dns, tuple(each for each in network.reach if scope in each.scopes))
        for scope in ("notebooks", "dask")
    )
    all_but_metadata = Permitted(blocks_without_metadata(), network.dns)
    for part in POLICIES:
        policy, path = get(hub, *part, "networkPolicy", default={}), ".".join((*part, "networkPolicy"))
        yield from _check_chart_rules(f"{path}.egressAllowRules", policy, of_users=part == OF_USERS)
        permitted = of_notebooks if part == OF_USERS else all_but_metadata
        yield from _check_egress(f"{path}.egress", get(policy, "egress", default=[]), permitted)
    yield from _check_labels(get(hub, "singleuser", "extraLabels", default={}))
    if gateway_values(release, context) is not None:
        egress = get(release_values(release, context), "dask", "egress", default={})
        for group, permitted in (("users", of_dask), ("gateway", all_but_metadata)):
            yield from _check_egress(f"dask.egress.{group}", get(egress, group, default=[]), permitted)


def _check_labels(labels: Any) -> Iterator[str]:  # noqa: ANN401 - a setting
    """Check that users' pods have only the chart's values of the labels by which network policies select pods."""
    for name in labels:
        domain, slash, _ = name.partition("/")
        is_of_chart = is_reserved(domain) if slash else name in CHART_LABELS
        if is_of_chart and (name not in DEFAULT_LABELS or labels[name] != DEFAULT_LABELS[name]):
            yield f"singleuser.extraLabels.{name} is a label by which network policies and services select pods"


def _check_sources(path: str, policy: Mapping[str, Any]) -> Iterator[str]:
    """Check that a policy is enabled, and that only the chart's own pods and the ingress can connect."""
    if get(policy, "enabled", default=True) is not True:
        yield f"{path}.enabled is {format_value(get(policy, 'enabled'))}"
    if get(policy, "interNamespaceAccessLabels", default="ignore") != "ignore":
        yield f"{path}.interNamespaceAccessLabels is not ignore: other tenancies' pods could connect"
    if get(policy, "ingress", default=[]):
        yield f"{path}.ingress adds rules: other pods could connect than those that the chart allows"
    usual = PUBLIC_PORTS if path.startswith("proxy.") else ()
    ports = [each for each in as_list(get(policy, "allowedIngressPorts", default=[])) if each not in usual]
    if ports:
        yield f"{path}.allowedIngressPorts contains {', '.join(ports)}: every pod and host could connect to it"


def _check_chart_rules(path: str, policy: Mapping[str, Any], *, of_users: bool) -> Iterator[str]:
    """Check that the chart adds no rules of its own, which know only three private ranges and one metadata address."""
    for name in CHART_RULES:
        # The charts' defaults are true, except for these two in notebooks' policy.
        default = not (of_users and name in ("cloudMetadataServer", "privateIPs"))
        if get(policy, "egressAllowRules", name, default=default) is not False:
            yield f"{path}.{name} is not false: the chart would add a rule that includes addresses that are not public"


def check_users_egress(release: Resource, context: Context, permitted: Permitted) -> Iterator[str]:
    """Yield each destination in the egress rules of users' pods that is not permitted."""
    notebooks = get(hub_values(release, context), "singleuser", "networkPolicy", "egress", default=[])
    yield from _check_egress("singleuser.networkPolicy.egress", notebooks, permitted)
    if gateway_values(release, context) is not None:
        dask = get(release_values(release, context), "dask", "egress", "users", default=[])
        yield from _check_egress("dask.egress.users", dask, permitted)


def _check_egress(path: str, rules: Sequence[Any], permitted: Permitted) -> Iterator[str]:
    for index, rule in enumerate(rules):
        peers = get(rule, "to", default=[])
        if not peers:
            yield f"{path}[{index}] has no destination in `to`, so it allows every destination"
        ports = _ports(rule)
        blocks = permitted.find_blocks(ports)
        for peer in peers:
            selector = get(peer, "namespaceSelector")
            if "ipBlock" in peer:
                yield from _check_block(f"{path}[{index}]", get(peer, "ipBlock"), blocks)
            elif "namespaceSelector" in peer and not permitted.allows_namespaces(ports, selector):
                yield f"{path}[{index}] allows connections to pods of other namespaces"
            elif "namespaceSelector" not in peer and "podSelector" not in peer:
                yield f"{path}[{index}] has a destination of an unknown form"


def _check_block(path: str, block: Any, permitted: Sequence[Block]) -> Iterator[str]:  # noqa: ANN401
    wanted = Block(str(get(block, "cidr", default="")), tuple(as_list(get(block, "except"))))
    try:
        left = unreachable(wanted, permitted)
    except ValueError:
        yield f"{path} contains {format_value(wanted.cidr)}, or an exception of it, which is not a network"
        return
    if left:
        more = f" and {len(left) - MAX_SHOWN} more networks" if len(left) > MAX_SHOWN else ""
        yield f"{path} allows connections to {', '.join(str(each) for each in left[:MAX_SHOWN])}{more}"


def _ports(rule: Any) -> "Ports | None":  # noqa: ANN401 - a view of any kind
    """Return a rule's ports with their protocols; None if it allows every port, or one that only a pod knows."""
    from components.config.reach import PortRange

    found = []
    for each in get(rule, "ports", default=[]):
        first, last = get(each, "port"), get(each, "endPort")
        if not isinstance(first, int | float) or not isinstance(last, int | float | None):
            return None
        found.append((str(get(each, "protocol", default="TCP")), PortRange(int(first), int(last or first))))
    return found or None


def _plain(value: Any) -> Any:  # noqa: ANN401 - a view of any kind
    return {key: _plain(value[key]) for key in value} if isinstance(value, Mapping) else value


RULES = (
    Rule(
        "network-policies",
        "Every pod of the hub has a network policy: none allows metadata servers, users' pods reach only the public "
        "internet, the networks in pangeo:network.reach and the pods that the program names, and only those pods reach "
        "a hub's pods",
        "A notebook runs its user's code inside the cluster's network.",
        "Restore the program's network policies; add private networks to pangeo:network.reach. An additional egress "
        "rule must name pods of the namespace or public addresses in `to`; only the cluster's DNS servers may have "
        "private ones.",
        "critical",
        kinds=(RELEASE,),
        check=_check_network_policies,
    ),
)
