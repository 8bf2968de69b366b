"""The images of the two charts, and their names and pull Secrets with the section ``registries``."""

from collections.abc import Mapping
from typing import Any

from components.config.image import Image
from components.config.tenancy import Tenancy

Path = tuple[str, ...]

HUB_CHART, DASK_CHART = "jupyterhub", "dask-gateway"

CHART_IMAGES: Mapping[Path, str] = {
    (HUB_CHART, "hub", "image"): "quay.io/jupyterhub/k8s-hub",
    (HUB_CHART, "proxy", "chp", "image"): "quay.io/jupyterhub/configurable-http-proxy",
    (HUB_CHART, "proxy", "traefik", "image"): "traefik",
    (HUB_CHART, "proxy", "secretSync", "image"): "quay.io/jupyterhub/k8s-secret-sync",
    (HUB_CHART, "singleuser", "networkTools", "image"): "quay.io/jupyterhub/k8s-network-tools",
    (HUB_CHART, "scheduling", "userScheduler", "image"): "registry.k8s.io/kube-scheduler",
    (HUB_CHART, "scheduling", "userPlaceholder", "image"): "registry.k8s.io/pause",
    (HUB_CHART, "prePuller", "hook", "image"): "quay.io/jupyterhub/k8s-image-awaiter",
    (HUB_CHART, "prePuller", "pause", "image"): "registry.k8s.io/pause",
    (DASK_CHART, "gateway", "image"): "ghcr.io/dask/dask-gateway-server",
    (DASK_CHART, "controller", "image"): "ghcr.io/dask/dask-gateway-server",
    (DASK_CHART, "traefik", "image"): "docker.io/traefik",
}
"""The charts' own images, by their place in the values; the images of notebooks and Dask are the stack's.

They include those of parts that are off. The tags stay those of the charts, which belong to one version of a chart.
"""

PULL_SECRETS: tuple[Path, ...] = (
    (HUB_CHART, "imagePullSecrets"),
    (DASK_CHART, "gateway", "imagePullSecrets"),
    (DASK_CHART, "gateway", "backend", "imagePullSecrets"),
    (DASK_CHART, "controller", "imagePullSecrets"),
    (DASK_CHART, "traefik", "imagePullSecrets"),
)
"""Places of the pull Secrets: of all pods of the hub and its notebooks, and of each part of Dask Gateway."""


def mirrored_chart_images(tenancy: Tenancy) -> dict[Path, str]:
    """Return the names of the charts' own images in the mirror, by their place; empty without a mirror."""
    if tenancy.registries.mirror is None:
        return {}
    return {
        path: tenancy.registries.locate(Image(name)).name
        for path, name in CHART_IMAGES.items()
        if tenancy.dask.enabled or path[0] != DASK_CHART
    }


def add_registries(tenancy: Tenancy, values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of both charts with the names of their images in the mirror, and with the pull Secrets."""
    for path, name in mirrored_chart_images(tenancy).items():
        values = _put(values, (*path, "name"), name)
    for path in PULL_SECRETS if tenancy.registries.pull_secrets else ():
        if tenancy.dask.enabled or path[0] != DASK_CHART:
            values = _put(values, path, tenancy.registries.pull_secret_references)
    return values


def _put(tree: Mapping[str, Any], path: Path, value: object) -> dict[str, Any]:
    """Return a copy of the tree with a value at a path."""
    key, *rest = path
    return {**tree, key: _put(tree.get(key, {}), tuple(rest), value) if rest else value}
