"""The chart's values as settings of Dask Gateway's own classes. Pure, and without an import of the gateway.

Source: the configuration reference of dask-gateway-server 2026.3.0 (https://gateway.dask.org/api-server.html).
"""

from collections.abc import Mapping
from typing import Any

Values = Mapping[str, Any]
"""A tree of chart values. Helm leaves out what is null, so an unset key may be missing."""

Traits = dict[str, dict[str, Any]]
"""Class name to trait name to value."""

LISTENS_AT = ":8000"


def api_traits(values: Values, environment: Mapping[str, str]) -> Traits:
    """What the API server is told.

    ``values`` holds the chart's ``gateway`` and what the templates derive under ``names``; ``environment`` is the
    pod's, where Kubernetes puts the address of the Service ``hub``.

    Raises:
        ValueError: the hub's address is neither among the values nor in the environment, or a custom log-in has no
            class.
    """
    gateway, names = values["gateway"], values["names"]
    class_name, settings = _authenticator(gateway["auth"], environment)
    return {
        "DaskGateway": {
            "address": LISTENS_AT,
            "log_level": gateway["loglevel"],
            "backend_class": "dask_gateway_server.backends.kubernetes.KubeBackend",
            "authenticator_class": class_name,
        },
        "KubeBackend": {"api_url": names["apiUrl"], "gateway_instance": names["instance"]},
        "KubeClusterConfig": _cluster(gateway["backend"]),
        class_name.rpartition(".")[2]: settings,
    }


def controller_traits(values: Values) -> Traits:
    """What the controller is told: the chart's ``controller`` and ``gateway.prefix``, and ``names``."""
    controller, names = values["controller"], values["names"]
    return {
        "KubeController": {
            "address": LISTENS_AT,
            "api_url": names["apiUrl"],
            "gateway_instance": names["instance"],
            "log_level": controller["loglevel"],
            "proxy_prefix": values["gateway"]["prefix"],
            # Takes the cluster's own part off the path of its dashboard.
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
    """Blocks of Python by name, in the order they are to be run; a single one has no name of its own."""
    given = values["gateway"]["extraConfig"]
    return {"": given} if isinstance(given, str) else dict(sorted(given.items()))


def _authenticator(auth: Values, environment: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """The class that checks who calls, and its settings. The hub's token is in the environment, not here."""
    if auth["type"] == "simple":
        return "dask_gateway_server.auth.SimpleAuthenticator", _given(password=auth["simple"].get("password"))
    if auth["type"] == "custom":
        if not auth["custom"].get("class"):
            raise ValueError("gateway.auth.type is custom without gateway.auth.custom.class; name the class")
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
    """What every cluster starts from; a user's options and ``extraConfig`` go over it."""
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


def _given(**settings: Any) -> dict[str, Any]:  # noqa: ANN401 - any trait's value
    """Only what is set; the gateway's own defaults stand for the rest."""
    return {name: value for name, value in settings.items() if value is not None}
