"""Private networks that users' pods can reach: only those that the organisation approves."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from typing import TYPE_CHECKING

from components.address_ranges import Block, public_blocks, unreachable
from policies.kinds import RELEASE
from policies.rule import STRINGS, Context, InvalidConfiguration, Resource, Rule, Setting
from policies.rules.reach import Permitted, check_users_egress

if TYPE_CHECKING:
    from components.config.reach import PortRange, Reach

EVERY_NETWORK = ["0.0.0.0/0", "::/0"]
EVERY_PORT = ["1-65535"]

DNS_NAMESPACES = ["kube-system", "openshift-dns"]
DNS_PORTS = ["5353", "8053"]
"""Namespaces and ports of DNS pods. Users' pods reach every pod in the namespace at the ports."""


def _check_reach(resources: Sequence[Resource], context: Context) -> Iterator[str]:
    networks, ports = _approved_networks(context), _approved_ports(context, "ports")
    for release in (each for each in resources if RELEASE.includes(each)):
        yield from _check_rendered(release, context)
    for entry in context.tenancy.network.reach:
        yield from _check_entry(entry, networks, ports)
    yield from _check_dns(context)


def _check_rendered(release: Resource, context: Context) -> Iterator[str]:
    """Check the network policies of users' pods in the values, which another program can write in another way."""
    from components.config.reach import Reach, parse_ports

    network = context.tenancy.network
    cidrs = tuple(map(str, context.settings["networks"]))
    ports = tuple(parse_ports(each) for each in context.settings["ports"])
    if cidrs == tuple(EVERY_NETWORK) and ports == tuple(EVERY_PORT):
        return  # the rule network-policies compares the values with the stack file, which is then the only limit
    approved = tuple(
        Reach.model_construct(name="approved", cidrs=cidrs, ports=ports, protocol=protocol)
        for protocol in ("tcp", "udp")
    )
    # The stack file's entries are checked by themselves.
    permitted = Permitted(public_blocks(network.blocked_cidrs), network.dns, (*approved, *network.reach))
    for message in check_users_egress(release, context, permitted):
        yield f"{message}, which the settings of this rule do not contain"


def _check_dns(context: Context) -> Iterator[str]:
    dns, namespaces = context.tenancy.network.dns, context.settings["dnsNamespaces"]
    if dns.namespace not in namespaces:
        approved = ", ".join(namespaces) or "none"
        yield f"pangeo:network.dns.namespace is {dns.namespace}, which is not approved ({approved})"
    ports = _approved_ports(context, "dnsPorts")
    for port in dns.further_ports:
        if not any(first <= port <= last for first, last in ports):
            approved = ", ".join(map(str, context.settings["dnsPorts"])) or "none"
            yield f"pangeo:network.dns.ports contains {port}, which is not approved ({approved})"


def _check_entry(entry: "Reach", networks: Sequence[Block], ports: "Sequence[PortRange]") -> Iterator[str]:
    key = f"pangeo:network.reach: the entry {entry.name} allows"
    for cidr in entry.cidrs:
        if unreachable(Block(cidr), networks):
            approved = ", ".join(each.cidr for each in networks) or "none"
            yield f"{key} {cidr}, which is not in an approved network ({approved})"
    for text, found in zip(entry.ports, entry.port_ranges, strict=True):
        if not any(each.contains(found) for each in ports):
            approved = ", ".join(f"{first}-{last}" if first != last else str(first) for first, last in ports) or "none"
            yield f"{key} port {text}, which is not an approved port ({approved})"


def _approved_networks(context: Context) -> list[Block]:
    networks = [str(each) for each in context.settings["networks"]]
    for each in networks:
        try:
            ip_network(each)
        except ValueError:
            raise InvalidConfiguration(f"the setting networks contains {each!r}, which is not a network") from None
    return [Block(each) for each in networks]


def _approved_ports(context: Context, setting: str) -> "list[PortRange]":
    from components.config.reach import PortRange, parse_ports  # they import pydantic, which loads meanwhile

    try:
        return [PortRange.parse(parse_ports(each)) for each in context.settings[setting]]
    except ValueError as error:
        raise InvalidConfiguration(f"the setting {setting} contains a value that {error}") from None


RULES = (
    Rule(
        "approved-networks",
        "Users' pods reach only private networks and ports that the organisation approves",
        "Code in a notebook can try every service in a private network, also those that trust their neighbours.",
        "Change or remove the entry in pangeo:network.reach, or add its network and ports to this rule's settings.",
        "high",
        settings=(
            Setting(
                "networks",
                "Networks that entries in network.reach may contain, or parts of them; none if empty",
                STRINGS,
                EVERY_NETWORK,
            ),
            Setting(
                "ports",
                "Ports that entries in network.reach may contain, as text: 443 or 8080-8090",
                STRINGS,
                EVERY_PORT,
            ),
            Setting("dnsNamespaces", "Namespaces that network.dns may name", STRINGS, DNS_NAMESPACES),
            Setting("dnsPorts", "Ports besides 53 that network.dns may contain, as text", STRINGS, DNS_PORTS),
        ),
        check_stack=_check_reach,
    ),
)
