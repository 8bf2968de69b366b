"""The namespace and the storage class of a tenancy, as manifests. Pure."""

from typing import Any

from components.config.storage import StorageClassToCreate
from components.config.tenancy import Tenancy

Manifest = dict[str, Any]

POD_SECURITY_LABELS = {
    "pod-security.kubernetes.io/enforce": "baseline",
    "pod-security.kubernetes.io/warn": "restricted",
}
"""Labels of the namespace: pods below the level ``baseline`` are refused."""


def namespace_manifest(tenancy: Tenancy) -> Manifest:
    """Return the tenancy's namespace."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": tenancy.namespace, "labels": POD_SECURITY_LABELS},
    }


def storage_class_manifest(tenancy: Tenancy, create: StorageClassToCreate) -> Manifest:
    """Return the storage class of the home volumes, for ``storage.create``."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": tenancy.storage_class_name},
        "provisioner": create.provisioner,
        "parameters": create.parameters,
        "reclaimPolicy": create.reclaim_policy,
        "allowVolumeExpansion": create.allow_volume_expansion,
        "volumeBindingMode": "WaitForFirstConsumer",
    }
