"""The code in the configuration of Dask's gateway: this project's modules and their settings.

The gateway's chart mounts no files. It joins the pieces of ``gateway.extraConfig`` to one Python file, in the order of
their names. All modules therefore have one namespace and no imports of each other.
"""

import ast
import functools
from pathlib import Path
from typing import Any

from components.chart.dask_limits import (
    cluster_limits,
    has_fixed_nodes,
    quota_limits,
    quota_name,
    scheduling_seconds,
)
from components.chart.environment import variable_names
from components.chart.object_store import common_store_variables
from components.chart.placement import dask_pod
from components.chart.proxy_variables import user_proxy_variables
from components.chart.secret_references import secret_reference
from components.config.dask import WorkerCores, WorkerRam
from components.config.environment import SecretKey
from components.config.gpus import resource_of_workers
from components.config.image import Image
from components.config.tenancy import Tenancy
from components.config.types import format_number
from components.in_gateway.option_values import escape_references

PACKAGE = "components.in_gateway"

MODULES = {
    "capacity": "capacity_messages",
    "notebook": "notebook_pod",
    "option-values": "option_values",
    "option-values-gpus": "worker_gpus",
    "options": "cluster_options",
    "failure": "failure_message",
    "users": "bounded_backend",
}
"""The modules of the package, by the names of the pieces. A module comes after those that it imports."""

_FOLDER = Path(__file__).resolve().parent.parent / "in_gateway"


def gateway_configuration(tenancy: Tenancy) -> dict[str, str]:
    """Return ``gateway.extraConfig``: pieces of Python code, which the gateway runs in the order of their names."""
    pieces = {name: module_text(module) for name, module in MODULES.items()}
    return {**pieces, "limits": cluster_limits(tenancy), "users": pieces["users"] + backend_settings(tenancy)}


@functools.cache  # the policies compute the values for many rules
def module_text(module: str) -> str:
    """Return the code of a module without its imports from the same package."""
    text = (_FOLDER / f"{module}.py").read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE}."):
            lines[node.lineno - 1 : node.end_lineno] = [""] * ((node.end_lineno or node.lineno) - node.lineno + 1)
    return "".join(lines)


def backend_settings(tenancy: Tenancy) -> str:
    """Return the settings of the backend: limits per user, and the values that users may choose."""
    dask = tenancy.dask
    return f"""\

c.DaskGateway.backend_class = BoundedKubeBackend
c.BoundedKubeBackend.quota = "{quota_name(tenancy) if quota_limits(tenancy).as_quota() else ""}"
c.BoundedKubeBackend.cpu_request = {dask.cpu_request or 0}
c.BoundedKubeBackend.nodes_are_fixed = {has_fixed_nodes(tenancy)}
c.BoundedKubeBackend.scheduling_timeout = {scheduling_seconds(tenancy)}
c.BoundedKubeBackend.worker_cores = {_range(dask.worker_cores)}
c.BoundedKubeBackend.worker_memory = {_range(dask.worker_ram_gb)}
{_gpus(tenancy)}c.BoundedKubeBackend.approved_images = {approved_images(tenancy)}
c.BoundedKubeBackend.custom_images = {custom_images(tenancy)}
c.BoundedKubeBackend.shared_variables = {list(variable_names(tenancy))}
c.BoundedKubeBackend.common_variables = {common_variables(tenancy)}
c.BoundedKubeBackend.clusters_per_user = {dask.clusters_per_user}
"""


def approved_images(tenancy: Tenancy) -> list[dict[str, Any]]:
    """Return the images of a tenancy's notebook servers: all that its Dask clusters may have.

    Each has its name, the image that the nodes pull, and the groups whose members may choose it; no groups means all
    users.
    """
    groups: dict[Image, set[str]] = {tenancy.notebook.image: set()}
    for profile in tenancy.notebook.profiles:
        for image in profile.own_images():
            # An image of a profile for all users is approved for all.
            everyone = not profile.groups or (image in groups and not groups[image])
            groups[image] = set() if everyone else groups.get(image, set()) | set(profile.groups)
    return [
        {"name": str(image), "pulled": str(tenancy.registries.locate(image)), "groups": sorted(members)}
        for image, members in groups.items()
    ]


def custom_images(tenancy: Tenancy) -> list[dict[str, Any]]:
    """Return which images users may write themselves, for a server as for a cluster.

    Each has an expression for the whole name, the beginning of the image that the nodes pull, and the groups whose
    members may write one; no groups means all users.
    """
    return [
        {
            "pattern": profile.custom_images.pattern.regular_expression,
            "prefix": tenancy.registries.mirror_prefix(profile.custom_images.pattern.registry),
            "shown": str(profile.custom_images.pattern),
            "groups": sorted(profile.groups),
        }
        for profile in tenancy.notebook.profiles
        if profile.custom_images is not None
    ]


def common_variables(tenancy: Tenancy) -> list[dict[str, Any]]:
    """Return the variables of all notebook servers, in the form of a container's ``env``.

    Clusters have them if the user's server does not run.
    """
    variables: list[dict[str, Any]] = [
        {"name": name, **(value if isinstance(value, dict) else {"value": value})}
        for name, value in common_store_variables(tenancy).items()
    ]
    for name, value in {**user_proxy_variables(tenancy), **tenancy.notebook.environment}.items():
        if isinstance(value, SecretKey):
            variables.append({"name": name, **secret_reference(value.secret, value.key)})
        else:
            variables.append({"name": name, "value": escape_references(value)})
    return variables


def _gpus(tenancy: Tenancy) -> str:
    """Return the setting of workers' GPUs; empty for a tenancy without GPUs."""
    settings: dict[str, Any] = {"resource": resource_of_workers(tenancy)}
    if not settings["resource"]:
        return ""
    if tenancy.dask.worker_gpus is not None:
        has_pools = tenancy.nodes is not None and tenancy.nodes.pools
        settings |= tenancy.dask.worker_gpus.model_dump(mode="json", by_alias=True, exclude={"total"})
        settings["placement"] = dask_pod(tenancy, "daskWorkers", gpus=True) if has_pools else None
    return f"c.BoundedKubeBackend.worker_gpus = {settings}\n"


def _range(sizes: WorkerCores | WorkerRam) -> str:
    least, default, most = map(format_number, (sizes.min, sizes.default, sizes.max))
    return f'{{"min": {least}, "default": {default}, "max": {most}}}'
