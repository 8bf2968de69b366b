"""A program gone wrong: the project's own, with every mandatory rule broken on the way to the engine."""

from collections.abc import Mapping
from typing import Any

import pulumi

PLAIN = "0123456789abcdef"

VALUES: dict[str, Any] = {
    "jupyterhub": {
        "hub": {
            "config": {
                "JupyterHub": {"authenticator_class": "dummy"},
                "Authenticator": {"allow_existing_users": True},
                "LDAPAuthenticator": {"allow_all": True, "allowedGroups": ["everybody"], "tls_kwargs": {"validate": 0}},
                "KubeSpawner": {"delete_pvc": True},
            },
            "extraConfig": {"zz": "c.JupyterHub.authenticator_class = 'null'"},
            "networkPolicy": {"enabled": False},
        },
        "proxy": {"secretToken": PLAIN, "service": {"type": "LoadBalancer"}},
        "singleuser": {
            "cpu": {"limit": 1, "guarantee": 0.1},
            "allowPrivilegeEscalation": True,
            "image": {"name": "registry.example.com/somebody/notebook", "tag": "latest"},
        },
    },
    "dask-gateway": {"gateway": {"extraConfig": {"zz": "c.ClusterConfig.idle_timeout = 0"}}},
}

SAID = {
    "log-in-by-directory": 'authenticator_class is "dummy"',
    "log-in-by-group": "allow_all is true",
    "no-allow-existing-users": "allow_existing_users is true",
    "verified-directory-tls": "tls_kwargs.validate is 0, not 2",
    "known-settings": "allowedGroups is in camelCase; write allowed_groups",
    "reviewed-hub-code": "hub.extraConfig.zz is not of this project",
    "group-name": 'name is "other_notebook_users"; for the cluster reviewed it is reviewed_notebook_users',
    "tls-on-every-host": "hub.example.com is in no entry of spec.tls",
    "ingress-host": 'host is "hub.example.com"; of this stack\'s configuration follows pangeo.192-0-2-10.sslip.io',
    "no-public-services": 'proxy.service.type is "LoadBalancer"',
    "pod-security": "singleuser.allowPrivilegeEscalation is not false",
    "network-policies": "hub.networkPolicy.enabled is false",
    "tenancy-protected": "protect is false",
    "homes-outlive-users": "delete_pvc is true",
    "retained-expandable-volumes": 'reclaimPolicy is "Delete"',
    "no-plain-text-secrets": "values.jupyterhub.proxy.secretToken holds a secret that no",
    "exact-chart": 'chart is "./other/chart"',
    "approved-images": "image is registry.example.com/somebody/notebook:latest, from none of docker.io/pangeo",
    "no-latest-image": "latest is another image tomorrow",
    "guaranteed-resources": "CPU limit 1 is not the guarantee 0.1",
    "dask-limits": "does not set idle_timeout, or to nothing",
    "unique-names": "the namespace reviewed is taken by the stack neighbour",
}
"""What each mandatory rule says of it. That of the two stacks is broken by another stack file."""


def everything(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """Break what is declared, whatever it is."""
    props: dict[str, Any] = dict(args.props)
    match args.type_:
        case "kubernetes:helm.sh/v3:Release":
            props |= {"values": merged(props["values"], VALUES), "chart": "./other/chart"}
        case "kubernetes:core/v1:Namespace":
            props["metadata"] = {"name": "reviewed"}
        case "kubernetes:storage.k8s.io/v1:StorageClass":
            props["reclaimPolicy"] = "Delete"
        case "kubernetes:networking.k8s.io/v1:Ingress":
            props["spec"] = {"rules": [{"host": "hub.example.com"}]}
        case "pulumi-python:dynamic/freeipa:Group":
            props["name"] = "other_notebook_users"
        case _:
            return None
    return pulumi.ResourceTransformationResult(props, args.opts)


def not_known_yet(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """Let the notebook's CPUs follow from a resource that is still to be made."""
    if args.type_ != "kubernetes:helm.sh/v3:Release":
        return None
    props: dict[str, Any] = dict(args.props)
    later = props["values"]["jupyterhub"]["proxy"]["secretToken"].apply(len)
    return pulumi.ResourceTransformationResult(
        {**props, "values": merged(props["values"], {"jupyterhub": {"singleuser": {"cpu": {"limit": later}}}})},
        args.opts,
    )


def merged(tree: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``tree`` with the leaves of ``changes``."""
    return {
        **tree,
        **{
            key: merged(tree[key], change)
            if isinstance(change, Mapping) and isinstance(tree.get(key), Mapping)
            else change
            for key, change in changes.items()
        },
    }
