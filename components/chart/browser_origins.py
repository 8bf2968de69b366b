"""The separation of origins in browsers: cookies of the hub, and each user's server under a host name of its own."""

from typing import Any

from components.config.tenancy import Tenancy

TORNADO_SETTINGS = {
    # z2jh's own value, which this setting would otherwise remove: users see the progress page at once.
    "slow_spawn_timeout": 0,
    # TLS ends at the ingress, so JupyterHub takes requests for plain HTTP and omits this attribute by itself.
    "cookie_options": {"secure": True},
}
"""Attributes of all cookies of the hub and of servers: browsers send and accept them only over HTTPS."""


def hub_origins(tenancy: Tenancy) -> dict[str, Any]:
    """Return settings of the class ``JupyterHub``.

    A cookie whose name begins with ``__Host-`` cannot be set by another host, but has the path ``/``: with one host for
    all, users' servers would receive the hub's log-in cookie of their visitors. So both settings are made, or neither.
    With ``subdomain_host``, the chart also starts the proxy with routes that begin with a host name.
    """
    if not tenancy.ingress.user_subdomains:
        return {"tornado_settings": TORNADO_SETTINGS}
    return {
        "tornado_settings": TORNADO_SETTINGS,
        "subdomain_host": f"https://{tenancy.domain}",
        "cookie_host_prefix_enabled": True,
    }
