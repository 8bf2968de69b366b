"""The check of a web proxy that is given by name."""

from collections.abc import Collection
from ipaddress import ip_address
from typing import Any

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


STORE = {"endpoint": "http://s3.example.org:9000"}
PUBLIC = {"http": "http://192.171.139.9:3128"}
STORE_ENTRY = {"name": "store", "cidrs": "10.20.0.6", "ports": 9000}


def private_store(host: str) -> Collection[Address]:
    assert host == "s3.example.org"
    return [ip_address("10.20.0.6")]


def test_object_store_with_a_private_address_must_not_use_the_proxy() -> None:
    network: dict[str, Any] = {"proxy": {**PUBLIC, "noProxy": [".data.example.org"]}}
    proxied, closed = reachability_warnings(tenancy(objectStore=STORE, network=network), resolve=private_store)
    assert proxied == (
        "pangeo:objectStore.endpoint: s3.example.org resolves to 10.20.0.6, a private address or one of "
        "network.clusterCidrs, but requests to it use the web proxy; write network.proxy.noProxy: "
        "[.data.example.org, s3.example.org]"
    )
    assert closed.endswith("add to network.reach: {name: object-store, cidrs: 10.20.0.6, ports: 9000}")

    network |= {"reach": [STORE_ENTRY]}
    assert reachability_warnings(tenancy(objectStore=STORE, network=network), resolve=private_store) == [proxied]
    network["proxy"]["noProxy"] = ["s3.example.org"]
    assert reachability_warnings(tenancy(objectStore=STORE, network=network), resolve=private_store) == []


def test_proxy_with_a_password_is_a_proxy_of_the_object_store() -> None:
    network = {"proxy": {}, "reach": [STORE_ENTRY]}
    [warning] = reachability_warnings(tenancy(objectStore=STORE, network=network), resolve=private_store)
    assert warning.endswith("write network.proxy.noProxy: [s3.example.org]")


def test_object_store_that_only_the_tenancys_network_knows_is_a_warning_with_a_proxy() -> None:
    def fail(_host: str) -> Collection[Address]:
        raise NameUnknown

    [warning] = reachability_warnings(tenancy(objectStore=STORE, network={"proxy": PUBLIC}), resolve=fail)
    assert warning == (
        "pangeo:objectStore.endpoint: s3.example.org is not known here, and requests to it use the web proxy; if only "
        "the tenancy's DNS knows it, write network.proxy.noProxy: [s3.example.org]"
    )
    assert reachability_warnings(tenancy(objectStore=STORE), resolve=fail) == []
    excluded = {"proxy": {**PUBLIC, "noProxy": [".example.org"]}}
    assert reachability_warnings(tenancy(objectStore=STORE, network=excluded), resolve=fail) == []


@pytest.mark.parametrize("host", ["minio.storage.svc", "minio.storage.svc.cluster.local", "minio.vis-pangeo"])
def test_object_store_in_the_cluster_never_uses_the_proxy(host: str) -> None:
    def fail(_host: str) -> Collection[Address]:
        raise NameUnknown

    store = {"endpoint": f"http://{host}:9000"}
    assert reachability_warnings(tenancy(objectStore=store, network={"proxy": PUBLIC}), resolve=fail) == []


def test_object_store_with_a_public_address_may_use_the_proxy() -> None:
    public = [ip_address("192.171.139.8")]
    given = tenancy(objectStore=STORE, network={"proxy": PUBLIC})
    assert reachability_warnings(given, resolve=lambda _host: public) == []


def test_private_ipv6_object_store_is_a_warning_with_a_proxy() -> None:
    """botocore looks for ``[fd12::6]`` in ``NO_PROXY``, with which httpx fails."""
    entry = {"name": "store", "cidrs": "fd12::6", "ports": 9000}
    network = {"proxy": PUBLIC, "reach": [entry]}
    store = {"endpoint": "http://[fd12::6]:9000"}
    [warning] = reachability_warnings(tenancy(objectStore=store, network=network))
    assert warning == (
        "pangeo:objectStore.endpoint: fd12::6 is an IPv6 address, for which boto3 and s3fs always use the web proxy; "
        "write the server's name, and network.proxy.noProxy: [<name>]"
    )
    assert reachability_warnings(tenancy(objectStore=store, network={"reach": [entry]})) == []
