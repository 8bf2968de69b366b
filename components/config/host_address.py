"""IP addresses of hosts in a stack file, e.g. of the ingress, a web proxy or a file server."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from components.address_ranges import METADATA, METADATA_V6, contains

_NO_HOST = ip_network("0.0.0.0/8"), ip_network("240.0.0.0/4")
"""Addresses that no host can have (RFC 1122, section 3.2.1.3; RFC 1112, section 4), including the broadcast address."""


def parse_host_address(text: str, host: str) -> IPv4Address | IPv6Address | None:
    """Return the address of a host, or None if the text is not an address.

    Args:
        text: an address; one of IPv6 may be in brackets.
        host: whose address it is, for the message, e.g. "the ingress".

    Raises:
        ValueError: it is an address with a zone, an IPv4-mapped or link-local address, or one that no host can have.
    """
    try:
        address = ip_address(text[1:-1] if text.startswith("[") and text.endswith("]") else text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id:
            raise ValueError("is a link-local address with a zone; write the address without %zone")
        if address.ipv4_mapped:
            raise ValueError(f"is an IPv4-mapped IPv6 address; write {address.ipv4_mapped}")
    if address.is_link_local:
        raise ValueError(f"is a link-local address; write the address of {host}")
    if address.is_unspecified or address.is_multicast or any(address in network for network in _NO_HOST):
        raise ValueError(f"is not the address of a host; write the address of {host}")
    return address


def parse_server_address(text: str, server: str) -> IPv4Address | IPv6Address | None:
    """Return the address of a server to which pods connect, or None if the text is not an address.

    Raises:
        ValueError: it is not the address of a host, a loopback address, or that of a cloud's metadata server.
    """
    address = parse_host_address(text, server)
    if address is None:
        return None
    if any(contains(ip_network(each), ip_network(address)) for each in (*METADATA, *METADATA_V6)):
        raise ValueError(f"is a metadata server of a cloud, which no pod may reach; write the address of {server}")
    if address.is_loopback:
        raise ValueError(f"is a loopback address, which no other host can reach; write the address of {server}")
    return address
