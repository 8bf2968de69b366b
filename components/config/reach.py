"""The list ``network.reach``: private networks that users' pods can reach besides the public internet."""

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, WithJsonSchema

from components.address_ranges import (
    METADATA,
    METADATA_V6,
    PRIVATE,
    TRANSLATED_V6,
    UNUSABLE,
    contains,
    overlaps,
)
from components.config.cidr import parse_network
from components.config.problems import format_key
from components.config.section import Place, Section
from components.dns_label import DNS_LABEL

Scope = Literal["notebooks", "dask"]
Protocol = Literal["tcp", "udp"]

MAX_PORT = 65535

_PORTS = re.compile(r"\s*(\d{1,5})\s*(?:-\s*(\d{1,5})\s*)?")


class PortRange(NamedTuple):
    """The ports from the first to the last one."""

    first: int
    last: int

    @classmethod
    def parse(cls, text: str) -> "PortRange":
        """Return the range in ``443`` or ``8080-8090``."""
        first, _, last = text.partition("-")
        return cls(int(first), int(last or first))

    def contains(self, other: "PortRange") -> bool:
        """Return whether all ports of the other range are in this one."""
        return self.first <= other.first and other.last <= self.last

    def overlaps(self, other: "PortRange") -> bool:
        """Return whether the ranges have a port in common."""
        return self.first <= other.last and other.first <= self.last


def _name(value: str) -> str:
    if not re.fullmatch(DNS_LABEL, value):
        raise ValueError(
            "is not a name; write at most 63 lower-case letters, digits and dashes, for example object-store"
        )
    return value


def _cidr(value: str) -> str:
    network = parse_network(
        value,
        "10.20.0.0/16 or fd12:3456::/48",
        "it contains more than one site's addresses; write prefixes of at least /{shortest}, of the servers' networks",
    )
    if any(contains(ip_network(each), network) for each in (*METADATA, *METADATA_V6)):
        raise ValueError("belongs to the clouds' metadata servers, which no pod may reach; remove it")
    for name, ranges in UNUSABLE.items():
        if any(overlaps(ip_network(each), network) for each in ranges):
            raise ValueError(f"contains {name} addresses; write the network of the servers")
    if any(overlaps(ip_network(each), network) for each in TRANSLATED_V6):
        raise ValueError("contains IPv4 addresses in another form; write the IPv4 network")
    return str(network)


def parse_ports(value: object) -> str:
    """Return a port or a range of ports as text.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError('is not a port; write for example 443, or a range in quotes, "8080-8090"')
    text = f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
    match = _PORTS.fullmatch(text)
    if match is None:
        raise ValueError('is not a port; write for example 443, or a range in quotes, "8080-8090"')
    first, last = int(match[1]), int(match[2] or match[1])
    if not (0 < first <= MAX_PORT and 0 < last <= MAX_PORT):
        raise ValueError(f"is not a port; write numbers from 1 to {MAX_PORT}")
    if first > last:
        raise ValueError(f'is a range from the larger port; write "{last}-{first}"')
    return str(first) if first == last else f"{first}-{last}"


def _scope(value: object) -> object:
    if value == "hub":
        raise ValueError("is not needed: the hub reaches every address except metadata servers; remove it")
    return value


def _to_list(value: object) -> object:
    return [value] if isinstance(value, str | int | float) else value


_PORT_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": MAX_PORT},
        {"type": "string", "pattern": "^[0-9]{1,5}(-[0-9]{1,5})?$"},
    ]
}

Cidr = Annotated[str, AfterValidator(_cidr)]
Ports = Annotated[str, BeforeValidator(parse_ports), WithJsonSchema(_PORT_SCHEMA)]


class Reach(Section):
    """Servers in private networks that users' pods can reach."""

    name: Annotated[str, AfterValidator(_name)] = Field(
        description="Name of the entry in messages: lower-case letters, digits and dashes", examples=["object-store"]
    )
    cidrs: Annotated[tuple[Cidr, ...], BeforeValidator(_to_list, json_schema_input_type=str | tuple[Cidr, ...])] = (
        Field(
            min_length=1,
            description="One or several networks or single addresses, IPv4 or IPv6: private ones, or parts of "
            "`network.clusterCidrs`. Metadata servers in them stay blocked",
            examples=[["10.20.0.0/16", "fd12:3456::/48"]],
        )
    )
    ports: Annotated[tuple[Ports, ...], BeforeValidator(_to_list)] = Field(
        min_length=1,
        description='Ports, as numbers or ranges in quotes. `"1-65535"` is all of them',
        examples=[[443, "8080-8090"]],
    )
    protocol: Protocol = Field("tcp", description="Protocol of the ports, `tcp` or `udp`")
    scopes: Annotated[
        tuple[Annotated[Scope, BeforeValidator(_scope)], ...],
        BeforeValidator(_to_list, json_schema_input_type=Scope | tuple[Scope, ...]),
    ] = Field(
        ("notebooks", "dask"),
        alias="for",
        min_length=1,
        description="Pods that can connect: `notebooks`, or `dask` for schedulers and workers. The hub reaches every "
        "address except metadata servers without an entry",
        examples=[["notebooks"]],
    )

    @property
    def port_ranges(self) -> tuple[PortRange, ...]:
        """The ports as numbers."""
        return tuple(PortRange.parse(each) for each in self.ports)


Found = Iterator[tuple[Place, str]]
"""Places below ``reach``, each with a message."""


def find_reach_problems(raw: Sequence[object], cluster_cidrs: Sequence[str]) -> Found:
    """Yield a place and a message for each network that is public, repeated or overlapping, and for repeated names.

    Args:
        raw: the list in the stack file before its validation. Entries that are invalid by themselves are ignored.
        cluster_cidrs: the cluster's own networks, normalised.
    """
    earlier: list[tuple[str, Reach]] = []
    names: dict[str, str] = {}
    for index, each in enumerate(raw):
        if not isinstance(each, Mapping):
            continue
        name, key = each.get("name"), format_key(("network", "reach", index))
        if isinstance(name, str) and (twin := names.setdefault(name.strip(), key)) != key:
            yield (index, "name"), f"is also the name of {twin}; write another name"
        try:
            entry = Reach.model_validate(each)
        except ValidationError:
            continue
        for place, message in _find_in(entry, earlier, cluster_cidrs, each):
            yield (index, *place), message
        earlier.append((key, entry))


def _find_in(
    entry: Reach, earlier: Sequence[tuple[str, Reach]], cluster_cidrs: Sequence[str], raw: Mapping[str, object]
) -> Found:
    ranges = entry.port_ranges
    for position, each in enumerate(ranges):
        if any(each.overlaps(other) for other in ranges[:position]):
            yield ("ports", position), "is repeated in this entry; remove one of the overlapping ports"
    usable = [ip_network(each) for each in (*PRIVATE, *cluster_cidrs)]
    for position, cidr in enumerate(entry.cidrs):
        # A single network may be written without a list.
        place = ("cidrs", position) if not isinstance(raw.get("cidrs"), str) else ("cidrs",)
        network = ip_network(cidr)
        if not any(contains(each, network) for each in usable):
            yield (
                place,
                (
                    "is not in a private network (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7); "
                    "users' pods reach public addresses without an entry, so remove it, or list the network in "
                    "network.clusterCidrs if the cluster has addresses there"
                ),
            )
        before = [("in this entry", other) for other in entry.cidrs[:position]]
        before += [
            (f"of {key} ({each.name}), for the same pods and ports", other)
            for key, each in earlier
            if _have_common_ports(each, entry)
            for other in each.cidrs
        ]
        if found := next(((where, other) for where, other in before if overlaps(ip_network(other), network)), None):
            where, other = found
            yield place, f"overlaps {other} {where}; remove one of them"


def _have_common_ports(one: Reach, other: Reach) -> bool:
    return (
        one.protocol == other.protocol
        and not set(one.scopes).isdisjoint(other.scopes)
        and any(mine.overlaps(theirs) for mine in one.port_ranges for theirs in other.port_ranges)
    )
