"""What is installed: this checkout's chart, with dependencies in exact versions from the projects themselves."""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from policies.kinds import RELEASE
from policies.rule import TEXTS, Context, Resource, Rule, Setting
from policies.tree import at, shown

CHART = "./chart"
EXACT = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")


def _exact(release: Resource, context: Context) -> Iterator[str]:
    chart, version = at(release.props, "chart", default=""), at(release.props, "version", default="")
    if chart != CHART:
        yield f"chart is {shown(chart)}; the approved one is this checkout's, {CHART}"
    if at(release.props, "repositoryOpts", "repo"):
        yield f"repositoryOpts.repo is {shown(at(release.props, 'repositoryOpts', 'repo'))}; the chart is local"
    about = _parsed((context.checkout / "chart" / "Chart.yaml").read_text(encoding="utf-8"))
    # The plugin fills the version in from a local chart, but not where any input is unknown.
    if version and version != about["version"]:
        yield f"version is {shown(version)}; this checkout's chart is {about['version']}"
    lock = _parsed((context.checkout / "chart" / "Chart.lock").read_text(encoding="utf-8"))
    for dependency in lock["dependencies"]:
        name, found, source = dependency["name"], str(dependency["version"]), str(dependency["repository"]).rstrip("/")
        if not EXACT.fullmatch(found):
            yield f"chart/Chart.lock has {name} in version {shown(found)}, which is not one exact version"
        if source not in [each.rstrip("/") for each in context.settings["sources"]]:
            yield f"chart/Chart.lock has {name} from {source}, which is not approved"


@functools.lru_cache(maxsize=8)  # many tenancies, one checkout
def _parsed(text: str) -> Mapping[str, Any]:
    parsed: Mapping[str, Any] = yaml.safe_load(text)
    return parsed


RULES = (
    Rule(
        "exact-chart",
        "The release is this checkout's chart, and its dependencies are exact versions from approved sources",
        "A range, or somebody else's repository, installs what nobody here has read.",
        "Leave the chart to components/pangeo_cluster.py; change versions in chart/Chart.yaml and run helm dependency "
        "update chart.",
        "high",
        on=(RELEASE,),
        settings=(
            Setting(
                "sources",
                "Helm repositories that dependencies may come from",
                TEXTS,
                ["https://jupyterhub.github.io/helm-chart", "https://helm.dask.org"],
            ),
        ),
        find=_exact,
    ),
)
