"""The resource types the stand-in knows. A plain object kind is one entry here and nothing else."""

from dataclasses import dataclass

from local.stand_ins.plugins.diff import Path

RELEASE = "kubernetes:helm.sh/v3:Release"

NAME: Path = ("metadata", "name")
NAMESPACE: Path = ("metadata", "namespace")


@dataclass(frozen=True)
class ObjectKind:
    """A kind of Kubernetes object: where the API serves it and which of its fields the official plugin replaces on."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool
    immutable: tuple[Path, ...] = ()
    updated_whole: bool = False
    """Whether an update puts the inputs in the object's place, other people's fields included, instead of applying."""

    @property
    def replaces_on(self) -> tuple[Path, ...]:
        """The fields whose change makes a new object: identity, and what the API never changes in place."""
        return (NAME, NAMESPACE, *self.immutable)


OBJECT_KINDS = {
    "kubernetes:core/v1:Namespace": ObjectKind("v1", "Namespace", "namespaces", namespaced=False),
    "kubernetes:core/v1:Secret": ObjectKind(
        "v1", "Secret", "secrets", namespaced=True, immutable=(("type",), ("data",))
    ),
    "kubernetes:core/v1:ResourceQuota": ObjectKind("v1", "ResourceQuota", "resourcequotas", namespaced=True),
    "kubernetes:core/v1:LimitRange": ObjectKind("v1", "LimitRange", "limitranges", namespaced=True),
    "kubernetes:storage.k8s.io/v1:StorageClass": ObjectKind(
        "storage.k8s.io/v1",
        "StorageClass",
        "storageclasses",
        namespaced=False,
        immutable=(("provisioner",), ("parameters",)),
    ),
    "kubernetes:networking.k8s.io/v1:Ingress": ObjectKind(
        "networking.k8s.io/v1", "Ingress", "ingresses", namespaced=True
    ),
    "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition": ObjectKind(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        namespaced=False,
        updated_whole=True,
    ),
    "kubernetes:traefik.io/v1alpha1:Middleware": ObjectKind(
        "traefik.io/v1alpha1", "Middleware", "middlewares", namespaced=True
    ),
}


def unsupported(type_token: str) -> str:
    """The message for a type that is not in the table."""
    known = ", ".join(sorted([*OBJECT_KINDS, RELEASE]))
    return (
        f"the local stand-in for the kubernetes plugin does not know {type_token}; it knows {known}. "
        "Install the official plugin (pulumi plugin install resource kubernetes), which then takes its place."
    )
