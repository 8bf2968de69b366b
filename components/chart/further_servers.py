"""Further servers of users (JupyterHub's named servers), as chart values; without them, the values do not change."""

from typing import Any

from components.config.tenancy import Tenancy


def hub_limit(tenancy: Tenancy) -> dict[str, Any]:
    """Return the values of ``hub``: the number of further servers of each user."""
    number = tenancy.notebook.further_servers
    return {"allowNamedServers": True, "namedServerLimitPerUser": number} if number else {}


def culler_settings(tenancy: Tenancy) -> dict[str, Any]:
    """Return the values of ``cull``: an idle further server does not count any more. Its home is that of its user."""
    return {"removeNamedServers": True} if tenancy.notebook.further_servers else {}
