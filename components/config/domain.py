"""The host name of the hub if the operator gives none."""

from ipaddress import IPv4Address, IPv6Address


def dns_label(address: IPv4Address | IPv6Address) -> str:
    """Return an address as one DNS label, in the form that sslip.io resolves back to the address.

    Dashes replace the dots of IPv4 and the colons of IPv6 (https://sslip.io). A label may neither begin nor end with a
    dash (RFC 1123): although sslip.io resolves ``--1``, Kubernetes and certificate authorities refuse it. A zero beside
    the ``::`` makes a valid label of the same address: ``::1`` becomes ``0--1``.
    """
    if isinstance(address, IPv4Address):
        return str(address).replace(".", "-")
    text = address.compressed
    if text.startswith("::"):
        text = f"0{text}"
    if text.endswith("::"):
        text = f"{text}0"
    return text.replace(":", "-")


def derived_domain(external_ip: IPv4Address | IPv6Address, suffix: str = "sslip.io") -> str:
    """Return the default host name of the hub.

    ``192.171.139.83`` becomes ``pangeo.192-171-139-83.sslip.io``, which sslip.io resolves back to the address.
    """
    return f"pangeo.{dns_label(external_ip)}.{suffix}"
