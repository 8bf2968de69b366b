import re
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest

from components.config.domain import derived_domain, dns_label


def test_the_derived_domain_contains_the_address() -> None:
    assert derived_domain(IPv4Address("192.171.139.83")) == "pangeo.192-171-139-83.sslip.io"


def test_another_suffix_replaces_sslip_io() -> None:
    assert derived_domain(IPv4Address("192.171.139.83"), "nip.io") == "pangeo.192-171-139-83.nip.io"


@pytest.mark.parametrize(
    ("address", "label"),
    [
        ("2a01:4f8:c17:b8f::2", "2a01-4f8-c17-b8f--2"),
        ("2001:DB8:0:0:0:0:0:1", "2001-db8--1"),
        ("::1", "0--1"),
        ("2001:db8::", "2001-db8--0"),
        ("1:2:3:4:5:6:7:8", "1-2-3-4-5-6-7-8"),
        ("::3:4:5:6:7:8", "0--3-4-5-6-7-8"),
    ],
)
def test_an_ipv6_label_has_no_dash_at_either_end(address: str, label: str) -> None:
    assert dns_label(IPv6Address(address)) == label


@pytest.mark.parametrize("address", ["192.0.2.1", "::1", "2001:db8::", "::", "fe80::1", "1:2:3:4:5:6:7:8", "0:0:1::"])
def test_a_label_is_valid_and_stands_for_its_address(address: str) -> None:
    label = dns_label(ip_address(address))
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", label)
    separator = "." if "." in address else ":"
    assert ip_address(label.replace("-", separator)) == ip_address(address)
