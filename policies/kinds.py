"""The kinds of resources that rules apply to, and access to the values of the hub's charts."""

from collections.abc import Mapping
from typing import Any

from policies.code_settings import COMPUTED, read_valid_settings
from policies.merged import release_values
from policies.rule import Context, Kind, Resource
from policies.tree import get

HUB_CHARTS = ("chart", "pangeo", "jupyterhub", "daskhub")


def _is_hub(release: Resource) -> bool:
    chart = str(get(release.props, "chart", default="")).rstrip("/").rpartition("/")[2]
    return chart in HUB_CHARTS or "jupyterhub" in get(release.props, "values", default={})


TENANCY = Kind("pangeo:caas:PangeoCluster", "the tenancy")
RELEASE = Kind("kubernetes:helm.sh/v3:Release", "the hub's Helm release", _is_hub)
NAMESPACE = Kind("kubernetes:core/v1:Namespace", "namespaces")
INGRESS = Kind("kubernetes:networking.k8s.io/v1:Ingress", "ingresses")
MIDDLEWARE = Kind("kubernetes:traefik.io/v1alpha1:Middleware", "Traefik middlewares")
CONTRACT = Kind("pulumi-python:dynamic/tenancy:Contract", "the contract")
STORAGE_CLASS = Kind("kubernetes:storage.k8s.io/v1:StorageClass", "storage classes")
VOLUME_CLAIM = Kind("kubernetes:core/v1:PersistentVolumeClaim", "volume claims")
VOLUME = Kind("kubernetes:core/v1:PersistentVolume", "volumes")
GROUP = Kind("pulumi-python:dynamic/freeipa:Group", "FreeIPA groups")
SECRET = Kind("kubernetes:core/v1:Secret", "Secrets")
SERVICE = Kind("kubernetes:core/v1:Service", "Services")
MONITORING = tuple(f"kubernetes:monitoring.coreos.com/v1:{kind}" for kind in ("PrometheusRule", "ServiceMonitor"))
"""The types of the Prometheus Operator's objects."""

CRD = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
"""The type of custom resource definitions."""

HUB_READY = "pulumi-python:dynamic/tenancy:HubReady"
DESTROY_CHECK = "pulumi-python:dynamic/tenancy:DestroyCheck"
"""The types of the wait for the hub, and of the check before a destroy."""

RANDOM = "random:index/randomPassword:RandomPassword"
"""The type of the stack's random secrets."""

REVEALED = tuple(f"random:index/random{name}:Random{name}" for name in ("Bytes", "Id", "String", "Uuid"))
"""Random types whose id is, or contains, the value. The engine never encrypts ids."""

PROVIDERS = "pulumi:providers:"
"""The start of the type of every provider."""

AUTHENTICATORS = ("Authenticator", "LDAPAuthenticator", "FreeIpaAuthenticator")
"""The class of the hub's authenticator and its base classes: a setting of any of them takes effect."""

SPAWNERS = ("Spawner", "KubeSpawner")
"""The class of the hub's spawner and its base class."""


def hub_values(release: Resource, context: Context) -> Mapping[str, Any]:
    """Return the values that Helm renders the chart ``jupyterhub`` from."""
    values: Mapping[str, Any] = get(release_values(release, context), "jupyterhub", default={})
    return values


def gateway_values(release: Resource, context: Context) -> Mapping[str, Any] | None:
    """Return the values that Helm renders the chart ``dask-gateway`` from; None where it is disabled."""
    values: Mapping[str, Any] = get(release_values(release, context), "dask-gateway", default={})
    return None if get(values, "enabled", default=True) is False else values


def class_settings(release: Resource, context: Context, classes: tuple[str, ...], trait: str) -> dict[str, Any]:
    """Return the values of a trait in ``hub.config`` and ``hub.extraConfig``, by the path of each class that sets it.

    Values that code computes are not among them: the rule reviewed-hub-code asks for a review of the code itself.
    """
    hub = get(hub_values(release, context), "hub", default={})
    config, pieces = get(hub, "config", default={}), get(hub, "extraConfig", default={})
    found = {
        f"hub.config.{name}.{trait}": config[name][trait]
        for name in classes
        if isinstance(get(config, name), Mapping) and trait in config[name]
    }
    for piece in pieces if isinstance(pieces, Mapping) else ():
        for number, each in enumerate(read_valid_settings(pieces[piece])):
            if each.class_name in classes and each.trait == trait and each.value is not COMPUTED:
                found[f"hub.extraConfig.{piece}[{number}].{each.class_name}.{trait}"] = each.value
    return found
