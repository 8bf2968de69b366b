"""The chart values of a tenancy, with recognisable secrets."""

from typing import Any

from components.chart.secrets import HubSecrets
from components.chart.values import chart_values
from tests.support.tenancies import tenancy

SECRETS = HubSecrets(proxy_token="a" * 64, cookie_secret="b" * 64, crypt_key="c" * 64, gateway_token="d" * 64)


def values(**changes: Any) -> dict[str, Any]:
    return chart_values(tenancy(**changes), SECRETS)
