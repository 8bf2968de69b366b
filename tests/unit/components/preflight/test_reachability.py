"""The check of a web proxy that is given by name."""

from collections.abc import Collection
from ipaddress import ip_address

import pytest

from components.preflight.dns import Address, NameUnknown, ResolverFailed
from components.preflight.reachability import reachability_warnings
from tests.support.tenancies import tenancy

PROXY = {"http": "http://proxy.example.org:3128"}
ENTRY = {"name": "proxy", "cidrs": "10.20.0.5", "ports": 3128}


def private(host: str) -> Collection[Address]:
    assert host == "proxy.example.org"
    return [ip_address("10.20.0.5")]


def test_a_name_with_a_private_address_is_a_warning_with_the_entry_to_write() -> None:
    [warning] = reachability_warnings(tenancy(network={"proxy": PROXY}), resolve=private)
    assert warning == (
        "pangeo:network.proxy.http: proxy.example.org resolves to 10.20.0.5, a private address or one of "
        "network.clusterCidrs, which notebooks and Dask's schedulers and workers do not reach; add to network.reach: "
        "{name: proxy, cidrs: 10.20.0.5, ports: 3128}"
    )
    assert reachability_warnings(tenancy(network={"proxy": PROXY, "reach": [ENTRY]}), resolve=private) == []


def test_a_name_with_a_public_address_is_no_warning() -> None:
    public = [ip_address("192.171.139.9")]
    assert reachability_warnings(tenancy(network={"proxy": PROXY}), resolve=lambda _host: public) == []


@pytest.mark.parametrize("error", [NameUnknown(), ResolverFailed("no answer")])
def test_a_name_that_this_machine_does_not_know_is_no_warning(error: Exception) -> None:
    def fail(_host: str) -> Collection[Address]:
        raise error

    assert reachability_warnings(tenancy(network={"proxy": PROXY}), resolve=fail) == []


def test_no_name_is_resolved_without_a_proxy() -> None:
    assert reachability_warnings(tenancy(), resolve=private) == []


def test_object_store_with_a_private_address_is_a_warning() -> None:
    store = {"endpoint": "https://s3.example.org"}
    [warning] = reachability_warnings(tenancy(objectStore=store), resolve=lambda _host: [ip_address("10.20.0.6")])
    assert warning.startswith("pangeo:objectStore.endpoint: s3.example.org resolves to 10.20.0.6, a private address")
