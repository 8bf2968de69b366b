"""Programs on this machine reach the local tenancy without the user's web proxy."""

import pytest
import requests

from local.tenancy.addresses import DIRECTORY_NAME, NODE_ADDRESS, OBJECT_STORE_NAME
from local.tenancy.proxies import exempt_tenancy
from local.tenancy.web import DOMAIN


def test_tenancy_is_exempt_besides_the_users_own_hosts() -> None:
    found = exempt_tenancy({"NO_PROXY": "example.org, .internal"})

    assert found["NO_PROXY"].startswith("example.org,.internal,localhost,")
    assert {str(NODE_ADDRESS), DOMAIN, DIRECTORY_NAME, OBJECT_STORE_NAME} <= set(found["no_proxy"].split(","))
    assert exempt_tenancy(found) == found, "a shell in the shell"


def test_proxy_is_used_for_other_hosts_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in exempt_tenancy({}).items():
        monkeypatch.setenv(name, value)

    hosts = (DOMAIN, DIRECTORY_NAME, str(NODE_ADDRESS), "10.96.0.1", "localhost", "example.org", "10.97.0.1")
    bypassed = [host for host in hosts if requests.utils.should_bypass_proxies(f"https://{host}:6443/", None)]
    assert bypassed == [*hosts[:-2]]
