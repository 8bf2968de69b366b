"""The hub's service for the operator's command ``verify``. Its token is in the Kubernetes Secret."""

from typing import Any

from components.in_hub.api_names import VERIFICATION_SCOPE

SERVICE = "pangeo-verify"
"""Name of the service among the hub's services."""

TOKEN_KEY = f"hub.services.{SERVICE}.apiToken"
"""Key of the service's token in the Kubernetes Secret."""

SERVICES: dict[str, Any] = {SERVICE: {"display": False}}

ROLES: dict[str, Any] = {SERVICE: {"services": [SERVICE], "scopes": [VERIFICATION_SCOPE]}}
"""The service can let the hub create and remove one user of the service's own, and nothing else."""

SCOPES: dict[str, Any] = {VERIFICATION_SCOPE: {"description": "Create and remove the user of a verification"}}
