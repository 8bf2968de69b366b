"""The environment variables of the web proxy, as the programs in the pods read them."""

from collections.abc import Callable
from typing import Any
from urllib import request
from urllib.parse import urlsplit

import pytest
import requests

from components.chart.environment import variable_names
from components.chart.gateway_code import common_variables
from tests.support.rendered_values import values
from tests.support.tenancies import tenancy

PROXY = {"http": "http://proxy.example.org:3128", "https": "http://proxy.example.org:3129"}
NAMES = {"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"}

Environment = dict[str, Any]


def environments(network: dict[str, Any], **changes: Any) -> dict[str, Environment]:
    """Return the environments of the hub, notebooks and Dask's pods."""
    given = values(network=network, **changes)
    return {
        "hub": given["jupyterhub"]["hub"].get("extraEnv", {}),
        "notebooks": given["jupyterhub"]["singleuser"]["extraEnv"],
        "dask": {each["name"]: each["value"] for each in common_variables(tenancy(network=network, **changes))},
    }


def urllib_uses_proxy(url: str, no_proxy: str) -> bool:
    bypass: Callable[[str, dict[str, str]], bool] = vars(request)["proxy_bypass_environment"]
    return not bypass(urlsplit(url).hostname or "", {"no": no_proxy})


def requests_uses_proxy(url: str, no_proxy: str) -> bool:
    return not requests.utils.should_bypass_proxies(url, no_proxy=no_proxy)


every_client = pytest.mark.parametrize("uses_proxy", [urllib_uses_proxy, requests_uses_proxy])


@pytest.mark.parametrize("part", ["hub", "notebooks", "dask"])
def test_every_part_has_the_variables_in_both_cases(part: str) -> None:
    environment = environments({"proxy": PROXY})[part]
    assert environment.keys() >= NAMES
    assert environment["HTTP_PROXY"] == environment["http_proxy"] == PROXY["http"]
    assert environment["HTTPS_PROXY"] == environment["https_proxy"] == PROXY["https"]
    assert environment["NO_PROXY"] == environment["no_proxy"]


@every_client
@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8888/api",
        "http://127.0.0.1:8081/hub/api",
        "http://[::1]:8888/",
        "http://hub:8081/hub/api",
        "http://proxy-api:8001/api/routes",
        "http://proxy-public/hub/",
        "http://traefik-vis-pangeo-dask-gateway/services/dask-gateway",
        "http://api-vis-pangeo-dask-gateway.vis-pangeo:8000/api",
        "https://kubernetes.default.svc/api",
        "http://hub.vis-pangeo.svc.cluster.local:8081/hub/api",
        "https://data.example.org/a",
        "https://x.archive.example.org/a",
    ],
)
def test_hosts_in_the_cluster_are_reached_without_the_proxy(uses_proxy: Callable[[str, str], bool], url: str) -> None:
    found = environments({"proxy": {**PROXY, "noProxy": ["data.example.org", ".archive.example.org"]}})
    assert [part for part, environment in found.items() if uses_proxy(url, environment["NO_PROXY"])] == []


@every_client
@pytest.mark.parametrize(
    "url", ["https://example.org/", "http://github.com/", "https://vis-pangeo.example.org/", "http://192.0.2.1/"]
)
def test_other_hosts_are_reached_through_the_proxy(uses_proxy: Callable[[str, str], bool], url: str) -> None:
    for environment in environments({"proxy": PROXY}).values():
        assert uses_proxy(url, environment["NO_PROXY"])


@pytest.mark.parametrize("address", ["10.42.0.7", "172.20.1.1", "192.168.9.9", "100.64.0.1", "203.0.114.9"])
def test_addresses_in_the_cluster_are_reached_without_the_proxy(address: str) -> None:
    for environment in environments({"proxy": PROXY, "clusterCidrs": ["203.0.114.0/24", "2a05:d014::/64"]}).values():
        assert not requests_uses_proxy(f"http://{address}:8888/", environment["NO_PROXY"])


REACH = [
    {"name": "store", "cidrs": ["10.20.0.6", "fd12:3456::6"], "ports": 9000},
    {"name": "archive", "cidrs": "10.30.0.0/24", "ports": 443},
    {"name": "time", "cidrs": "10.20.0.7", "ports": 123, "protocol": "udp"},
]


@every_client
@pytest.mark.parametrize("url", ["http://10.20.0.6:9000/bucket", "http://[fd12:3456::6]:9000/", "https://10.30.0.9/"])
def test_private_servers_that_are_named_by_address_are_reached_without_the_proxy(
    uses_proxy: Callable[[str, str], bool], url: str
) -> None:
    """One by one, because urllib, and so botocore, knows no networks."""
    store = {"endpoint": "https://10.30.0.9"}
    found = environments({"proxy": PROXY, "reach": REACH}, objectStore=store)
    for part in ("notebooks", "dask"):
        assert not uses_proxy(url, found[part]["NO_PROXY"])


def test_public_object_store_is_reached_through_the_proxy() -> None:
    found = environments({"proxy": PROXY}, objectStore={"endpoint": "http://192.171.139.8:9000"})
    assert "192.171.139.8" not in found["notebooks"]["NO_PROXY"]
    assert found["hub"] == environments({"proxy": PROXY})["hub"]


def test_only_the_hub_has_ipv6_networks() -> None:
    found = environments({"proxy": PROXY, "clusterCidrs": ["2a05:d014::/64"]})
    networks = {
        part: [each for each in environment["NO_PROXY"].split(",") if ":" in each and "/" in each]
        for part, environment in found.items()
    }
    assert networks == {"hub": ["fc00::/7", "2a05:d014::/64"], "notebooks": [], "dask": []}


def test_the_hub_excludes_the_address_of_the_kubernetes_api() -> None:
    found = environments({"proxy": PROXY})
    assert [part for part, each in found.items() if "$(KUBERNETES_SERVICE_HOST)" in each["NO_PROXY"]] == ["hub"]


def test_the_client_of_the_gateway_ignores_the_proxy() -> None:
    name = "DASK_GATEWAY__HTTP_CLIENT__PROXY"
    assert environments({"proxy": {}})["notebooks"][name] == "False"
    assert name not in environments({"proxy": PROXY}, dask={"enabled": False})["notebooks"]


def test_an_empty_section_excludes_hosts_for_a_proxy_with_a_password() -> None:
    secret = {"secret": "proxy-login", "key": "url"}
    given = values(network={"proxy": {}}, notebook={"environment": {"HTTPS_PROXY": secret}})
    notebooks = given["jupyterhub"]["singleuser"]["extraEnv"]
    assert notebooks["HTTPS_PROXY"] == {"valueFrom": {"secretKeyRef": {"name": "proxy-login", "key": "url"}}}
    assert "hub" in notebooks["NO_PROXY"].split(",")
    assert "HTTP_PROXY" not in notebooks


def test_a_variable_of_the_stack_replaces_the_proxys() -> None:
    notebooks = environments({"proxy": PROXY}, notebook={"environment": {"HTTP_PROXY": "http://other:1"}})["notebooks"]
    assert (notebooks["HTTP_PROXY"], notebooks["http_proxy"]) == ("http://other:1", "http://other:1")


def test_the_variables_are_among_those_of_dask() -> None:
    assert set(variable_names(tenancy(network={"proxy": PROXY}))) == NAMES
    assert variable_names(tenancy()) == ()


def test_nothing_is_set_without_a_proxy() -> None:
    found = environments({})
    assert found["hub"] == found["dask"] == {}
    assert not NAMES & found["notebooks"].keys()
    assert "extraEnv" not in values()["jupyterhub"]["hub"]
