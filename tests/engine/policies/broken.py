"""Changes to the program's resources on the way to the engine that violate every mandatory rule."""

from collections.abc import Mapping
from typing import Any

import pulumi

from tests.support.tenancies import domain_of

PLAIN = "0123456789abcdef"
SECOND = "second"
"""Name of a further Secret in the state."""

VALUES: dict[str, Any] = {
    "jupyterhub": {
        "hub": {
            "config": {
                "JupyterHub": {"authenticator_class": "dummy"},
                "Authenticator": {"allow_existing_users": True},
                "LDAPAuthenticator": {"allow_all": True, "allowedGroups": ["everybody"], "tls_kwargs": {"validate": 0}},
                "KubeSpawner": {"delete_pvc": True},
            },
            "loadRoles": {"user": {"scopes": ["admin:users", "access:servers"]}},
            "extraConfig": {"zz": "c.JupyterHub.authenticator_class = 'null'"},
            "networkPolicy": {"enabled": False},
        },
        "proxy": {"secretToken": PLAIN, "service": {"type": "LoadBalancer"}},
        "singleuser": {
            "cpu": {"limit": 1, "guarantee": 0.1},
            "extraResource": {"limits": {"ephemeral-storage": "1000Gi"}},
            "allowPrivilegeEscalation": True,
            "storage": {"extraVolumes": {"node": {"name": "node", "hostPath": {"path": "/"}}}},
            "profileList": [{"display_name": "Free", "kubespawner_override": {"privileged": True}}],
            "extraEnv": {"COOKIE": {"valueFrom": {"secretKeyRef": {"name": "hub", "key": "values.yaml"}}}},
            "image": {"name": "registry.example.com/somebody/notebook", "tag": "latest"},
        },
    },
    "dask-gateway": {"gateway": {"extraConfig": {"zz": "c.ClusterConfig.idle_timeout = 0"}}},
}

ANNOTATIONS = {"nginx.ingress.kubernetes.io/auth-url": "https://attacker.example"}
"""Annotations of the stack file that violate a rule."""

REACH = [{"name": "object-store", "cidrs": "10.20.0.0/16", "ports": 443}]
"""Entries of the stack file's ``network.reach``."""

ORGANISATION = {"approved-networks": {"networks": ["10.30.0.0/16"]}}
"""Settings of rules which the stack file violates."""

CHART_FILES = {
    "values.yaml": "jupyterhub: {hub: {args: [--Authenticator.allow_all=True]}}\n",
    "templates/service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: open}\nspec: {type: LoadBalancer}\n",
}
"""Files of the chart that violate rules about it."""

MESSAGES = {
    "known-resources": 'its name is "other"; a tenancy has only reviewed-homes',
    "program-objects": "provisioner is another text; the program sets another text",
    "complete-tenancy": "there are 2 resources of the type kubernetes:core/v1:Secret; this tenancy has 1",
    "log-in-by-directory": 'authenticator_class is "dummy"',
    "log-in-by-group": "allow_all is true",
    "known-permissions": "hub.loadRoles.user is",
    "profiles-change-sizes": "singleuser.profileList[0].kubespawner_override.privileged: a profile may change only",
    "declared-variables": "singleuser.extraEnv.COOKIE comes from another source than the program's",
    "no-allow-existing-users": "allow_existing_users is true",
    "verified-directory-tls": "tls_kwargs.validate is 0, not 2",
    "known-settings": "allowedGroups is in camelCase; write allowed_groups",
    "reviewed-hub-code": "hub.extraConfig.zz is not part of this project",
    "group-name": 'name is "other_notebook_users"; for pangeo:clusterName reviewed it must be reviewed_notebook_users',
    "tls-on-every-host": "hub.example.com is in no entry of spec.tls",
    "redirect-to-https": "its class traefik is not that of pangeo:ingress.className",
    "ingress-host": f'host is "hub.example.com"; for this stack\'s configuration it must be {domain_of("192.0.2.10")}',
    "known-annotations": "nginx.ingress.kubernetes.io/auth-url, which is not known to be harmless",
    "separate-volumes": "parameters.subDir is not known to keep each user's volume separate",
    "no-public-services": 'proxy.service.type is "LoadBalancer"',
    "pod-security": "singleuser.allowPrivilegeEscalation is not false",
    "network-policies": "hub.networkPolicy.enabled is false",
    "approved-networks": "the entry object-store allows 10.20.0.0/16, which is not in an approved network",
    "tenancy-protected": "protect is false",
    "homes-outlive-users": "delete_pvc is true",
    "retained-expandable-volumes": 'reclaimPolicy is "Delete"',
    "shared-folders": "singleuser.storage.extraVolumes.node mounts hostPath, which is no shared folder",
    "no-plain-text-secrets": "values.jupyterhub.proxy.secretToken contains a secret",
    "reviewed-chart": "chart/templates/service.yaml has an object of the kind Service",
    "program-values": "jupyterhub.hub.args[0], in chart/values.yaml, is another text; the program does not set it",
    "release-inputs": 'namespace is "default"; for this stack\'s configuration it must be reviewed',
    "exact-chart": 'chart is "./other/chart"',
    "approved-images": "image is registry.example.com/somebody/notebook:latest, which is not from an approved registry",
    "no-latest-image": "the tag latest is not fixed",
    "guaranteed-resources": "CPU limit 1 is not the guarantee 0.1",
    "limited-temporary-storage": 'singleuser.extraResource.limits.ephemeral-storage is "1000Gi"',
    "dask-limits": "sets no idle_timeout",
    "unique-names": "pangeo:clusterName reviewed is also the namespace of the stack neighbour",
}
"""A part of each mandatory rule's message; for unique-names, the test adds another stack file."""


def violate_everything(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """Change a resource so that it violates every rule that applies to it."""
    props: dict[str, Any] = dict(args.props)
    match args.type_:
        case "kubernetes:helm.sh/v3:Release":
            props |= {"values": merge(props["values"], VALUES), "chart": "./other/chart", "namespace": "default"}
        case "kubernetes:core/v1:Namespace":
            props["metadata"] = {"name": "reviewed"}
        case "kubernetes:storage.k8s.io/v1:StorageClass":
            props |= {"reclaimPolicy": "Delete", "provisioner": "example.org/other", "metadata": {"name": "other"}}
            props["parameters"] = {"subDir": "homes"}
        case "kubernetes:core/v1:Secret" if args.name != SECOND:
            pulumi.CustomResource(args.type_, SECOND, props, pulumi.ResourceOptions(parent=args.opts.parent))
            return None
        case "kubernetes:networking.k8s.io/v1:Ingress":
            props["spec"] = {"ingressClassName": "traefik", "rules": [{"host": "hub.example.com"}]}
        case "pulumi-python:dynamic/freeipa:Group":
            props["name"] = "other_notebook_users"
        case _:
            return None
    return pulumi.ResourceTransformationResult(props, args.opts)


def make_cpus_unknown(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """Derive the notebook's CPUs from an output of a resource that does not exist yet."""
    if args.type_ != "kubernetes:helm.sh/v3:Release":
        return None
    props: dict[str, Any] = dict(args.props)
    later = props["values"]["digests"]["secrets"].apply(len)
    return pulumi.ResourceTransformationResult(
        {**props, "values": merge(props["values"], {"jupyterhub": {"singleuser": {"cpu": {"limit": later}}}})},
        args.opts,
    )


def copy_kubeconfig(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """Copy the stack's kubeconfig into an annotation of the namespace."""
    if args.type_ != "kubernetes:core/v1:Namespace":
        return None
    kubeconfig = pulumi.Config("pangeo").require_object("kubernetes")["kubeconfig"]
    props: dict[str, Any] = dict(args.props)
    annotated = {**props["metadata"], "annotations": {"note": kubeconfig}}
    return pulumi.ResourceTransformationResult({**props, "metadata": annotated}, args.opts)


def merge(tree: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``tree`` with the leaves of ``changes``."""
    return {
        **tree,
        **{
            key: merge(tree[key], change)
            if isinstance(change, Mapping) and isinstance(tree.get(key), Mapping)
            else change
            for key, change in changes.items()
        },
    }
