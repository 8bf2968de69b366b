"""Convert the chart's values to settings of Dask Gateway's classes, without importing the gateway.

Source: the configuration reference of dask-gateway-server 2026.3.0 (https://gateway.dask.org/api-server.html).
"""

from collections.abc import Mapping
from typing import Any

Values = Mapping[str, Any]
"""A tree of chart values. Helm leaves out null values, so an unset key may be missing."""

Traits = dict[str, dict[str, Any]]
"""Class name to trait name to value."""

ADDRESS = ":8000"
"""Address at which the API server and the controller listen."""


def api_traits(values: Values, environment: Mapping[str, str]) -> Traits:
    """Return the settings of the API server.

    Args:
        values: the chart's ``gateway``, and ``names`` derived by the templates.
        environment: the pod's variables, in which Kubernetes puts the address of the Service ``hub``.

    Raises:
        ValueError: the hub's address is neither in the values nor in the environment, or a custom authenticator has
            no class.
    """
    gateway, names = values["gateway"], values["names"]
    class_name, settings = _authenticator(gateway["auth"], environment)
    return {
        "DaskGateway": {
            "address": ADDRESS,
            "log_level": gateway["loglevel"],
            "backend_class": "dask_gateway_server.backends.kubernetes.KubeBackend",
            "authenticator_class": class_name,
        },
        "KubeBackend": {"api_url": names["apiUrl"], "gateway_instance": names["instance"]},
        "KubeClusterConfig": _cluster(gateway["backend"]),
        class_name.rpartition(".")[2]: settings,
    }


def controller_traits(values: Values) -> Traits:
    """Return the settings of the controller, from ``controller``, ``gateway.prefix`` and ``names``."""
    controller, names = values["controller"], values["names"]
    return {
        "KubeController": {
            "address": ADDRESS,
            "api_url": names["apiUrl"],
            "gateway_instance": names["instance"],
            "log_level": controller["loglevel"],
            "proxy_prefix": values["gateway"]["prefix"],
            # Removes the prefix of the cluster from the path of its dashboard.
            "proxy_web_middlewares": [{"name": names["clustersPrefix"], "namespace": names["namespace"]}],
            "proxy_tcp_entrypoint": "web",
            "completed_cluster_max_age": controller["completedClusterMaxAge"],
            "completed_cluster_cleanup_period": controller["completedClusterCleanupPeriod"],
            "backoff_base_delay": controller["backoffBaseDelay"],
            "backoff_max_delay": controller["backoffMaxDelay"],
            "k8s_api_rate_limit": controller["k8sApiRateLimit"],
            "k8s_api_rate_limit_burst": controller["k8sApiRateLimitBurst"],
        }
    }


def extra_config(values: Values) -> dict[str, str]:
    """Return blocks of Python by name, in the order in which they run; a single block has an empty name."""
    given = values["gateway"]["extraConfig"]
    return {"": given} if isinstance(given, str) else dict(sorted(given.items()))


def _authenticator(auth: Values, environment: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """Return the authenticator's class and settings. The hub's token is in the environment, not in the settings."""
    if auth["type"] == "simple":
        return "dask_gateway_server.auth.SimpleAuthenticator", _given(password=auth["simple"].get("password"))
    if auth["type"] == "custom":
        if not auth["custom"].get("class"):
            raise ValueError("gateway.auth.custom.class is missing; set it, because gateway.auth.type is custom")
        return auth["custom"]["class"], dict(auth["custom"]["config"])
    hub = auth["jupyterhub"]
    return "dask_gateway_server.auth.JupyterHubAuthenticator", _given(
        jupyterhub_api_url=hub.get("apiUrl") or _hub_api(environment),
        jupyterhub_service_name=hub.get("jupyterhubServiceName"),
    )


def _hub_api(environment: Mapping[str, str]) -> str:
    try:
        return f"http://{environment['HUB_SERVICE_HOST']}:{environment['HUB_SERVICE_PORT']}/hub/api"
    except KeyError:
        raise ValueError(
            "there is no Service hub in this namespace; install the hub before the gateway, or set "
            "gateway.auth.jupyterhub.apiUrl"
        ) from None


def _cluster(backend: Values) -> dict[str, Any]:
    """Return the defaults of every cluster; a user's options and ``extraConfig`` override them."""
    image, scheduler, worker = backend["image"], backend["scheduler"], backend["worker"]
    return _given(
        image=f"{image['name']}:{image['tag']}",
        image_pull_policy=image.get("pullPolicy") or None,
        image_pull_secrets=backend["imagePullSecrets"],
        namespace=backend.get("namespace"),
        environment=backend["environment"],
        scheduler_cores=scheduler["cores"].get("request"),
        scheduler_cores_limit=scheduler["cores"].get("limit"),
        scheduler_memory=scheduler["memory"].get("request"),
        scheduler_memory_limit=scheduler["memory"].get("limit"),
        scheduler_extra_pod_config=scheduler["extraPodConfig"],
        scheduler_extra_container_config=scheduler["extraContainerConfig"],
        worker_cores=worker["cores"].get("request"),
        worker_cores_limit=worker["cores"].get("limit"),
        worker_memory=worker["memory"].get("request"),
        worker_memory_limit=worker["memory"].get("limit"),
        worker_threads=worker.get("threads"),
        worker_extra_pod_config=worker["extraPodConfig"],
        worker_extra_container_config=worker["extraContainerConfig"],
    )


def _given(**settings: Any) -> dict[str, Any]:  # noqa: ANN401 - the value of any trait
    """Return the settings that have a value; the gateway's own defaults apply to the others."""
    return {name: value for name, value in settings.items() if value is not None}
