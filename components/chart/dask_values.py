"""The values of the chart ``dask-gateway`` 2026.3.0, and those of ``chart/`` that concern Dask."""

from typing import Any

from components.chart.dask_access import PREFIX, SERVICE, gateway_name
from components.chart.dask_limits import gateway_configuration, total
from components.chart.network_policies import anywhere_but_metadata, name_servers, public_internet
from components.config.tenancy import Tenancy

REQUESTS = {"requests": {"cpu": "50m", "memory": "128Mi"}}
"""Of each of the gateway's own pods: a share of a busy CPU, and the last to be evicted."""

REFUSED_AGAIN_SECONDS = 10
"""At most so long after room was made a worker comes that the quota had refused: the controller asks again ever more
seldom, by the chart's own value up to five minutes."""

SEEN_READY = {"readinessProbe": {"periodSeconds": 1, "failureThreshold": 15}}
"""A scheduler is asked every second whether it is ready, and may be busy as long as with dask-gateway's own every five
and three times: a user waits for the first yes."""

NOTEBOOK_USER = 1000
"""The user the jupyterhub chart runs the same image as."""


def dask_gateway_values(tenancy: Tenancy) -> dict[str, Any]:
    """The values of the gateway's chart; only its condition when Dask is off."""
    if not tenancy.dask.enabled:
        return {"enabled": False}
    image_name, image_tag = tenancy.notebook.image.name_and_tag
    name = gateway_name(tenancy)
    return {
        "enabled": True,
        "fullnameOverride": name,
        "gateway": {
            "prefix": PREFIX,
            "auth": {"type": "jupyterhub", "jupyterhub": {"jupyterhubServiceName": SERVICE}},
            "resources": REQUESTS,
            "backend": {
                # Client, scheduler and workers of different versions do not understand each other.
                "image": {"name": image_name, "tag": image_tag},
                "scheduler": _pods_of_users(f"{tenancy.release}-dask-scheduler", SEEN_READY),
                "worker": _pods_of_users(f"{tenancy.release}-dask-worker", {}),
            },
            "extraConfig": gateway_configuration(tenancy),
        },
        "controller": {"resources": REQUESTS, "backoffMaxDelay": REFUSED_AGAIN_SECONDS},
        "traefik": {
            "resources": REQUESTS,
            "service": {"type": "ClusterIP"},
            # The chart lets it watch the Secrets, Services and nodes of the whole cluster.
            "additionalArguments": [
                f"--providers.kubernetescrd.namespaces={tenancy.namespace}",
                "--providers.kubernetescrd.allowcrossnamespace=false",
                "--providers.kubernetescrd.disableclusterscoperesources=true",
            ],
        },
        # Accounts of the chart's own names, whose rights chart/templates/dask-access.yaml keeps to the namespace.
        "rbac": {
            "gateway": {"serviceAccountName": _cut(f"api-{name}")},
            "controller": {"serviceAccountName": _cut(f"controller-{name}")},
            "traefik": {"serviceAccountName": _cut(f"traefik-{name}")},
        },
    }


def dask_values(tenancy: Tenancy) -> dict[str, Any]:
    """What ``chart/templates/dask-*.yaml`` are told besides; nothing when Dask is off."""
    if not tenancy.dask.enabled:
        return {}
    return {
        "quota": total(tenancy).as_quota(),
        "egress": {
            "users": [name_servers(), public_internet()],
            "gateway": [name_servers(), anywhere_but_metadata()],
        },
    }


def _cut(name: str) -> str:
    """As the gateway's chart cuts its names, which these take over."""
    return name[:63].removesuffix("-")


def _pods_of_users(priority_class: str, container: dict[str, Any]) -> dict[str, Any]:
    """A scheduler or worker: without rights in the cluster or on its node, and the first to make room.

    It meets the pod-security level ``restricted``.
    """
    return {
        "extraPodConfig": {
            "priorityClassName": priority_class,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": NOTEBOOK_USER,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
        },
        "extraContainerConfig": {
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            **container,
        },
    }
