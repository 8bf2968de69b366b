"""The Kubernetes provider in a state of a version before 0.3: it has the kubeconfig of one machine. Pure.

Its input ``kubeconfig`` was the path in the variable KUBECONFIG. On a machine without that file, the plugin cannot be
used by a refresh or a destroy. Nor had it the UID of the cluster: if that is added in the same step in which a
kubeconfig of the stack file gets another address, the plugin replaces the provider with all its resources.
"""

from collections.abc import Mapping
from typing import Any

from components.cli.repair.state import CONTRACT_TYPE, Export
from components.cluster.identity import ClusterId

PROVIDER_TYPE = "pulumi:providers:kubernetes"
PROVIDER_NAME = "cluster"
"""The provider's name in the program."""

IDENTIFIER = "clusterIdentifier"

_PROPERTIES = ("inputs", "outputs")

Resource = Mapping[str, Any]


def needs_identity(export: Export) -> bool:
    """Return whether the state has the program's provider, and no cluster's UID in it."""
    return any(_is_provider(each) and IDENTIFIER not in _inputs(each) for each in _resources(export))


def with_identity(export: Export, cluster: ClusterId, *, keeps_secret: bool) -> Export:
    """Return the state with the cluster's UID in the provider, and without a kubeconfig of one machine.

    Args:
        export: the state.
        cluster: the cluster of the state's contract, at its present address.
        keeps_secret: whether to keep an encrypted kubeconfig, because the stack file has one.
    """

    def edited(resource: Resource) -> Resource:
        if _is_provider(resource):
            return {**resource, **{name: _identified(resource, name, cluster, keeps_secret) for name in _PROPERTIES}}
        if resource.get("type") == CONTRACT_TYPE:
            # The address that the contract compares, see components/contract/inputs.py.
            return {**resource, **{name: {**resource[name], "cluster": cluster.as_props()} for name in _PROPERTIES}}
        return resource

    deployment = export.get("deployment") or {}
    return {**export, "deployment": {**deployment, "resources": [edited(each) for each in _resources(export)]}}


def _identified(resource: Resource, name: str, cluster: ClusterId, keeps_secret: bool) -> Mapping[str, Any]:
    properties = dict(resource.get(name) or {})
    is_secret = isinstance(properties.get("kubeconfig"), Mapping)
    if not (is_secret and keeps_secret):
        properties.pop("kubeconfig", None)
    return {**properties, IDENTIFIER: cluster.uid}


def _is_provider(resource: Resource) -> bool:
    return resource.get("type") == PROVIDER_TYPE and str(resource.get("urn")).endswith(f"::{PROVIDER_NAME}")


def _inputs(resource: Resource) -> Mapping[str, Any]:
    found: Mapping[str, Any] = resource.get("inputs") or {}
    return found


def _resources(export: Export) -> list[Resource]:
    return list((export.get("deployment") or {}).get("resources") or [])
