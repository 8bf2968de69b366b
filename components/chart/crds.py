"""The custom resource definitions (CRDs) of Dask Gateway's chart, as the program owns them.

Helm installs a chart's ``crds/`` with the first revision of a release and never again: not when a newer chart brings
newer ones, and not when a deployed tenancy turns Dask on (https://helm.sh/docs/chart_best_practices/
custom_resource_definitions/, https://github.com/dask/dask-gateway/issues/553). So the program declares them.

They belong to the whole cluster, so a tenancy is never alone with them:

- **None is ever deleted** by a destroy: with a CRD go all its objects, every other tenancy's Dask clusters too.
- **Dask's own** (``*.gateway.dask.org``) are taken over wherever they come from, Helm included. Each carries the
  version of the chart it is from; one from a newer chart, put there by another tenancy, is left as it is.
- **Traefik's**, which the gateway's proxy reads, may be the cluster's own Traefik's, and newer. One that is there and
  was not put there by this program, or was changed by anybody else since, is left alone: the gateway then uses it.

What is put into the cluster lacks the archive's descriptions. They are three quarters of its 107 kB, every stack's
state would hold them several times and every preview send them, for nothing but ``kubectl explain``.
"""

import re
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from components.chart.archives import CHART, FETCH, ChartDependenciesError

GATEWAY = "dask-gateway"
DASK_GROUP = "gateway.dask.org"
VERSION_ANNOTATION = "dask-gateway.pangeo/chart-version"
"""Says that this program put a definition there, and from which version of the gateway's chart."""

_MAPS_OF_SCHEMAS = ("properties", "patternProperties", "definitions")
_NO_SCHEMAS = ("default", "enum", "example", "required")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Crd:
    """One CRD of the chart, as it is to be in the cluster."""

    name: str
    """``<plural>.<group>``, e.g. ``daskclusters.gateway.dask.org``."""
    chart_version: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    spec: Mapping[str, Any]

    @property
    def is_dasks(self) -> bool:
        """Whether it is the gateway's own, and nobody else's in any cluster."""
        return self.name.partition(".")[2] == DASK_GROUP


@dataclass(frozen=True)
class InstalledCrd:
    """What is known of a CRD that is in the cluster."""

    chart_version: str | None
    """Of the gateway's chart it was put there from; None where this program did not put it there."""
    changed_by_others: bool
    """Whether anybody but a Pulumi program set a field of it."""


class Ownership(NamedTuple):
    """The CRDs to declare, and a sentence for each group of others that stay as they are."""

    declared: tuple[Crd, ...]
    notices: tuple[str, ...]


def packaged_crds(chart: Path = CHART) -> list[Crd]:
    """The CRDs in the gateway's archive below ``chart``; none where the chart has no gateway.

    Whether the archive is the pinned one is ``chart_dependencies.verify_dependencies``'s to say.

    Raises:
        ChartDependenciesError: the archive is missing or is none.
    """
    lock = yaml.safe_load((chart / "Chart.lock").read_text())
    versions = [str(each["version"]) for each in lock["dependencies"] if each["name"] == GATEWAY]
    return [found for version in versions for found in _packed(chart / f"charts/{GATEWAY}-{version}.tgz", version)]


def select_crds(definitions: Sequence[Crd], standing: Mapping[str, InstalledCrd] | None) -> Ownership:
    """Which CRDs the stack declares in a cluster where ``standing`` are, by name.

    None for ``standing`` is a cluster that could not be asked, as a preview may find it: then all are declared.
    """
    known = standing or {}
    newer = [each for each in definitions if _is_newer(known.get(each.name), each)]
    foreign = [
        each for each in definitions if each not in newer and not each.is_dasks and _is_foreign(known.get(each.name))
    ]
    notices = []
    if newer:
        versions = sorted({str(known[each.name].chart_version) for each in newer}, key=_order)
        notices.append(
            f"{_named(newer)}: put there by a tenancy with {GATEWAY} {versions[-1]}, newer than the "
            f"{newer[0].chart_version} of this one, and left as they are"
        )
    if foreign:
        notices.append(f"{_named(foreign)}: the cluster's own; Dask Gateway uses them and leaves them as they are")
    return Ownership(tuple(each for each in definitions if each not in newer and each not in foreign), tuple(notices))


def without_descriptions(schema: object) -> object:
    """An OpenAPI schema without its prose; a property that is called ``description`` stays."""
    if isinstance(schema, list):
        return [without_descriptions(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _MAPS_OF_SCHEMAS and isinstance(value, Mapping):
            kept[key] = {name: without_descriptions(inner) for name, inner in value.items()}
        elif key in _NO_SCHEMAS:
            kept[key] = value
        elif key != "description":
            kept[key] = without_descriptions(value)
    return kept


def _packed(archive: Path, version: str) -> list[Crd]:
    """Every document of every file in ``crds/``, in the order of their names."""
    try:
        with tarfile.open(archive) as packed:
            members = sorted(
                (each for each in packed.getmembers() if each.name.startswith(f"{GATEWAY}/crds/") and each.isfile()),
                key=lambda each: each.name,
            )
            texts = [file.read().decode() for each in members if (file := packed.extractfile(each))]
        documents = [document for text in texts for document in yaml.load_all(text, Loader=_LOADER)]
    except (OSError, EOFError, tarfile.TarError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ChartDependenciesError(
            f"{archive} cannot be read ({type(error).__name__}); remove it and run: {FETCH}"
        ) from None
    return sorted((_definition(each, version) for each in documents if _is_definition(each)), key=lambda one: one.name)


def _is_definition(document: object) -> bool:
    return isinstance(document, Mapping) and document.get("kind") == "CustomResourceDefinition"


def _definition(document: Mapping[str, Any], version: str) -> Crd:
    metadata = document["metadata"]
    spec = {**document["spec"], "versions": [_served(each) for each in document["spec"]["versions"]]}
    return Crd(
        name=str(metadata["name"]),
        chart_version=version,
        labels=dict(metadata.get("labels") or {}),
        annotations={**(metadata.get("annotations") or {}), VERSION_ANNOTATION: version},
        spec=spec,
    )


def _served(version: Mapping[str, Any]) -> dict[str, Any]:
    if "schema" not in version:
        return dict(version)
    return {**version, "schema": {key: without_descriptions(schema) for key, schema in version["schema"].items()}}


def _is_newer(there: InstalledCrd | None, ours: Crd) -> bool:
    return bool(there and there.chart_version and _order(there.chart_version) > _order(ours.chart_version))


def _is_foreign(there: InstalledCrd | None) -> bool:
    return there is not None and (there.chart_version is None or there.changed_by_others)


def _order(version: str) -> tuple[int, ...]:
    """Calendar and semantic versions by their numbers; a pre-release counts as its release."""
    return tuple(int(number) for number in re.findall(r"\d+", re.split(r"[-+]", version, maxsplit=1)[0]))


def _named(definitions: Iterable[Crd]) -> str:
    return ", ".join(each.name for each in definitions)
