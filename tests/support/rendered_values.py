"""The chart values of a tenancy, with recognisable secrets."""

import copy
from typing import Any

from components.chart import dask_access, members_access, verification_access
from components.chart.secrets import HubSecrets
from components.chart.values import Values, chart_values
from components.config.tenancy import Tenancy
from tests.support.tenancies import tenancy

SECRETS = HubSecrets(
    proxy_token="a" * 64,
    cookie_secret="b" * 64,
    crypt_key="c" * 64,
    gateway_token="d" * 64,
    members_token="f" * 64,
    verification_token="9" * 64,
)


def values(**changes: Any) -> Values:
    return chart_values(tenancy(**changes))


def values_with_secrets(tenancy: Tenancy, secrets: HubSecrets[str] = SECRETS) -> Values:
    """Return a tenancy's values with secrets, for a hub that has no Secret in a cluster to read them from."""
    return add_secrets(chart_values(tenancy), secrets)


def add_secrets(values: Values, secrets: HubSecrets[str] = SECRETS) -> Values:
    """Return values in which the chart finds the secrets, so that it does not read them from the cluster."""
    given = copy.deepcopy(values)
    hub = given["jupyterhub"]["hub"]
    hub["cookieSecret"] = secrets.cookie_secret
    hub["config"]["CryptKeeper"] = {"keys": [secrets.crypt_key]}
    given["jupyterhub"]["proxy"]["secretToken"] = secrets.proxy_token
    tokens = {
        members_access.SERVICE: secrets.members_token,
        verification_access.SERVICE: secrets.verification_token,
        dask_access.SERVICE: secrets.gateway_token,
    }
    for name, service in hub["services"].items():
        service["apiToken"] = tokens[name]
    return given
