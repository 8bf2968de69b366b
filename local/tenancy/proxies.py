"""Web proxies of this machine's user: requests to the local tenancy do not go through them."""

from collections.abc import Mapping

from local.tenancy.addresses import (
    DIRECTORY_NAME,
    INGRESS_ADDRESS,
    NODE_ADDRESS,
    OBJECT_STORE_NAME,
    POD_NETWORK,
    SERVICE_NETWORK,
)
from local.tenancy.web import DOMAIN

VARIABLES = ("NO_PROXY", "no_proxy")
"""Variables with the hosts that are reached without a proxy; programs read one of the two."""

# Some programs understand no networks, so that the addresses that they use are listed too.
OWN_ADDRESSES = (str(INGRESS_ADDRESS), str(NODE_ADDRESS), POD_NETWORK, SERVICE_NETWORK)
OWN_HOSTS = ("localhost", *OWN_ADDRESSES, DOMAIN, DIRECTORY_NAME, OBJECT_STORE_NAME)


def exempt_tenancy(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that also exempt the local tenancy from the proxies, besides the user's own exemptions."""
    found = {}
    for name in VARIABLES:
        own = [host.strip() for host in environment.get(name, "").split(",") if host.strip()]
        found[name] = ",".join([*own, *(host for host in OWN_HOSTS if host not in own)])
    return found
