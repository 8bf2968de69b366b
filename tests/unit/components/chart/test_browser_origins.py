"""The settings of the hub that separate origins in browsers."""

from typing import Any

from tests.support.rendered_values import values
from tests.support.tenancies import DOMAIN


def hub_settings(**ingress: Any) -> dict[str, Any]:
    settings: dict[str, Any] = values(ingress=ingress)["jupyterhub"]["hub"]["config"]["JupyterHub"]
    return settings


def test_cookies_are_sent_over_https_only() -> None:
    for ingress in ({}, {"userSubdomains": True}):
        hub = hub_settings(**ingress)
        assert hub["tornado_settings"] == {"slow_spawn_timeout": 0, "cookie_options": {"secure": True}}


def test_users_have_hosts_of_their_own_with_host_bound_cookies() -> None:
    hub = hub_settings(userSubdomains=True)

    assert hub["subdomain_host"] == f"https://{DOMAIN}"
    assert hub["cookie_host_prefix_enabled"] is True


def test_one_host_for_all_has_no_host_bound_cookies() -> None:
    hub = hub_settings()

    assert not {"subdomain_host", "cookie_host_prefix_enabled"} & hub.keys()
