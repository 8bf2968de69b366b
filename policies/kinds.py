"""The resources of a tenancy that rules are about."""

from collections.abc import Mapping
from typing import Any

from policies.rule import Kind, Resource
from policies.tree import at

HUB_CHARTS = ("chart", "pangeo", "jupyterhub", "daskhub")


def _is_hub(release: Resource) -> bool:
    chart = str(at(release.props, "chart", default="")).rstrip("/").rpartition("/")[2]
    return chart in HUB_CHARTS or "jupyterhub" in at(release.props, "values", default={})


TENANCY = Kind("pangeo:caas:PangeoCluster", "the tenancy")
RELEASE = Kind("kubernetes:helm.sh/v3:Release", "the hub's Helm release", _is_hub)
NAMESPACE = Kind("kubernetes:core/v1:Namespace", "namespaces")
INGRESS = Kind("kubernetes:networking.k8s.io/v1:Ingress", "ingresses")
MIDDLEWARE = Kind("kubernetes:traefik.io/v1alpha1:Middleware", "Traefik middlewares")
STORAGE_CLASS = Kind("kubernetes:storage.k8s.io/v1:StorageClass", "storage classes")
GROUP = Kind("pulumi-python:dynamic/freeipa:Group", "FreeIPA groups")
RANDOM = ("random:index/randomBytes:RandomBytes", "random:index/randomPassword:RandomPassword")
PROVIDERS = "pulumi:providers:"
"""Begins the type of every provider."""

AUTHENTICATORS = ("Authenticator", "LDAPAuthenticator", "FreeIpaAuthenticator")
"""The hub's authenticator and what it is made from: a setting below any of these names reaches it."""

SPAWNERS = ("Spawner", "KubeSpawner")


def hub(release: Resource) -> Mapping[str, Any]:
    """The values of the hub's chart."""
    found: Mapping[str, Any] = at(release.props, "values", "jupyterhub", default={})
    return found


def gateway(release: Resource) -> Mapping[str, Any] | None:
    """The values of the Dask gateway's chart; None where the gateway is off."""
    found: Mapping[str, Any] = at(release.props, "values", "dask-gateway", default={})
    return None if at(found, "enabled", default=True) is False else found


def given(release: Resource, classes: tuple[str, ...], trait: str) -> dict[str, Any]:
    """A trait's values in ``hub.config``, by where each is given."""
    config = at(hub(release), "hub", "config", default={})
    return {
        f"hub.config.{name}.{trait}": config[name][trait]
        for name in classes
        if isinstance(at(config, name), Mapping) and trait in config[name]
    }
