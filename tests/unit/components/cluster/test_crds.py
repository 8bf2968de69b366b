"""Chart version and owner of a CRD, by its metadata."""

from typing import Any

import pytest

from components.chart.crds import CONTENT_ANNOTATION, VERSION_ANNOTATION, InstalledCrd
from components.cluster.crds import read_crd
from components.ownership.field_manager import FIELD_MANAGER


def metadata(*managers: str, version: str | None = None) -> dict[str, Any]:
    fields = [{"manager": manager, "operation": "Apply"} for manager in managers]
    fields.append({"manager": "kube-apiserver", "operation": "Update", "subresource": "status"})
    return {"name": "a", "managedFields": fields, "annotations": {VERSION_ANNOTATION: version} if version else None}


def entry(manager: str, *fields: str, operation: str = "Apply") -> dict[str, Any]:
    """Return an owner of fields of the specification and, as ``content``, of the digest's annotation."""
    owned: dict[str, Any] = {"f:spec": {f"f:{field}": {} for field in fields if field != "content"}}
    if "content" in fields:
        owned["f:metadata"] = {"f:annotations": {f"f:{CONTENT_ANNOTATION}": {}}}
    return {"manager": manager, "operation": operation, "fieldsV1": owned}


def crd_of(*entries: dict[str, Any]) -> InstalledCrd:
    annotations = {VERSION_ANNOTATION: "2026.3.0", CONTENT_ANNOTATION: "digest"}
    return read_crd({"name": "a", "managedFields": list(entries), "annotations": annotations})


def test_crd_written_by_stacks_only_is_unchanged() -> None:
    written = metadata("pulumi-kubernetes-0a1b2c3d", "pulumi-kubernetes-99999999", version="2026.3.0")

    assert read_crd(written) == InstalledCrd("2026.3.0", changed_by_others=False)


def test_digest_is_the_content_while_its_writer_owns_the_specification() -> None:
    assert crd_of(entry(FIELD_MANAGER, "group", "versions", "content")).content == "digest"
    upgraded = entry(FIELD_MANAGER, "versions", "content", operation="Update")
    assert crd_of(entry(FIELD_MANAGER, "group"), upgraded).content == "digest"


@pytest.mark.parametrize("manager", ["pulumi-kubernetes-0a1b2c3d", "kubectl-edit"])
def test_digest_is_not_the_content_after_another_writer(manager: str) -> None:
    assert crd_of(entry(FIELD_MANAGER, "group", "content"), entry(manager, "versions")).content is None


@pytest.mark.parametrize(
    ("managers", "name"),
    [
        ([], None),
        (["helm"], None),
        (["pulumi-kubernetes-b", "pulumi-kubernetes-a"], "pulumi-kubernetes-a"),
        (["pulumi-kubernetes-a", FIELD_MANAGER], FIELD_MANAGER),
    ],
)
def test_name_of_the_specification_is_one_of_pulumis(managers: list[str], name: str | None) -> None:
    assert crd_of(*(entry(manager, "group") for manager in managers)).field_manager == name


@pytest.mark.parametrize("manager", ["helm", "kubectl-edit", "kubectl", "argocd-controller"])
def test_crd_written_by_another_manager_is_changed(manager: str) -> None:
    assert read_crd(metadata("pulumi-kubernetes-0a1b2c3d", manager, version="2026.3.0")).changed_by_others


def test_crd_without_annotation_has_no_chart_version() -> None:
    assert read_crd(metadata("helm")).chart_version is None
