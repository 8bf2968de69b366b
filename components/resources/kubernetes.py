"""Kubernetes objects and Helm releases as Pulumi resources, written as their manifests.

The engine sees what ``pulumi_kubernetes`` declares: same type tokens, same inputs. Its typed classes are left alone
because they are dear to import: ``core.v1`` for one Namespace, ``networking.v1``, ``storage.v1``, ``meta.v1`` and
``helm.v3`` (which brings ``requests``) took 0.6 of a whole program's 0.8 CPU seconds, at every preview.
"""

import functools
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import pulumi

SDK = "pulumi-kubernetes"
"""The plugin is asked for in the version of the installed SDK, as the SDK's own classes do."""


class KubernetesObject(pulumi.CustomResource):
    """One object of the cluster's API."""

    def __init__(self, resource_name: str, manifest: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        """Declare the object that ``manifest`` describes, with ``apiVersion`` and ``kind`` as kubectl has them."""
        super().__init__(
            type_token(manifest["apiVersion"], manifest["kind"]), resource_name, dict(manifest), _of_sdk(opts)
        )


class HelmRelease(pulumi.CustomResource):
    """One Helm release, waited for until its pods are ready."""

    def __init__(self, resource_name: str, settings: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        """Declare the release.

        ``settings``: the inputs of https://www.pulumi.com/registry/packages/kubernetes/api-docs/helm/v3/release/.
        """
        # `compat` is a constant of the resource that the SDK's class sends along.
        props = {"compat": "true", **settings}
        super().__init__("kubernetes:helm.sh/v3:Release", resource_name, props, _of_sdk(opts))


def type_token(api_version: str, kind: str) -> str:
    """Pulumi's name of a Kubernetes kind: ``v1`` and ``Namespace`` become ``kubernetes:core/v1:Namespace``."""
    group = api_version if "/" in api_version else f"core/{api_version}"
    return f"kubernetes:{group}:{kind}"


def _of_sdk(opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(pulumi.ResourceOptions(version=_sdk_version()), opts)


@functools.cache  # its file is read and parsed, for every object again
def _sdk_version() -> str:
    return version(SDK)
