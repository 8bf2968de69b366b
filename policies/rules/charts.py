"""The installed chart: the one of this checkout, with dependencies in exact versions from their projects."""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from policies.kinds import RELEASE
from policies.rule import STRINGS, Context, Resource, Rule, Setting
from policies.tree import format_value, get

CHART = "./chart"
DIGEST = re.compile(r"[0-9a-f]{64}")
EXACT_VERSION = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")


def _check_chart(release: Resource, context: Context) -> Iterator[str]:
    chart, version = get(release.props, "chart", default=""), get(release.props, "version", default="")
    if chart != CHART:
        yield f"chart is {format_value(chart)}, not this checkout's chart {CHART}"
    repository = get(release.props, "repositoryOpts", "repo")
    if repository:
        yield f"repositoryOpts.repo is {format_value(repository)}; the chart must come from this checkout"
    metadata = _parse((context.checkout / "chart" / "Chart.yaml").read_text(encoding="utf-8"))
    # The plugin sets the version of a local chart, but not where any input is unknown.
    if version and version != metadata["version"]:
        yield f"version is {format_value(version)}; the version of this checkout's chart is {metadata['version']}"
    digest = get(release.props, "values", "digests", "chart", default="")
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        yield f"values.digests.chart is {format_value(digest)}, no digest; a changed chart would not be deployed"
    lock = _parse((context.checkout / "chart" / "Chart.lock").read_text(encoding="utf-8"))
    for dependency in lock["dependencies"]:
        name, locked, source = dependency["name"], str(dependency["version"]), str(dependency["repository"]).rstrip("/")
        if not EXACT_VERSION.fullmatch(locked):
            yield f"chart/Chart.lock has {name} in version {format_value(locked)}, which is not one exact version"
        if source not in [each.rstrip("/") for each in context.settings["sources"]]:
            yield f"chart/Chart.lock has {name} from {source}, which is not an approved repository"


@functools.lru_cache(maxsize=8)  # many tenancies are checked with one checkout
def _parse(text: str) -> Mapping[str, Any]:
    parsed: Mapping[str, Any] = yaml.safe_load(text)
    return parsed


RULES = (
    Rule(
        "exact-chart",
        "The release is this checkout's chart, and its dependencies are exact versions from approved repositories",
        "A version range, or another repository, would install charts that have not been reviewed.",
        "Restore the program's value, chart ./chart; no configuration key sets it. To change a dependency, edit "
        "chart/Chart.yaml and run helm dependency update chart; to approve another repository, add it to this rule's "
        "setting sources.",
        "high",
        kinds=(RELEASE,),
        settings=(
            Setting(
                "sources",
                "Helm repositories that dependencies may come from",
                STRINGS,
                ["https://jupyterhub.github.io/helm-chart", "https://helm.dask.org"],
            ),
        ),
        check=_check_chart,
    ),
)
