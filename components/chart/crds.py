"""The custom resource definitions (CRDs) of Dask Gateway's chart, and the selection of those that a stack declares.

Helm installs a chart's ``crds/`` only with the first revision of a release: not when a newer chart has newer CRDs, and
not when a deployed tenancy enables Dask (https://helm.sh/docs/chart_best_practices/custom_resource_definitions/,
https://github.com/dask/dask-gateway/issues/553). Therefore the program declares them.

CRDs are shared by all tenancies of a cluster:

- **No CRD is deleted** by a destroy. Deleting one would delete all its objects, including other tenancies' clusters.
- **A newer chart upgrades them**: an annotation holds the version of the chart that a CRD came from. A CRD from a newer
  chart, installed by another tenancy, is left unchanged.
- **No CRD is overwritten with other content of the same version**, or if its version is unknown, as with Helm: another
  tenancy, or a hub that this program did not deploy, may depend on it. Equal ones are adopted.
- **Traefik's CRDs**, which the gateway's proxy uses, may belong to the cluster's own, possibly newer Traefik. A CRD
  that this program did not install, or that others have changed since, is left unchanged and used as it is.
"""

import re
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from components.chart.archives import CHART, FETCH, ChartDependenciesError
from components.chart.crd_content import content_digest, stored_spec
from components.ownership import field_manager

GATEWAY = "dask-gateway"
"""Name of the gateway's chart."""

DASK_GROUP = "gateway.dask.org"
"""API group of Dask's CRDs."""

VERSION_ANNOTATION = "dask-gateway.pangeo/chart-version"
"""Annotation of the CRDs that this program installs; its value is the version of the gateway's chart."""

CONTENT_ANNOTATION = "dask-gateway.pangeo/content"
"""Annotation of the CRDs that this program installs; its value is the digest of the specification."""

UNKNOWN_VERSION = "0"
"""Version to write into the annotation of a CRD that this program may overwrite."""

INSTRUCTIONS = {"pulumi.com/waitFor": "condition=Established"}
"""Instructions to the Kubernetes provider: the release contains objects of these kinds."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Crd:
    """A CRD of the chart, as the program declares it."""

    name: str
    """``<plural>.<group>``, e.g. ``daskclusters.gateway.dask.org``."""
    chart_version: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    spec: Mapping[str, Any]

    @property
    def content(self) -> str:
        """The digest of the specification."""
        return self.annotations[CONTENT_ANNOTATION]

    def manifest(self) -> dict[str, Any]:
        """Return the object to declare."""
        annotations = {**self.annotations, **INSTRUCTIONS}
        return {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": self.name, "labels": {**self.labels}, "annotations": annotations},
            "spec": {**self.spec},
        }

    @property
    def is_dask(self) -> bool:
        """Whether the CRD belongs to Dask Gateway; no other software installs it."""
        return self.name.partition(".")[2] == DASK_GROUP


@dataclass(frozen=True)
class InstalledCrd:
    """The facts about a CRD in the cluster that decide whether this program may change it."""

    chart_version: str | None
    """Version of the gateway's chart that it came from; None if this program did not install it."""
    changed_by_others: bool
    """Whether a client other than Pulumi has set one of its fields."""
    content: str | None = None
    """The digest of its specification; None if it was not read."""
    field_manager: str | None = None
    """A name of Pulumi under which the specification was set; None if there is none."""


class CrdSelection(NamedTuple):
    """The CRDs to declare, and a notice for the CRDs that are left unchanged."""

    declared: tuple[Crd, ...]
    notices: tuple[str, ...]


def packaged_crds(chart: Path = CHART) -> list[Crd]:
    """Return the CRDs in the gateway's archive below ``chart``; none if the chart does not depend on the gateway.

    The archive's digest is not checked here; see ``archives.verify_dependencies``.

    Raises:
        ChartDependenciesError: the archive is missing or cannot be read.
    """
    lock = yaml.safe_load((chart / "Chart.lock").read_text())
    versions = [str(each["version"]) for each in lock["dependencies"] if each["name"] == GATEWAY]
    return [crd for version in versions for crd in _read_archive(chart / f"charts/{GATEWAY}-{version}.tgz", version)]


def select_crds(packaged: Sequence[Crd], installed: Mapping[str, InstalledCrd] | None) -> CrdSelection:
    """Select the CRDs that the stack declares.

    Args:
        packaged: the CRDs of the chart.
        installed: the CRDs in the cluster, by name. None if a preview cannot reach the cluster: then all are declared.
    """
    known = installed or {}
    newer = [crd for crd in packaged if _is_newer(known.get(crd.name), crd)]
    foreign = [crd for crd in packaged if crd not in newer and not crd.is_dask and _is_foreign(known.get(crd.name))]
    other = [crd for crd in packaged if crd not in newer and crd not in foreign and _is_other(known.get(crd.name), crd)]
    notices = []
    if newer:
        versions = sorted({str(known[crd.name].chart_version) for crd in newer}, key=_version_key)
        notices.append(
            f"{_join_names(newer)}: not changed, because another tenancy installed them with {GATEWAY} "
            f"{versions[-1]}, which is newer than this tenancy's {newer[0].chart_version}"
        )
    if foreign:
        notices.append(
            f"{_join_names(foreign)}: not changed, because they belong to the cluster; Dask Gateway uses them"
        )
    if other:
        names = " ".join(crd.name for crd in other)
        notices.append(
            f"{_join_names(other)}: not changed, because the cluster has them with other content, on which another hub "
            f"may depend, and not from an older {GATEWAY} than {other[0].chart_version}. If no other hub needs them, "
            f"let this stack overwrite them: kubectl annotate --overwrite crd {names} "
            f"{VERSION_ANNOTATION}={UNKNOWN_VERSION}"
        )
    left = {crd.name for crd in (*newer, *foreign, *other)}
    declared = tuple(_with_field_manager(crd, known.get(crd.name)) for crd in packaged if crd.name not in left)
    return CrdSelection(declared, tuple(notices))


def _read_archive(archive: Path, version: str) -> list[Crd]:
    """Return the CRDs of all files in ``crds/``, sorted by name."""
    try:
        with tarfile.open(archive) as tar:
            members = sorted(
                (each for each in tar.getmembers() if each.name.startswith(f"{GATEWAY}/crds/") and each.isfile()),
                key=lambda each: each.name,
            )
            texts = [file.read().decode() for each in members if (file := tar.extractfile(each))]
        documents = [document for text in texts for document in yaml.load_all(text, Loader=_LOADER)]
    except (OSError, EOFError, tarfile.TarError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ChartDependenciesError(
            f"{archive} cannot be read ({type(error).__name__}); delete it and run: {FETCH}"
        ) from None
    return sorted((_make_crd(each, version) for each in documents if _is_crd(each)), key=lambda crd: crd.name)


def _is_crd(document: object) -> bool:
    return isinstance(document, Mapping) and document.get("kind") == "CustomResourceDefinition"


def _make_crd(document: Mapping[str, Any], version: str) -> Crd:
    metadata = document["metadata"]
    spec = stored_spec(document["spec"])
    own = {VERSION_ANNOTATION: version, CONTENT_ANNOTATION: content_digest(spec)}
    return Crd(
        name=str(metadata["name"]),
        chart_version=version,
        labels=dict(metadata.get("labels") or {}),
        annotations={**(metadata.get("annotations") or {}), **own, **field_manager.annotations()},
        spec=spec,
    )


def _with_field_manager(crd: Crd, installed: InstalledCrd | None) -> Crd:
    """Return the CRD with the name under which the installed one was set.

    When the name of a CRD in the state changes, the provider ends the old name's ownership of all fields. It updates
    CRDs in a way that gives the new name only changed fields, so the API server would refuse that.
    """
    if installed is None or installed.field_manager is None:
        return crd
    return replace(crd, annotations={**crd.annotations, **field_manager.annotations(installed.field_manager)})


def _is_newer(installed: InstalledCrd | None, packaged: Crd) -> bool:
    version = installed.chart_version if installed else None
    return version is not None and _version_key(version) > _version_key(packaged.chart_version)


def _is_foreign(installed: InstalledCrd | None) -> bool:
    return installed is not None and (installed.chart_version is None or installed.changed_by_others)


def _is_other(installed: InstalledCrd | None, packaged: Crd) -> bool:
    """Return whether the installed CRD differs and is not from an older chart."""
    if installed is None or installed.content in (None, packaged.content):
        return False
    version = installed.chart_version
    return version is None or _version_key(version) >= _version_key(packaged.chart_version)


def _version_key(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, for sorting; a pre-release equals its release."""
    return tuple(int(number) for number in re.findall(r"\d+", re.split(r"[-+]", version, maxsplit=1)[0]))


def _join_names(crds: Iterable[Crd]) -> str:
    return ", ".join(crd.name for crd in crds)
