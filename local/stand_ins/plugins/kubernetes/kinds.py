"""The object kinds that the stand-in implements. One entry here is all that a kind needs."""

from dataclasses import dataclass

from local.stand_ins.plugins.diff import Path

CREATE_MANAGER = "pulumi-kubernetes"
"""Field manager of the fields that were set when an object was created."""

NAME: Path = ("metadata", "name")
NAMESPACE: Path = ("metadata", "namespace")


@dataclass(frozen=True)
class ObjectKind:
    """A kind of Kubernetes object: its place in the API, and the fields on whose change the plugin replaces it."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool
    immutable: tuple[Path, ...] = ()
    is_typed: bool = True
    """Whether the official plugin knows the kind's type, and so drops its empty maps and lists."""
    updated_whole: bool = False
    """Whether an update replaces the whole object, including other managers' fields, instead of applying its own."""

    confidential: bool = False
    """Whether the fields ``data`` and ``stringData`` are secret."""

    @property
    def resource(self) -> str:
        """The API's name of the kind in messages: ``ingresses.networking.k8s.io``, ``namespaces``."""
        group, slash, _ = self.api_version.rpartition("/")
        return f"{self.plural}.{group}" if slash else self.plural

    @property
    def replaces_on(self) -> tuple[Path, ...]:
        """Fields whose change creates a new object: its name, and the fields that the API never changes in place."""
        return (NAME, NAMESPACE, *self.immutable)


OBJECT_KINDS = {
    "kubernetes:core/v1:Namespace": ObjectKind("v1", "Namespace", "namespaces", namespaced=False),
    "kubernetes:core/v1:Secret": ObjectKind(
        "v1", "Secret", "secrets", namespaced=True, immutable=(("type",), ("data",)), confidential=True
    ),
    "kubernetes:core/v1:Service": ObjectKind(
        "v1", "Service", "services", namespaced=True, immutable=(("spec", "clusterIP"),)
    ),
    "kubernetes:storage.k8s.io/v1:StorageClass": ObjectKind(
        "storage.k8s.io/v1",
        "StorageClass",
        "storageclasses",
        namespaced=False,
        immutable=(("provisioner",), ("parameters",)),
    ),
    "kubernetes:core/v1:PersistentVolume": ObjectKind(
        "v1", "PersistentVolume", "persistentvolumes", namespaced=False, immutable=(("spec", "nfs"),)
    ),
    "kubernetes:core/v1:PersistentVolumeClaim": ObjectKind(
        "v1",
        "PersistentVolumeClaim",
        "persistentvolumeclaims",
        namespaced=True,
        immutable=(("spec", "accessModes"), ("spec", "storageClassName"), ("spec", "volumeName")),
    ),
    "kubernetes:networking.k8s.io/v1:Ingress": ObjectKind(
        "networking.k8s.io/v1", "Ingress", "ingresses", namespaced=True
    ),
    "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition": ObjectKind(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        namespaced=False,
        is_typed=False,
        updated_whole=True,
    ),
    "kubernetes:traefik.io/v1alpha1:Middleware": ObjectKind(
        "traefik.io/v1alpha1", "Middleware", "middlewares", namespaced=True, is_typed=False
    ),
    "kubernetes:monitoring.coreos.com/v1:ServiceMonitor": ObjectKind(
        "monitoring.coreos.com/v1", "ServiceMonitor", "servicemonitors", namespaced=True, is_typed=False
    ),
    "kubernetes:monitoring.coreos.com/v1:PrometheusRule": ObjectKind(
        "monitoring.coreos.com/v1", "PrometheusRule", "prometheusrules", namespaced=True, is_typed=False
    ),
}
