"""The inputs of the hub's release, and its merged values: the program's, apart from harmless settings."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policies.allowed_settings import LABELS, is_allowed, is_pull_secret
from policies.differences import find_differences, is_list
from policies.kinds import RELEASE
from policies.merged import CHART, Values, chart_file_values, declared_values, merge
from policies.rule import STRINGS, Context, Resource, Rule, Setting
from policies.tree import UNKNOWN, Path, format_path, format_value, get

REVIEWED_INPUTS = (
    *("name", "namespace", "chart", "version", "values"),
    *("skipAwait", "waitForJobs", "timeout", "cleanupOnFail", "maxHistory", "atomic", "description"),
    *("skipCrds", "lint", "renderSubchartNotes", "compat", "resourceNames", "status", "checksum", "__defaults"),
)
"""Inputs that do not change the objects that Helm renders, and those that other rules check."""

CHART_FILE: Mapping[str, Any] = {
    "digests": {"chart": "", "secrets": ""},
    "jupyterhub": {},
    "dask-gateway": {"enabled": False},
    "dask": {"quota": {}, "egress": {"users": [], "gateway": []}},
}
"""The content of ``chart/values.yaml``."""

DIGESTS: tuple[Path, ...] = (
    ("digests", "chart"),
    ("digests", "secrets"),
    ("dask-gateway", "gateway", "annotations", "tenancy.pangeo/secrets"),
)
"""Values that depend on more than the configuration; a first preview does not know them all."""

LOGO: Path = ("jupyterhub", "hub", "extraFiles", "components-in_hub-logo.txt", "stringData")
"""The logo in pangeo:branding.logo, which may be any image that the hub may serve."""

DIGEST = re.compile(r"([0-9a-f]{64})?")

MAX_MESSAGES = 20
"""Number of differences that are listed."""


def _check_inputs(release: Resource, context: Context) -> Iterator[str]:
    for name, expected in (("name", context.tenancy.release), ("namespace", context.tenancy.namespace)):
        found = get(release.props, name)
        if found != expected:
            yield f"{name} is {format_value(found)}; for this stack's configuration it must be {expected}"
    for name in release.props:
        if name not in REVIEWED_INPUTS and _is_given(release.props[name]):
            yield f"{name} is set; it changes what Helm renders, and no rule would see the result"


def _is_given(value: object) -> bool:
    """Return whether a value is not the default, which the provider adds to every input."""
    return bool(len(value)) if isinstance(value, Mapping | Sequence) else bool(value)


def _check_values(release: Resource, context: Context) -> Iterator[str]:
    from components.chart.values import chart_values  # imports pydantic, which loads at the same time as the program

    own = merge(chart_values(context.tenancy), CHART_FILE)
    in_file = chart_file_values(context.checkout)
    further, domains = context.settings["furtherSettings"], context.settings["labelDomains"]
    has_pull_secrets = bool(context.tenancy.registries.pull_secrets)
    differences = [
        (path, message)
        for path, value, message in find_differences(declared_values(release, context), own, _is_free)
        if not is_allowed(path, value, further, domains) or (has_pull_secrets and is_pull_secret(path))
    ]
    differences += _replaced_mappings(in_file, own, ())
    for path, message in differences[:MAX_MESSAGES]:
        place = f", in {CHART}/values.yaml," if _contains(in_file, path) else ""
        yield f"{format_path(path)}{place} {message}"
    if len(differences) > MAX_MESSAGES:
        yield f"and {len(differences) - MAX_MESSAGES} more values differ from the program's"


def _replaced_mappings(in_file: Values, own: Values, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the values in the chart's file in place of a mapping: Helm drops the dependency's defaults below it."""
    for key, value in in_file.items():
        inner = own.get(key)
        if isinstance(inner, Mapping) and isinstance(value, Mapping):
            yield from _replaced_mappings(value, inner, (*path, key))
        elif isinstance(inner, Mapping):
            yield (*path, key), "is not a mapping; the chart's defaults below it, which protect pods, would be dropped"


def _is_free(path: Path, value: object) -> bool:
    from components.chart.logo import is_logo

    # The logo of a pull request is not in this checkout.
    return _is_digest(path, value) or (path == LOGO and is_logo(value))


def _is_digest(path: Path, value: object) -> bool:
    if path not in DIGESTS:
        return False
    return value is UNKNOWN or (isinstance(value, str) and DIGEST.fullmatch(value) is not None)


def _contains(tree: Any, path: Path) -> bool:  # noqa: ANN401 - values of any kind
    for key in path:
        if not isinstance(tree, Mapping) or key not in tree:
            return is_list(tree)
        tree = tree[key]
    return True


RULES = (
    Rule(
        "release-inputs",
        "The hub's release has only inputs that the rules check, or that do not change the rendered objects",
        "valueYamlFiles, postrender, reuseValues and others change the hub, and a preview does not show how.",
        "Remove the input; put values into the program's values. The name and the namespace follow from "
        "pangeo:clusterName.",
        "critical",
        kinds=(RELEASE,),
        check=_check_inputs,
    ),
    Rule(
        "program-values",
        "The values that Helm merges, of the release and of chart/values.yaml, are those of the program for this "
        "configuration; only harmless settings may differ",
        "Hundreds of settings of the charts admit users, expose services or take away protection: allow_all, hub.args, "
        "hub.extraConfig, volumes, security contexts, network policies.",
        "Restore the program's value: undo the edit of chart/values.yaml or of the release. If the organisation has "
        "reviewed the setting, add its path to this rule's setting furtherSettings, for example "
        "dask-gateway.gateway.backend.worker.extraPodConfig.nodeSelector.*; its value is then checked by the other "
        "rules only.",
        "critical",
        kinds=(RELEASE,),
        settings=(
            Setting(
                "furtherSettings",
                "Paths of values that may differ from the program's; * stands for one key, ** at the end for all keys "
                "below",
                STRINGS,
                [],
            ),
            Setting(
                "labelDomains",
                f"Domains of the organisation's own labels, which may be set at {', '.join(LABELS)}",
                STRINGS,
                [],
            ),
        ),
        check=_check_values,
    ),
)
