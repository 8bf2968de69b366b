"""Custom resource definitions (CRDs) that a cluster has, and the programs that changed them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from components.chart.crd_content import content_digest
from components.chart.crds import CONTENT_ANNOTATION, DASK_GROUP, VERSION_ANNOTATION, InstalledCrd
from components.cluster.answers import METADATA_ONLY
from components.ownership.field_manager import FIELD_MANAGER, PROVIDER

if TYPE_CHECKING:
    from components.cluster.client import Api

PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_CONTENT = ("f:metadata", "f:annotations", f"f:{CONTENT_ANNOTATION}")


def installed_crds(api: "Api") -> dict[str, InstalledCrd]:
    """Return every CRD of the cluster by name.

    The specification is read only if the selection of CRDs needs it and its digest is not in an annotation.

    Raises:
        CannotAsk: the cluster gives no answer, or the account may not list or read CRDs.
    """
    items = api.get(PATH, accept=METADATA_ONLY).get("items") or []
    found = {str(each["metadata"]["name"]): read_crd(each["metadata"]) for each in items}
    return {
        name: replace(crd, content=content_digest(api.get(f"{PATH}/{name}")["spec"])) if _needs_spec(name, crd) else crd
        for name, crd in found.items()
    }


def read_crd(metadata: Mapping[str, Any]) -> InstalledCrd:
    """Return a CRD's chart version, owner and, if reliable, its content from its metadata."""
    annotations = metadata.get("annotations") or {}
    # A manager of the status alone, such as the API server, did not change the definition.
    entries = [entry for entry in metadata.get("managedFields") or [] if not entry.get("subresource")]
    managers = {str(entry.get("manager", "")) for entry in entries}
    # One name owns both only if nobody has changed either since it set them.
    is_unchanged = bool(_owners(entries, *_CONTENT) & _owners(entries, "f:spec", "f:versions"))
    return InstalledCrd(
        chart_version=annotations.get(VERSION_ANNOTATION),
        changed_by_others=any(not manager.startswith(PROVIDER) for manager in managers),
        content=annotations.get(CONTENT_ANNOTATION) if is_unchanged else None,
        field_manager=_field_manager([entry for entry in entries if entry.get("operation") == "Apply"]),
    )


def _needs_spec(name: str, crd: InstalledCrd) -> bool:
    is_candidate = crd.chart_version is not None or name.partition(".")[2] == DASK_GROUP
    return is_candidate and crd.content is None


def _field_manager(applied: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the name of Pulumi that owns the specification, preferably the program's own."""
    names = {name for name in _owners(applied, "f:spec", "f:group") if name.startswith(PROVIDER)}
    return FIELD_MANAGER if FIELD_MANAGER in names else min(names, default=None)


def _owners(entries: Sequence[Mapping[str, Any]], *path: str) -> set[str]:
    """Return the managers that own the field at ``path``."""

    def owns(entry: Mapping[str, Any]) -> bool:
        fields = entry.get("fieldsV1") or {}
        return all((fields := fields.get(key)) is not None for key in path)

    return {str(entry.get("manager", "")) for entry in entries if owns(entry)}
