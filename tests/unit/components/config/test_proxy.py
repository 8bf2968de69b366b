"""The section ``network.proxy``: URLs and excluded hosts in any spelling, and mistakes with their correction."""

import pytest

from components.config.proxy import Proxy
from tests.support.tenancies import problem, problems, tenancy

SECRET = "hunter2/with@signs"


def proxy(**settings: object) -> Proxy:
    return Proxy.model_validate(settings)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("http://proxy.example.org:3128", "http://proxy.example.org:3128"),
        (" HTTP://Proxy.Example.org.:03128/ ".replace("HTTP", "http"), "http://proxy.example.org:3128"),
        ("https://10.20.0.5:443", "https://10.20.0.5:443"),
        ("http://[FD00::5]:8080", "http://[fd00::5]:8080"),
    ],
)
def test_urls_are_normalised(given: str, url: str) -> None:
    assert (proxy(http=given).http, proxy(https=given).https) == (url, url)


def test_an_empty_section_is_a_section() -> None:
    assert tenancy().network.proxy is None
    assert tenancy(network={"proxy": {}}).network.proxy == Proxy()
    assert proxy(http=" ") == Proxy()


def test_endpoints_have_host_and_port() -> None:
    given = proxy(http="http://[fd00::5]:8080", https="http://proxy.example.org:3128")
    assert given.endpoints == (("http", "fd00::5", 8080), ("https", "proxy.example.org", 3128))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("proxy.example.org:3128", "is not the URL of a proxy"),
        ("http://proxy.example.org", "has no port"),
        ("http://proxy.example.org:99999", "has no valid port"),
        ("http://proxy.example.org:3128/proxy.pac", "is not the URL of a proxy"),
        ("socks5://proxy.example.org:1080", "has the protocol socks5"),
        ("http://proxy:3128", "has a host that has no dot"),
        (
            "http://127.0.0.1:3128",
            "is a loopback address, which no other host can reach; write the address of the proxy",
        ),
        ("http://[::1]:3128", "is a loopback address"),
        ("http://169.254.169.254:80", "is a link-local address"),
        *(
            (f"http://{host}:80", "is a metadata server of a cloud, which no pod may reach")
            for host in ("168.63.129.16", "100.100.100.200", "[fd00:ec2::254]", "[fd00:a9fe:a9fe::1]")
        ),
        (3128, "is not a URL; write for example http://proxy.example.org:3128"),
    ],
)
def test_mistakes_in_urls_are_reported(url: object, message: str) -> None:
    found = problem(network={"proxy": {"https": url}})
    assert found.key == "pangeo:network.proxy.https"
    assert message in found.message


@pytest.mark.parametrize(
    "url",
    [
        f"http://user:{SECRET}@proxy.example.org:3128",
        f"user:{SECRET}@proxy.example.org:3128",
        f"http://{SECRET}@proxy.example.org:3128",
    ],
)
def test_a_url_with_a_password_is_refused_and_not_shown(url: str) -> None:
    found = problem(network={"proxy": {"http": url}})
    assert (found.key, found.value) == ("pangeo:network.proxy.http", "[hidden]")
    assert "write HTTP_PROXY and HTTPS_PROXY as {secret: <name>, key: <key>} in pangeo:notebook.environment" in (
        found.message
    )
    assert "hunter2" not in str(found)


def test_excluded_hosts_are_normalised() -> None:
    given = [" Data.Example.org ", ".example.com", "192.0.2.9", "192.0.2.0/24", "2001:DB8::9", "cache"]
    assert proxy(noProxy=given).no_proxy == (
        *("data.example.org", ".example.com", "192.0.2.9", "192.0.2.0/24", "2001:db8::9", "cache"),
    )


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("*.example.org", "is a pattern, which not all programs know; write .example.org"),
        ("*", "is not a host name"),
        ("http://data.example.org", "is not a host; write a host name without protocol and port"),
        ("data.example.org:8080", "is not a host; write a host name without protocol and port"),
        ("2001:db8::/32", "is an IPv6 network, with which programs with httpx fail"),
        ("0.0.0.0/0", "excludes every address"),
        ("192.0.2.9/24", "is not a host"),
        ("300.1.1.1", "is not a host name"),
        ("a b", "is not a host name"),
        ("a,b", "is not a host name"),
        ("$(HOME)", "is not a host name"),
        (5, "is not a string"),
    ],
)
def test_mistakes_in_excluded_hosts_are_reported(host: object, message: str) -> None:
    found = problem(network={"proxy": {"noProxy": ["data.example.org", host]}})
    assert found.key == "pangeo:network.proxy.noProxy[1]"
    assert message in found.message


def test_all_problems_are_reported_at_once() -> None:
    assert len(problems(network={"proxy": {"http": "x", "https": "y", "noProxy": ["*", "/"]}})) == 4


@pytest.mark.parametrize("group", ["ocean", "Ocean", " OCEAN "])
def test_proxy_of_a_group_in_any_spelling_needs_the_section(group: str) -> None:
    environment = {"HTTP_PROXY": "http://proxy.example.org:3128"}
    assert problem(notebook__groupEnvironment={group: environment}).key == "pangeo:notebook.groupEnvironment.ocean"


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_list_of_excluded_hosts_is_not_replaced(name: str) -> None:
    found = problem(network__proxy={}, notebook__environment={name: "data.example.org"})
    assert found.key == "pangeo:notebook.environment"
    assert found.message.endswith("write the hosts into network.proxy.noProxy")


def test_proxy_for_all_protocols_needs_the_section_too() -> None:
    found = problem(notebook__environment={"ALL_PROXY": "http://proxy.example.org:3128"})
    assert found.message.startswith("sets ALL_PROXY without network.proxy")
