"""Whether users' pods reach the web proxy, and whether requests inside the cluster are kept off it."""

from typing import Any

import pytest

from components.config.reachability import named_servers
from tests.support.tenancies import problem, problems, tenancy

PROXY = {"http": "http://10.20.0.5:3128"}


def reach(cidrs: str, ports: object, **more: Any) -> dict[str, Any]:
    return {"proxy": PROXY, "reach": [{"name": "web", "cidrs": cidrs, "ports": ports, **more}]}


def test_a_private_proxy_needs_an_entry_in_reach() -> None:
    found = problem(network={"proxy": PROXY})
    assert (found.key, found.value) == ("pangeo:network.proxy.http", "http://10.20.0.5:3128")
    assert found.message == (
        "is a private address or one of network.clusterCidrs, which notebooks and Dask's schedulers and workers do not "
        "reach; add to network.reach: {name: proxy, cidrs: 10.20.0.5, ports: 3128}"
    )


@pytest.mark.parametrize("network", [reach("10.20.0.5", 3128), reach("10.20.0.0/16", "3000-4000")])
def test_an_entry_that_contains_the_proxy_is_sufficient(network: dict[str, Any]) -> None:
    assert problems(network=network) == []


@pytest.mark.parametrize(
    "network",
    [
        reach("10.20.0.6", 3128),
        reach("10.20.0.5", 3129),
        reach("10.20.0.5", 3128, protocol="udp"),
        reach("10.20.0.5", 3128, **{"for": "dask"}),
        {"proxy": {"https": "http://203.0.114.9:3128"}, "clusterCidrs": ["203.0.114.0/24"]},
        {"proxy": {"https": "http://[fd00::5]:3128"}},
    ],
)
def test_another_entry_is_not_sufficient(network: dict[str, Any]) -> None:
    assert "do not reach; add to network.reach" in problem(network=network).message


def test_an_entry_for_notebooks_is_sufficient_without_dask() -> None:
    network = reach("10.20.0.5", 3128, **{"for": "notebooks"})
    assert "which Dask's schedulers and workers do not reach" in problem(network=network).message
    assert problems(network=network, dask={"enabled": False}) == []


@pytest.mark.parametrize("url", ["http://192.171.139.9:3128", "http://proxy.example.org:3128"])
def test_a_public_proxy_and_one_by_name_need_no_entry(url: str) -> None:
    assert problems(network={"proxy": {"http": url}}) == []


def test_it_is_reported_together_with_other_problems() -> None:
    assert len(problems(network={"proxy": PROXY}, notebookCpus=0)) == 2


@pytest.mark.parametrize("name", ["HTTP_PROXY", "https_proxy"])
def test_a_proxy_among_the_variables_needs_the_section(name: str) -> None:
    environment = {"environment": {name: {"secret": "proxy-login", "key": "url"}}}
    found = problem(notebook=environment)
    assert found.key == "pangeo:notebook.environment"
    assert found.message == (
        f"sets {name} without network.proxy, which excludes the hub and Dask's gateway from the proxy; add at least "
        "the empty section: proxy: {} below network"
    )
    assert problems(notebook=environment, network={"proxy": {}}) == []


STORE = {"endpoint": "http://10.20.0.6:9000"}


def test_private_object_store_needs_an_entry_in_reach() -> None:
    found = problem(objectStore=STORE)
    assert found.key == "pangeo:objectStore.endpoint"
    assert found.message.endswith("add to network.reach: {name: object-store, cidrs: 10.20.0.6, ports: 9000}")
    entry = {"name": "object-store", "cidrs": "10.20.0.6", "ports": 9000}
    assert problems(objectStore=STORE, network={"reach": [entry]}) == []


def test_object_store_without_a_port_has_that_of_its_protocol() -> None:
    found = problems(objectStore={"endpoint": "https://10.20.0.6"}) + problems(
        objectStore={"endpoint": "http://10.20.0.6"}
    )
    assert [each.message.rpartition("ports: ")[2] for each in found] == ["443}", "80}"]


PUBLIC = {"http": "http://192.171.139.9:3128"}
STORE_ENTRY = [{"name": "object-store", "cidrs": "10.20.0.0/24", "ports": 9000}]


@pytest.mark.parametrize("proxy", [PUBLIC, {}, {"https": PUBLIC["http"]}])
def test_private_object_store_needs_an_entry_with_a_proxy_too(proxy: dict[str, str]) -> None:
    assert problem(objectStore=STORE, network={"proxy": proxy}).key == "pangeo:objectStore.endpoint"
    assert problems(objectStore=STORE, network={"proxy": proxy, "reach": STORE_ENTRY}) == []


@pytest.mark.parametrize("endpoint", ["http://192.171.139.8:9000", "http://s3.example.org"])
def test_requests_to_a_public_object_store_through_the_proxy_need_no_entry(endpoint: str) -> None:
    assert problems(objectStore={"endpoint": endpoint}, network={"proxy": PUBLIC}) == []


@pytest.mark.parametrize(
    ("endpoint", "proxy", "uses_proxy"),
    [
        ("http://s3.example.org", PUBLIC, True),
        ("https://s3.example.org", PUBLIC, False),
        ("https://s3.example.org", {}, True),
        ("http://s3.example.org", None, False),
        ("http://s3.example.org", {**PUBLIC, "noProxy": ["s3.example.org"]}, False),
        ("http://s3.example.org", {**PUBLIC, "noProxy": ["example.org"]}, False),
        ("http://s3.example.org", {**PUBLIC, "noProxy": [".example.org"]}, False),
        ("http://s3.example.org", {**PUBLIC, "noProxy": [".s3.example.org", "3.example.org"]}, True),
        ("http://192.171.139.8", {**PUBLIC, "noProxy": ["192.171.139.8"]}, False),
    ],
)
def test_requests_to_the_object_store_use_the_proxy_of_their_protocol(
    endpoint: str, proxy: dict[str, Any] | None, uses_proxy: bool
) -> None:
    given = tenancy(objectStore={"endpoint": endpoint}, network={} if proxy is None else {"proxy": proxy})
    (server,) = [each for each in named_servers(given.network, given.object_store) if each.entry == "object-store"]
    assert server.uses_proxy is uses_proxy
