"""Chart version and owner of a CRD, by its metadata."""

from typing import Any

import pytest

from components.chart.crds import VERSION_ANNOTATION, InstalledCrd
from components.cluster.crds import read_crd


def metadata(*managers: str, version: str | None = None) -> dict[str, Any]:
    fields = [{"manager": manager, "operation": "Apply"} for manager in managers]
    fields.append({"manager": "kube-apiserver", "operation": "Update", "subresource": "status"})
    return {"name": "a", "managedFields": fields, "annotations": {VERSION_ANNOTATION: version} if version else None}


def test_crd_written_by_stacks_only_is_unchanged() -> None:
    written = metadata("pulumi-kubernetes-0a1b2c3d", "pulumi-kubernetes-99999999", version="2026.3.0")

    assert read_crd(written) == InstalledCrd("2026.3.0", changed_by_others=False)


@pytest.mark.parametrize("manager", ["helm", "kubectl-edit", "kubectl", "argocd-controller"])
def test_crd_written_by_another_manager_is_changed(manager: str) -> None:
    assert read_crd(metadata("pulumi-kubernetes-0a1b2c3d", manager, version="2026.3.0")).changed_by_others


def test_crd_without_annotation_has_no_chart_version() -> None:
    assert read_crd(metadata("helm")).chart_version is None
