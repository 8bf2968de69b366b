"""The host name the hub answers at when the operator gives none."""

from ipaddress import IPv4Address, IPv6Address


def dashed(address: IPv4Address | IPv6Address) -> str:
    """The address as one DNS label, in the form sslip.io reads back.

    Dashes stand for the dots of IPv4 and the colons of IPv6 (https://sslip.io). sslip.io also answers for ``--1``,
    but a label may neither begin nor end with a dash (RFC 1123), and Kubernetes and certificate authorities refuse
    such a name; a zero written out beside the ``::`` is the same address in a valid label: ``::1`` becomes ``0--1``.
    """
    if isinstance(address, IPv4Address):
        return str(address).replace(".", "-")
    groups = address.compressed
    if groups.startswith("::"):
        groups = f"0{groups}"
    if groups.endswith("::"):
        groups = f"{groups}0"
    return groups.replace(":", "-")


def derived_domain(external_ip: IPv4Address | IPv6Address, suffix: str = "sslip.io") -> str:
    """The hub's host name when the operator gives none.

    ``192.171.139.83`` becomes ``pangeo.192-171-139-83.sslip.io``, which sslip.io resolves back to the address.
    """
    return f"pangeo.{dashed(external_ip)}.{suffix}"
