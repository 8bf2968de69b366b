"""Convert the chart's values to settings of JupyterHub's classes."""

from collections.abc import Callable, Mapping
from typing import Any

Values = Mapping[str, Any]
Traits = dict[str, dict[str, Any]]
"""Class name to trait name to value, as in ``c.<class>.<trait> = <value>``."""

HUB_PORT = 8081
DATABASES = {"sqlite-pvc": "sqlite:////srv/jupyterhub/jupyterhub.sqlite", "sqlite-memory": "sqlite://"}

POD_SECURITY = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
CONTAINER_SECURITY = {"capabilities": {"drop": ["ALL"]}}


def traits(values: Values, service_token: Callable[[str], str]) -> Traits:
    """Return all settings of the hub. Those in ``hub.config`` override the others.

    Args:
        values: the chart's values.
        service_token: returns a service's API token for the service's key in ``hub.services``.
    """
    culler, culler_role = _culler(values["cull"])
    services = [*culler, *_services(values["hub"]["services"], service_token)]
    roles = [*culler_role, *_named(values["hub"]["loadRoles"])]
    settings: Traits = {
        "JupyterHub": {**_hub(values), "services": services, "load_roles": roles},
        "ConfigurableHTTPProxy": {"should_start": False, "api_url": "http://proxy-api:8001"},
        "Spawner": {"consecutive_failure_limit": values["hub"]["consecutiveFailureLimit"]},
        "KubeSpawner": {**_notebook(values), **_volumes(values["singleuser"])},
    }
    if values["debug"]["enabled"]:
        settings["JupyterHub"]["log_level"] = "DEBUG"
        settings["Spawner"]["debug"] = True
    for class_name, overrides in values["hub"]["config"].items():
        settings.setdefault(class_name, {}).update(overrides)
    return settings


def _given(tree: Values, sources: Mapping[str, str]) -> dict[str, Any]:
    """Return the traits that have a value at their dotted key in ``tree``; Helm leaves out null values."""
    return {trait: value for trait, key in sources.items() if (value := _at(tree, key)) is not None}


def _at(tree: Values, dotted_key: str) -> Any:  # noqa: ANN401 - a value of any kind
    for key in dotted_key.split("."):
        if key not in tree:
            return None
        tree = tree[key]
    return tree


def _named(by_key: Mapping[str, Values]) -> list[dict[str, Any]]:
    return [{"name": key, **entry} for key, entry in by_key.items()]


def _hub(values: Values) -> dict[str, Any]:
    hub = values["hub"]
    return {
        "spawner_class": "kubespawner.KubeSpawner",
        "db_url": DATABASES[hub["db"]["type"]],
        "hub_bind_url": f"http://:{HUB_PORT}",
        "hub_connect_url": f"http://hub:{HUB_PORT}",
        # Users' servers keep running while the hub restarts.
        "cleanup_servers": False,
        # Show the progress page at once; otherwise the browser waits for the pod.
        "tornado_settings": {"slow_spawn_timeout": 0},
        "template_vars": hub["templateVars"],
        **_given(
            hub,
            {
                "concurrent_spawn_limit": "concurrentSpawnLimit",
                "active_server_limit": "activeServerLimit",
                "allow_named_servers": "allowNamedServers",
                "named_server_limit_per_user": "namedServerLimitPerUser",
                "redirect_to_server": "redirectToServer",
                "shutdown_on_logout": "shutdownOnLogout",
            },
        ),
    }


def _notebook(values: Values) -> dict[str, Any]:
    user = values["singleuser"]
    environment = user["extraEnv"]
    if isinstance(environment, list):
        environment = {variable["name"]: variable for variable in environment}
    return {
        "image": f"{user['image']['name']}:{user['image']['tag']}",
        "image_pull_policy": user["image"]["pullPolicy"],
        "image_pull_secrets": values["imagePullSecrets"],
        "common_labels": {
            "app": "jupyterhub",
            "release": values["release"],
            "app.kubernetes.io/name": "jupyterhub",
            "app.kubernetes.io/instance": values["release"],
            "app.kubernetes.io/managed-by": "kubespawner",
        },
        "extra_labels": user["extraLabels"],
        "extra_annotations": user["extraAnnotations"],
        "environment": environment,
        "node_selector": user["nodeSelector"],
        "node_affinity_required": user["extraNodeAffinity"]["required"],
        "node_affinity_preferred": user["extraNodeAffinity"]["preferred"],
        "tolerations": user["extraTolerations"],
        "extra_pod_config": user["extraPodConfig"],
        "profile_list": user["profileList"],
        "pod_security_context": POD_SECURITY,
        "container_security_context": CONTAINER_SECURITY,
        **_given(
            user,
            {
                "cmd": "cmd",
                "default_url": "defaultUrl",
                "start_timeout": "startTimeout",
                "uid": "uid",
                "fs_gid": "fsGid",
                "allow_privilege_escalation": "allowPrivilegeEscalation",
                "service_account": "serviceAccountName",
                "cpu_limit": "cpu.limit",
                "cpu_guarantee": "cpu.guarantee",
                "mem_limit": "memory.limit",
                "mem_guarantee": "memory.guarantee",
                "extra_resource_limits": "extraResource.limits",
                "extra_resource_guarantees": "extraResource.guarantees",
            },
        ),
    }


def _volumes(user: Values) -> dict[str, Any]:
    """Return the settings for volumes: a home for each user, made at the first start, files, and further volumes."""
    storage = user["storage"]
    home, volumes, mounts = _home(storage)
    file_volumes, file_mounts = _files(user["extraFiles"])
    return {
        **home,
        "volumes": {**volumes, **file_volumes, **storage["extraVolumes"]},
        "volume_mounts": {**mounts, **file_mounts, **storage["extraVolumeMounts"]},
    }


def _home(storage: Values) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the settings of the home volume's claim, the volume, and its mount."""
    if storage["type"] == "none":
        return {"storage_pvc_ensure": False}, {}, {}
    dynamic = storage["dynamic"]
    volume = dynamic["volumeNameTemplate"]
    settings = {
        "storage_pvc_ensure": True,
        "storage_capacity": storage["capacity"],
        "storage_access_modes": dynamic["storageAccessModes"],
        "storage_extra_labels": storage["extraLabels"],
        **_given(dynamic, {"storage_class": "storageClass", "pvc_name_template": "pvcNameTemplate"}),
    }
    return (
        settings,
        {volume: {"name": volume, "persistentVolumeClaim": {"claimName": "{pvc_name}"}}},
        {volume: {"name": volume, "mountPath": storage["homeMountPath"]}},
    )


def _files(files: Mapping[str, Values]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the volume of the Secret ``singleuser``, and the mount of each file in it, as the original's."""
    if not files:
        return {}, {}
    items = [
        {"key": key, "path": key, **({"mode": file["mode"]} if "mode" in file else {})} for key, file in files.items()
    ]
    mounts = {
        f"{number}-files": {"mountPath": file["mountPath"], "subPath": key, "name": "files"}
        for number, (key, file) in enumerate(files.items())
    }
    return {"files": {"name": "files", "secret": {"secretName": "singleuser", "items": items}}}, mounts


def _culler(cull: Values) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the idle culler as a service of the hub, and the role that allows it to stop servers."""
    if not cull["enabled"]:
        return [], []
    name = "jupyterhub-idle-culler"
    numbers = {
        "timeout": cull["timeout"],
        "cull-every": cull["every"],
        "concurrency": cull["concurrency"],
        "max-age": cull["maxAge"],
    }
    switches = {
        # As the upstream chart: without a number, the culler has its own.
        **{switch: number for switch, number in numbers.items() if number},
        "cull-users": cull["users"],
        "cull-admin-users": cull["adminUsers"],
        "remove-named-servers": cull["removeNamedServers"],
    }
    # Tornado's options must be true or false in lower case.
    words = [f"--{switch}={str(value).lower()}" for switch, value in switches.items()]
    command = ["python3", "-m", "jupyterhub_idle_culler", f"--url=http://localhost:{HUB_PORT}/hub/api", *words]
    scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
    if cull["users"]:
        scopes.append("admin:users")
    return [{"name": name, "command": command}], [{"name": name, "scopes": scopes, "services": [name]}]


def _services(services: Mapping[str, Values], token: Callable[[str], str]) -> list[dict[str, Any]]:
    return [{**service, "api_token": token(key)} for key, service in zip(services, _named(services), strict=True)]
