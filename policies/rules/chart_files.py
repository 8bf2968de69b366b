"""The files of the chart: those that were recorded and reviewed, because rules do not see the objects in a release."""

import functools
import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from components.chart.archives import pinned_digests
from components.chart.digest import ARCHIVES, chart_digest, source_digest
from components.config import strict_yaml
from policies.kinds import RELEASE
from policies.rule import Context, InvalidConfiguration, Resource, Rule
from policies.tree import format_value, get

RECORD = "source.sha256"
RECORD_COMMAND = "python -m ci record-chart"

KINDS = (
    *("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"),
    *("ConfigMap", "NetworkPolicy", "CiliumNetworkPolicy", "PriorityClass", "ResourceQuota", "CronJob"),
)
"""Kinds of the objects in the chart's own templates, and of those that they refer to."""

DEPENDENCY_KEYS = ("name", "version", "repository", "condition")
"""Keys of a dependency in ``Chart.yaml``. Others rename it, or move its values to other places."""

_COMMENT = re.compile(r"\{\{-?\s*/\*.*?\*/\s*-?\}\}|^[ \t]*#.*?$", re.MULTILINE | re.DOTALL)
_KIND = re.compile(
    r"""\bkind\b(?:
    ["']?[ \t]*:[ \t]*(?P<in_yaml>\{\{.*?\}\}|[^\n,}]*)  # a key of a mapping, also of one in braces
    |"[ \t]+"(?P<in_action>\w+)"  # an argument of the function dict
    )?""",
    re.VERBOSE,
)
_HIDING = re.compile(
    r"\\[xuU]|\.Files\b|\btpl\b|\bfrom(?:Yaml|Json)\w*|\bb64dec\b(?=\s*[\"`])|(?<=[\"`])\s*\|\s*b64dec\b"
)
"""Means to write a kind in other letters, or to render text from elsewhere. The chart's templates use none."""

_FOLDER_OF_CRDS = "crds"


def _check_files(release: Resource, context: Context) -> Iterator[str]:
    chart = context.checkout / "chart"
    yield from _check_record(chart)
    yield from _check_definition(chart)
    yield from _check_templates(chart)
    yield from _check_archives(chart)
    deployed = get(release.props, "values", "digests", "chart")
    # Without the archives, this checkout is not the one that is deployed.
    if list(chart.glob(f"{ARCHIVES}*.tgz")) and deployed != chart_digest(chart):
        yield f"values.digests.chart is {format_value(deployed)}, which is not the digest of the chart in this checkout"


def _check_record(chart: Path) -> Iterator[str]:
    version = _read_yaml(chart / "Chart.yaml").get("version")
    record = chart / RECORD
    recorded = record.read_text(encoding="utf-8").split() if record.is_file() else []
    if recorded != [source_digest(chart), str(version)]:
        yield f"the files in chart/ are not those of chart/{RECORD}; a review would not have noticed the change"


def _check_definition(chart: Path) -> Iterator[str]:
    locked = {each["name"]: str(each["version"]) for each in _read_yaml(chart / "Chart.lock").get("dependencies") or []}
    declared = _read_yaml(chart / "Chart.yaml").get("dependencies") or []
    if {each.get("name"): str(each.get("version")) for each in declared} != locked:
        yield "chart/Chart.yaml has other dependencies than chart/Chart.lock"
    for each in declared:
        name = each.get("name")
        yield from (
            f"chart/Chart.yaml has {key} for {name}, which would move or rename its values"
            for key in each
            if key not in DEPENDENCY_KEYS
        )
        if each.get("condition") not in (None, f"{name}.enabled"):
            yield f"chart/Chart.yaml has a condition for {name} that is not {name}.enabled"


def _check_templates(chart: Path) -> Iterator[str]:
    for template in sorted((chart / "templates").rglob("*")):
        text = _COMMENT.sub("", template.read_text(encoding="utf-8")) if template.is_file() else ""
        name = template.relative_to(chart.parent)
        for found in _KIND.finditer(text):
            kind = (found["in_yaml"] or found["in_action"] or "").strip()
            if kind.strip("\"'") not in KINDS:
                yield f"{name} has an object of the kind {kind[:60] or 'of an unusual form'}"
        yield from (
            f"{name} has {each.strip()}, which could write an object of any kind" for each in _HIDING.findall(text)
        )
    if (chart / _FOLDER_OF_CRDS).exists():
        yield f"chart/{_FOLDER_OF_CRDS} exists; Helm would create every object in it"


def _check_archives(chart: Path) -> Iterator[str]:
    lock = _read_yaml(chart / "Chart.lock").get("dependencies") or []
    expected = {f"{each['name']}-{each['version']}.tgz" for each in lock}
    pins = chart / "dependencies.sha256"
    pinned = pinned_digests(pins.read_text(encoding="utf-8")) if pins.is_file() else {}
    for entry in sorted((chart / ARCHIVES).glob("[!._]*")):
        if entry.name not in expected:
            yield f"chart/{ARCHIVES}{entry.name} is not in chart/Chart.lock; Helm would install it, too"
        elif pinned.get(f"{ARCHIVES}{entry.name}", _digest(entry)) != _digest(entry):
            yield f"chart/{ARCHIVES}{entry.name} has another digest than chart/dependencies.sha256"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def _read_yaml(file: Path) -> Mapping[str, Any]:
    return _parse(file.read_text(encoding="utf-8")) if file.is_file() else {}


@functools.lru_cache(maxsize=8)  # many tenancies are checked with one checkout
def _parse(text: str) -> Mapping[str, Any]:
    try:
        parsed = strict_yaml.load(text)
    except strict_yaml.UnreadableYaml as error:
        raise InvalidConfiguration(
            f"chart/Chart.yaml or chart/Chart.lock is not YAML of one meaning: {error}"
        ) from None
    return parsed if isinstance(parsed, dict) else {}


RULES = (
    Rule(
        "reviewed-chart",
        "The chart has the recorded files, templates of the known kinds, and the locked dependencies only",
        "A preview does not show the objects in the release: a template could add a public service or a role.",
        f"Undo the edit of chart/, or increase the version in chart/Chart.yaml and run {RECORD_COMMAND}, so that a "
        "review sees it. Delete files in chart/charts that Chart.lock does not name, and run helm dependency update "
        "chart.",
        "critical",
        kinds=(RELEASE,),
        check=_check_files,
    ),
)
