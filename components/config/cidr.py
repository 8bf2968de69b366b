"""Networks in a stack file, e.g. ``203.0.113.0/24``."""

from ipaddress import IPv4Network, IPv6Network, ip_network

SHORTEST_PREFIX = {4: 8, 6: 20}
"""Length of the shortest prefix of a network in a stack file, by IP version. A shorter one is a mistake."""


def parse_network(value: str, example: str, too_large: str) -> IPv4Network | IPv6Network:
    """Return a network; a single address becomes ``/32`` or ``/128``.

    Args:
        value: the text.
        example: a valid value, for the message.
        too_large: the reason why a network with a prefix below ``SHORTEST_PREFIX`` is refused, and what to write.

    Raises:
        ValueError: it is not a network, has an address within the network, is IPv4-mapped or too large.
    """
    if "%" in value:  # Python accepts fe80::1%eth0, Kubernetes does not
        raise ValueError("has a zone after %; write the network without it")
    try:
        network = ip_network(value)
    except ValueError:
        try:
            likely = ip_network(value, strict=False)
        except ValueError:
            raise ValueError(f"is not a network; write for example {example}") from None
        raise ValueError(f"has an address within the network; write {likely}") from None
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped:
        raise ValueError("is an IPv4-mapped IPv6 network; write the IPv4 network")
    if network.prefixlen < SHORTEST_PREFIX[network.version]:
        raise ValueError(f"is too large: {too_large.format(shortest=SHORTEST_PREFIX[network.version])}")
    return network
