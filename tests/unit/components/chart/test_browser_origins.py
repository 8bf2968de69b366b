"""The settings of hub and proxy that separate origins in browsers."""

from typing import Any

from tests.support.rendered_values import values
from tests.support.tenancies import DOMAIN


def parts(**ingress: Any) -> tuple[dict[str, Any], list[str]]:
    """Return the hub's settings and the proxy's flags."""
    chart = values(ingress=ingress)["jupyterhub"]
    return chart["hub"]["config"]["JupyterHub"], chart["proxy"]["chp"].get("extraCommandLineFlags", [])


def test_cookies_are_sent_over_https_only() -> None:
    for ingress in ({}, {"userSubdomains": True}):
        hub, _ = parts(**ingress)
        assert hub["tornado_settings"] == {"slow_spawn_timeout": 0, "cookie_options": {"secure": True}}


def test_users_have_hosts_of_their_own_with_host_bound_cookies() -> None:
    hub, flags = parts(userSubdomains=True)

    assert hub["subdomain_host"] == f"https://{DOMAIN}"
    assert hub["cookie_host_prefix_enabled"] is True
    assert flags == ["--host-routing"]


def test_one_host_for_all_has_no_host_bound_cookies() -> None:
    hub, flags = parts()

    assert not {"subdomain_host", "cookie_host_prefix_enabled"} & hub.keys()
    assert flags == []
