"""The values of the chart ``dask-gateway`` 2026.3.0, and the values of ``chart/templates/dask-*.yaml``."""

from typing import Any

from components.chart.dask_access import PREFIX, SERVICE, gateway_log_in, gateway_name, gateway_object
from components.chart.dask_limits import dask_memory, format_cpus, quota_limits
from components.chart.gateway_code import gateway_configuration
from components.chart.metrics import gateway_arguments
from components.chart.network_policies import allow_all_but_metadata, allow_dns, users_egress
from components.chart.placement import dask_pod, service_pod
from components.chart.temporary_storage import dask_storage, spill_variables
from components.config.dask import Dask
from components.config.storage_requests import TemporaryStorage, storage_of_schedulers, storage_of_workers
from components.config.tenancy import Tenancy

REQUESTS = {"requests": {"cpu": "50m", "memory": "128Mi"}}
"""Resource requests of each of the gateway's own pods. Pods that use less memory than they request are evicted last."""

MAX_RETRY_DELAY_SECONDS = 10
"""Upper bound of the controller's retry back-off after the quota has refused a worker. The chart's default is 300."""

SCHEDULER_PROBE = {"readinessProbe": {"periodSeconds": 1, "failureThreshold": 15}}
"""Readiness probe of schedulers: every second, because users wait for the first success.

A scheduler may be busy for 15 seconds, as with dask-gateway's default of three probes at intervals of five seconds.
"""

ALLOCATION = {"MALLOC_MMAP_THRESHOLD_": str(32 * 1024**2), "MALLOC_TRIM_THRESHOLD_": str(64 * 1024**2)}
"""glibc's limits for memory that is returned at once, in bytes, as glibc itself chooses them for large arrays.

Dask sets the second one to 64 KiB for workers (``distributed.nanny.pre-spawn-environ``). glibc then keeps the first one
at 128 KiB, and each array is in memory that the kernel has to clear: reads from an object store took twice as long. A
worker keeps at most 64 MiB more. Source: ``mallopt(3)``; variables that users choose for a cluster come first.
"""

NOTEBOOK_UID = 1000
"""User ID that the jupyterhub chart runs the notebook image with."""


SECRETS_ANNOTATION = "tenancy.pangeo/secrets"
"""Annotation of the gateway's pod with the digest of the hub's secrets: a new token restarts the pod."""


def dask_gateway_values(tenancy: Tenancy, secrets_digest: object = "") -> dict[str, Any]:
    """Return the values of the gateway's chart; only ``enabled`` if Dask is off.

    Args:
        tenancy: the tenancy's configuration.
        secrets_digest: digest of the hub's secrets, one of which the gateway has.
    """
    if not tenancy.dask.enabled:
        return {"enabled": False}
    image_name, image_tag = tenancy.registries.locate(tenancy.notebook.image).name_and_tag
    name, place = gateway_name(tenancy), service_pod(tenancy)
    dask = tenancy.dask
    return {
        "enabled": True,
        "fullnameOverride": name,
        "gateway": {
            "prefix": PREFIX,
            "auth": {"type": "jupyterhub", "jupyterhub": {"jupyterhubServiceName": SERVICE}},
            "annotations": {SECRETS_ANNOTATION: secrets_digest},
            "resources": REQUESTS,
            **place,
            "backend": {
                # The same image as notebooks: client, scheduler and workers need the same versions.
                "image": {"name": image_name, "tag": image_tag},
                "environment": {**ALLOCATION, **spill_variables(tenancy)},
                "scheduler": {
                    **_size(dask.scheduler_cores, dask.scheduler_ram_gb),
                    **_user_pod(
                        f"{tenancy.release}-dask-scheduler",
                        {**SCHEDULER_PROBE, **_resources(dask, storage_of_schedulers(tenancy))},
                        dask_pod(tenancy, "daskSchedulers"),
                    ),
                },
                # Users choose another size for their workers (in_gateway.cluster_options).
                "worker": {
                    **_size(dask.worker_cores.default, dask.worker_ram_gb.default),
                    **_user_pod(
                        f"{tenancy.release}-dask-worker",
                        _resources(dask, storage_of_workers(tenancy)),
                        dask_pod(tenancy, "daskWorkers"),
                    ),
                },
            },
            "extraConfig": {**gateway_configuration(tenancy), "log-in": gateway_log_in()},
        },
        "controller": {"resources": REQUESTS, "backoffMaxDelay": MAX_RETRY_DELAY_SECONDS, **place},
        "traefik": {
            "resources": REQUESTS,
            **place,
            "service": {"type": "ClusterIP"},
            # Without these, Traefik watches the Secrets, Services and nodes of the whole cluster.
            "additionalArguments": [
                f"--providers.kubernetescrd.namespaces={tenancy.namespace}",
                "--providers.kubernetescrd.allowcrossnamespace=false",
                "--providers.kubernetescrd.disableclusterscoperesources=true",
                *gateway_arguments(tenancy),
            ],
        },
        # The chart's own account names; chart/templates/dask-access.yaml limits their permissions to the namespace.
        "rbac": {
            "gateway": {"serviceAccountName": gateway_object(tenancy, "api")},
            "controller": {"serviceAccountName": gateway_object(tenancy, "controller")},
            "traefik": {"serviceAccountName": gateway_object(tenancy, "traefik")},
        },
    }


def dask_values(tenancy: Tenancy) -> dict[str, Any]:
    """Return the values of ``chart/templates/dask-*.yaml``; empty if Dask is off."""
    if not tenancy.dask.enabled:
        return {}
    return {
        "quota": quota_limits(tenancy).as_quota(),
        "egress": {
            "users": users_egress(tenancy.network, "dask"),
            "gateway": [*allow_dns(tenancy.network.dns), allow_all_but_metadata()],
        },
    }


def _size(cores: float, ram_gb: float) -> dict[str, Any]:
    """Return the size of a scheduler or worker. Without it, the chart has sizes of its own."""
    ram = dask_memory(ram_gb)
    return {"cores": {"request": cores, "limit": cores}, "memory": {"request": ram, "limit": ram}}


def _resources(dask: Dask, storage: TemporaryStorage) -> dict[str, Any]:
    """Return the container's temporary storage, and fewer CPUs than cores if the stack says so.

    dask-gateway counts the cores in a cluster's limits.
    """
    resources = dask_storage(storage)
    if dask.cpu_request is not None:
        resources["requests"]["cpu"] = format_cpus(dask.cpu_request)
    return {"resources": resources}


def _user_pod(priority_class: str, container: dict[str, Any], place: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a scheduler or worker pod: no permissions in the cluster or on its node.

    The pod meets the pod-security level ``restricted``.
    """
    return {
        "extraPodConfig": {
            "priorityClassName": priority_class,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": NOTEBOOK_UID,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            **place,
        },
        "extraContainerConfig": {
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            **container,
        },
    }
