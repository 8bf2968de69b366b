"""Kubernetes objects and Helm releases as Pulumi resources, declared by their manifests.

Type tokens and inputs are those of ``pulumi_kubernetes``. Its typed classes are not used because their import is slow:
``core.v1``, ``networking.v1``, ``storage.v1``, ``meta.v1`` and ``helm.v3`` (which imports ``requests``) took 0.6 of the
0.8 CPU seconds of a whole preview.
"""

import functools
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import pulumi

from components.ownership import field_manager

SDK = "pulumi-kubernetes"
"""Resources request the provider plugin in the version of this installed package, as the SDK's own classes do."""


OUTLIVES_THE_STACK = (
    "CustomResourceDefinition",
    "Namespace",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "StorageClass",
)
"""Kinds of the objects that a destroy may keep, so that a later stack finds them."""


class KubernetesProvider(pulumi.ProviderResource):
    """Access to the target cluster, for all Kubernetes resources.

    Nothing of this machine is an input, since inputs are kept in the stack's state. Without a kubeconfig, the plugin
    uses the one of the machine that runs it. (The SDK's class adds the value of the variable KUBECONFIG.)
    """

    def __init__(
        self,
        resource_name: str,
        *,
        context: str | None,
        kubeconfig: pulumi.Input[str] | None,
        cluster_identifier: pulumi.Input[str | None],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Declare the provider.

        Args:
            resource_name: the provider's name in the state.
            context: the context in the kubeconfig; None for its current one.
            kubeconfig: the secret text of a kubeconfig; None for the one of this machine.
            cluster_identifier: identifies the cluster whatever its address is; None if it is not known. The plugin
                replaces the provider, and with it all its resources, if this changes, or if it is new and the address
                changes at the same time.
            opts: the resource's options.
        """
        props = {
            "context": context,
            "kubeconfig": kubeconfig,
            "clusterIdentifier": cluster_identifier,
            # Lets the next ``up`` use the objects that a destroy kept. The engine encodes providers' inputs as JSON.
            "upsertExistingObjects": "true",
        }
        super().__init__("kubernetes", resource_name, props, _with_sdk_version(opts))


class KubernetesObject(pulumi.CustomResource):
    """An object of the Kubernetes API."""

    def __init__(self, resource_name: str, manifest: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        """Declare the object in ``manifest``, which has the form that kubectl accepts.

        A replacement deletes the old object first: both have the same name, so that the deletion of the old object
        after the creation of the new one would delete the new one.
        """
        # As the SDK's class does for a Secret.
        confidential = ["data", "stringData"] if manifest["kind"] == "Secret" else []
        props = {
            key: pulumi.Output.secret(value) if key in confidential else value
            for key, value in declared_form(manifest).items()
        }
        marks = pulumi.ResourceOptions(additional_secret_outputs=confidential or None)
        options = pulumi.ResourceOptions.merge(_with_fixed_name(opts), marks)
        super().__init__(type_token(manifest["apiVersion"], manifest["kind"]), resource_name, props, options)


class HelmRelease(pulumi.CustomResource):
    """A Helm release. With ``skipAwait``, it is deployed as soon as its hooks have ended and its objects exist."""

    status: pulumi.Output[Mapping[str, Any]]
    """Among others the number ``revision``. Unknown in a preview in which the release changes."""

    def __init__(self, resource_name: str, settings: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        """Declare the release; a replacement uninstalls the old one first, since both have the same name.

        Args:
            resource_name: the resource's name in the state.
            settings: inputs of https://www.pulumi.com/registry/packages/kubernetes/api-docs/helm/v3/release/.
            opts: the resource's options.
        """
        # The SDK's class sends the constant `compat`, too.
        props = {"compat": "true", **settings, "status": None}
        super().__init__("kubernetes:helm.sh/v3:Release", resource_name, props, _with_fixed_name(opts))


def annotated(manifest: Mapping[str, Any], annotations: Mapping[str, pulumi.Input[str]]) -> dict[str, Any]:
    """Return the manifest with further annotations."""
    metadata = manifest["metadata"]
    if not annotations:
        return dict(manifest)
    return {
        **manifest,
        "metadata": {**metadata, "annotations": {**(metadata.get("annotations") or {}), **annotations}},
    }


def declared_form(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest without empty fields of the object and of its metadata, and with a fixed field manager.

    The API server leaves out empty labels, annotations and parameters. The provider compares with the live object, so
    every preview would show them as changes. Fields inside ``spec`` are kept, where an empty map can have a meaning.
    """
    metadata = manifest["metadata"]
    if manifest["kind"] in OUTLIVES_THE_STACK:
        annotations = {**field_manager.annotations(), **(metadata.get("annotations") or {})}
        metadata = {**metadata, "annotations": annotations}
    return _without_empty({**manifest, "metadata": _without_empty(metadata)})


def _without_empty(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None and value not in ({}, [])}


def type_token(api_version: str, kind: str) -> str:
    """Return Pulumi's type of a Kubernetes kind: ``kubernetes:core/v1:Namespace`` for ``v1`` and ``Namespace``."""
    group = api_version if "/" in api_version else f"core/{api_version}"
    return f"kubernetes:{group}:{kind}"


def _with_fixed_name(opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(_with_sdk_version(opts), pulumi.ResourceOptions(delete_before_replace=True))


def _with_sdk_version(opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(pulumi.ResourceOptions(version=_sdk_version()), opts)


@functools.cache  # version() reads and parses a file in every call
def _sdk_version() -> str:
    return version(SDK)
