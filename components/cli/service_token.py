"""The token of one of the hub's services for the operator's commands, read from the tenancy's Kubernetes Secret."""

import base64
import binascii

from components.chart.secrets import SECRET_NAME
from components.cluster.client import Api


def read_service_token(api: Api, namespace: str, key: str) -> str | None:
    """Return the token under a key of the Secret; None if there is none.

    Raises:
        CannotAsk: the cluster gives no answer.
    """
    data = api.get(f"/api/v1/namespaces/{namespace}/secrets/{SECRET_NAME}").get("data") or {}
    try:
        token = base64.b64decode(data.get(key) or "", validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return token if token.isalnum() else None
