"""The hub's service for ``members remove`` and ``usage``, and the account to compare users with.

The service's token is in the Kubernetes Secret, from which the operator's command reads it.
"""

from dataclasses import dataclass, field
from typing import Any

from components.config.tenancy import Tenancy
from components.in_hub.api_names import END_ACCESS_SCOPE, USAGE_SCOPE

SERVICE = "pangeo-members"
"""Name of the service among the hub's services."""

TOKEN_KEY = f"hub.services.{SERVICE}.apiToken"
"""Key of the service's token in the Kubernetes Secret."""

READ_PASSWORD_KEY = "identity.readPassword"  # noqa: S105 - the name of a key
"""Key of the read-only account's password in the Kubernetes Secret."""

READ_PASSWORD_FOLDER = "/usr/local/etc/pangeo-identity"  # noqa: S105 - a path
"""Folder with that password in the hub's pod. Kubernetes renews the file when the Secret changes."""


@dataclass(frozen=True)
class MembersAccess:
    """Settings of the hub for the end of users' access."""

    services: dict[str, Any]
    roles: dict[str, Any]
    scopes: dict[str, Any]
    authenticator: dict[str, Any]
    pod: dict[str, Any] = field(default_factory=dict)


def members_access(tenancy: Tenancy, secret_name: str) -> MembersAccess:
    """Return the service with its role, and, with ``identity.membershipCheck``, the account and its password's file."""
    check = tenancy.identity.membership_check
    dask = tenancy.dask
    authenticator: dict[str, Any] = {"dask_namespace": tenancy.namespace if dask.enabled else ""}
    if dask.enabled and dask.worker_gpus is not None and dask.worker_gpus.groups:
        authenticator["dask_gpu_groups"] = list(dask.worker_gpus.groups)
    pod: dict[str, Any] = {}
    if check is not None:
        authenticator |= {
            "read_dn": check.bind_dn,
            "read_password_file": f"{READ_PASSWORD_FOLDER}/password",
            "compare_seconds": check.every_minutes * 60,
        }
        volume = "pangeo-identity"
        pod = {
            "extraVolumes": [
                {
                    "name": volume,
                    "secret": {
                        "secretName": secret_name,
                        "items": [{"key": READ_PASSWORD_KEY, "path": "password"}],
                    },
                }
            ],
            "extraVolumeMounts": [{"name": volume, "mountPath": READ_PASSWORD_FOLDER, "readOnly": True}],
        }
    return MembersAccess(
        services={SERVICE: {"display": False}},
        # The service can end access and read the record of usage, and cannot read, start or change anything else.
        roles={SERVICE: {"services": [SERVICE], "scopes": [END_ACCESS_SCOPE, USAGE_SCOPE]}},
        scopes={
            END_ACCESS_SCOPE: {"description": "End the access of users who were removed from the group"},
            USAGE_SCOPE: {"description": "Read the recorded use of the cluster by users"},
        },
        authenticator=authenticator,
        pod=pod,
    )
