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

SDK = "pulumi-kubernetes"
"""Resources request the provider plugin in the version of this installed package, as the SDK's own classes do."""


class KubernetesObject(pulumi.CustomResource):
    """An object of the Kubernetes API."""

    def __init__(self, resource_name: str, manifest: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        """Declare the object in ``manifest``, which has the form that kubectl accepts."""
        super().__init__(
            type_token(manifest["apiVersion"], manifest["kind"]), resource_name, dict(manifest), _with_sdk_version(opts)
        )


class HelmRelease(pulumi.CustomResource):
    """A Helm release. Pulumi waits until its pods are ready."""

    def __init__(self, resource_name: str, settings: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        """Declare the release.

        Args:
            resource_name: the resource's name in the state.
            settings: inputs of https://www.pulumi.com/registry/packages/kubernetes/api-docs/helm/v3/release/.
            opts: the resource's options.
        """
        # The SDK's class sends the constant `compat`, too.
        props = {"compat": "true", **settings}
        super().__init__("kubernetes:helm.sh/v3:Release", resource_name, props, _with_sdk_version(opts))


def annotated(manifest: Mapping[str, Any], annotations: Mapping[str, pulumi.Input[str]]) -> dict[str, Any]:
    """Return the manifest with further annotations."""
    metadata = manifest["metadata"]
    if not annotations:
        return dict(manifest)
    return {
        **manifest,
        "metadata": {**metadata, "annotations": {**(metadata.get("annotations") or {}), **annotations}},
    }


def type_token(api_version: str, kind: str) -> str:
    """Return Pulumi's type of a Kubernetes kind: ``kubernetes:core/v1:Namespace`` for ``v1`` and ``Namespace``."""
    group = api_version if "/" in api_version else f"core/{api_version}"
    return f"kubernetes:{group}:{kind}"


def _with_sdk_version(opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(pulumi.ResourceOptions(version=_sdk_version()), opts)


@functools.cache  # version() reads and parses a file in every call
def _sdk_version() -> str:
    return version(SDK)
