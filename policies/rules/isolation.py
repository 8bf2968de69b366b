"""Isolation: the rights of users' pods on their node."""

import functools
from collections.abc import Iterator, Sequence

from policies.differences import find_differences
from policies.kinds import NAMESPACE, RELEASE, SPAWNERS, class_settings, gateway_values, hub_values
from policies.profiles import profile_overrides
from policies.rule import STRINGS, Context, Resource, Rule, Setting
from policies.tree import Path, as_list, format_path, format_value, get

NOTEBOOK_UID = 1000
"""User ID in notebooks: the chart's default."""

ENFORCE = "pod-security.kubernetes.io/enforce"

NOTEBOOK_PARTS = (
    *("extraPodConfig", "initContainers", "extraContainers", "lifecycleHooks"),
    "storage.static.pvcName",
)
"""Values below ``singleuser`` that add something to notebooks' pods; the program sets none."""

SHARED_VOLUMES = ("extraVolumes", "extraVolumeMounts")
"""Values below ``singleuser.storage``: the program sets them for shared folders."""

SPAWNER_PARTS = (
    *("extra_pod_config", "extra_container_config", "init_containers", "extra_containers", "volumes", "volume_mounts"),
    *("service_account", "automount_service_account_token", "uid", "gid", "fs_gid", "supplemental_gids", "run_as_uid"),
    *("allow_privilege_escalation", "lifecycle_hooks", "extra_labels", "namespace", "enable_user_namespaces"),
    *(
        "user_namespace_template",
        "common_labels",
        "component_label",
        "pvc_name_template",
        "modify_pod_hook",
        "pre_spawn_hook",
    ),
)
"""Settings of spawners that do the same, or that give a pod another place or account; the program sets none."""

DASK_PARTS = {
    "extraPodConfig": (
        *("nodeSelector", "affinity", "topologySpreadConstraints", "tolerations", "schedulerName"),
        *("terminationGracePeriodSeconds", "volumes"),
    ),
    "extraContainerConfig": ("resources", "imagePullPolicy", "env", "envFrom", "volumeMounts"),
}
"""Values of schedulers and workers that may differ, because they give no rights, or because other rules check them.

The host's network, for example, has no network policy, and further containers have no security context.
"""

PARTS_REASON = "it could give users rights on the node, an API token or other users' files"


def _check_pod_security(resource: Resource, context: Context) -> Iterator[str]:
    if resource.type == NAMESPACE.type:
        level = get(resource.props, "metadata", "labels", ENFORCE)
        if level not in context.settings["levels"]:
            yield f"the label {ENFORCE} is {format_value(level)}, not {' or '.join(context.settings['levels'])}"
        return
    yield from _check_security_contexts(resource, context)
    yield from _check_dask_pods(resource, context)
    notebook = get(hub_values(resource, context), "singleuser", default={})
    if get(notebook, "allowPrivilegeEscalation") is not False:
        yield "singleuser.allowPrivilegeEscalation is not false: a user could become root by a setuid program"
    account = get(notebook, "serviceAccountName")
    if account:
        yield f"singleuser.serviceAccountName is {format_value(account)}: users would get its token"
    if get(notebook, "cloudMetadata", "blockWithIptables", default=True) is not False:
        yield (
            "singleuser.cloudMetadata.blockWithIptables is not false: it adds a container with NET_ADMIN, and the "
            "network policy already blocks the metadata address"
        )
    for key in NOTEBOOK_PARTS:
        if get(notebook, *key.split(".")):
            yield f"singleuser.{key} is set: {PARTS_REASON}"
    yield from _check_server_code(resource, context)
    yield from _check_shared_volumes(resource, context)
    yield from _check_tolerations(resource, context)
    uid = get(notebook, "uid", default=NOTEBOOK_UID)
    if uid != NOTEBOOK_UID:
        yield f"singleuser.uid is {format_value(uid)}, not {NOTEBOOK_UID}"
    for path, value in class_settings(resource, context, SPAWNERS, "privileged").items():
        if value is not False:
            yield f"{path} is {format_value(value)}: users would control the node"
    for trait in SPAWNER_PARTS:
        for path, value in class_settings(resource, context, SPAWNERS, trait).items():
            if value or value == 0:
                yield f"{path} is set: {PARTS_REASON}"


def _check_server_code(release: Resource, context: Context) -> Iterator[str]:
    """Compare the code in users' servers with that of this checkout."""
    from components.chart import server_code  # imports pydantic, which loads at the same time as the program

    found = get(hub_values(release, context), "singleuser", default={})
    for key, own in server_code.server_code(context.tenancy).items():
        for path, _, message in find_differences(get(found, key, default={}), own, path=("singleuser", key)):
            yield f"{format_path(path)} {message}: it runs in every user's server, with the user's rights"


def _check_shared_volumes(release: Resource, context: Context) -> Iterator[str]:
    from components.chart.values import chart_values  # imports pydantic, which loads at the same time as the program

    own = chart_values(context.tenancy)["jupyterhub"]
    for key in SHARED_VOLUMES:
        found = get(hub_values(release, context), "singleuser", "storage", key)
        if found and any(find_differences(found, own["singleuser"]["storage"].get(key, {}))):
            yield f"singleuser.storage.{key} differs from pangeo:sharedFolders: {PARTS_REASON}"
    expected = own["hub"]["config"]["KubeSpawner"].get("group_overrides", {})
    for path, value in class_settings(release, context, SPAWNERS, "group_overrides").items():
        if any(find_differences(value, expected)):
            yield f"{path} differs from the program's: {PARTS_REASON}"


def _check_tolerations(release: Resource, context: Context) -> Iterator[str]:
    """Compare the tolerations of notebooks with those of the pools: others reach the nodes of the control plane."""
    from components.chart.placement import tolerations  # imports pydantic, which loads at the same time as the program
    from components.chart.values import chart_values

    own, values = chart_values(context.tenancy)["jupyterhub"], hub_values(release, context)
    found = get(values, "singleuser", "extraTolerations", default=[])
    if any(find_differences(found, own["singleuser"].get("extraTolerations", []))):
        yield f"singleuser.extraTolerations differs from pangeo:workers.pools: {PARTS_REASON}"
    expected = own["hub"]["config"]["KubeSpawner"].get("tolerations", [])
    for path, value in class_settings(release, context, SPAWNERS, "tolerations").items():
        if any(find_differences(value, expected)):
            yield f"{path} differs from pangeo:workers.pools: {PARTS_REASON}"
    of_pools = tolerations(context.tenancy.nodes.pools) if context.tenancy.nodes else []
    for path, override in profile_overrides(values):
        for number, found in enumerate(get(override, "tolerations", default=[])):
            if all(any(find_differences(found, each)) for each in of_pools):
                place = f"{path}.kubespawner_override.tolerations[{number}]"
                yield f"{place} is not that of a taint in pangeo:workers.pools: {PARTS_REASON}"


def _check_security_contexts(release: Resource, context: Context) -> Iterator[str]:
    pods = class_settings(release, context, SPAWNERS, "pod_security_context")
    if not any(pods.values()):
        yield "hub.config.KubeSpawner.pod_security_context is not set"
    for path, pod in pods.items():
        if get(pod, "runAsNonRoot") is not True:
            yield f"{path}.runAsNonRoot is not true"
        profile = get(pod, "seccompProfile", "type")
        if profile not in ("RuntimeDefault", "Localhost"):
            yield f"{path}.seccompProfile.type is {format_value(profile)}, not RuntimeDefault"
    containers = class_settings(release, context, SPAWNERS, "container_security_context")
    if not any(containers.values()):
        yield "hub.config.KubeSpawner.container_security_context is not set"
    for path, container in containers.items():
        if "ALL" not in as_list(get(container, "capabilities", "drop")):
            yield f"{path}.capabilities.drop does not contain ALL"


def _check_dask_pods(release: Resource, context: Context) -> Iterator[str]:
    from components.chart.values import chart_values  # imports pydantic, which loads at the same time as the program

    gateway, own = gateway_values(release, context), chart_values(context.tenancy)["dask-gateway"]
    for part in ("scheduler", "worker") if gateway is not None else ():
        for key, free in DASK_PARTS.items():
            path: Path = ("gateway", "backend", part, key)
            found, expected = (get(tree, *map(str, path), default={}) for tree in (gateway, own))
            is_free = functools.partial(_is_below, [(*path, each) for each in free])
            for place, _, message in find_differences(found, expected, is_free, path):
                yield f"dask-gateway.{format_path(place)} {message}: {PARTS_REASON}"


def _is_below(places: Sequence[Path], path: Path, _value: object) -> bool:
    return any(path[: len(each)] == each for each in places)


RULES = (
    Rule(
        "pod-security",
        "The namespace enforces a pod-security level; notebooks and Dask pods have no root, capabilities or API token",
        "Users run any code; it must not control the node or reach other users.",
        "Restore the program's labels and security contexts. No configuration key sets them.",
        "critical",
        kinds=(NAMESPACE, RELEASE),
        settings=(Setting("levels", "Pod-security levels that may be enforced", STRINGS, ["baseline", "restricted"]),),
        check=_check_pod_security,
    ),
)
