"""The inputs of the hub's release, and its merged values: the program's, apart from harmless settings."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy.proxy import UnknownValueError

from policies.allowed_settings import is_allowed
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
    further = context.settings["furtherSettings"]
    differences = [
        (path, message)
        for path, value, message in _differences(declared_values(release, context), own, ())
        if not is_allowed(path, value, further)
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


def _differences(found: Any, own: Any, path: Path) -> Iterator[tuple[Path, object, str]]:  # noqa: ANN401 - any values
    """Yield the path of each difference, its value (None for a missing or composite one) and its description."""
    if isinstance(found, Mapping) and isinstance(own, Mapping):
        yield from _differences_in_mappings(found, own, path)
    elif _is_list(found) and _is_list(own) and len(found) == len(own):
        for index in range(len(own)):
            yield from _differences(found[index], own[index], (*path, index))
    elif isinstance(own, Mapping) or _is_list(own) or isinstance(found, Mapping) or (_is_list(found) and len(found)):
        yield path, None, "differs from the program's value"
    elif found != own or isinstance(found, bool) != isinstance(own, bool):
        yield path, found, f"is {_show(found)}; the program sets {_show(own)}"


def _differences_in_mappings(
    found: Mapping[str, Any], own: Mapping[str, Any], path: Path
) -> Iterator[tuple[Path, object, str]]:
    for key in dict.fromkeys((*own, *found)):
        here = (*path, key)
        if here in DIGESTS and key in own and key in tuple(found) and _is_digest(_known(found, key)):
            continue
        if key not in own:
            yield from _additions(found[key], here)
        elif key in found:
            yield from _differences(found[key], own[key], here)
        elif not _is_empty(own[key]):
            yield here, None, "is missing; the program sets it"


def _additions(value: Any, path: Path) -> Iterator[tuple[Path, object, str]]:  # noqa: ANN401 - values of any kind
    """Yield every value below a place where the program has none, and empty mappings.

    In a network policy, an empty mapping allows every connection or selects every namespace.
    """
    if isinstance(value, Mapping) and len(value):
        for key in value:
            yield from _additions(_known(value, key), (*path, key))
    elif _is_list(value) and len(value):
        for index in range(len(value)):
            yield from _additions(_known(value, index), (*path, index))
    else:
        yield path, value, f"is {_show(value)}; the program does not set it"


def _known(tree: Any, key: Any) -> Any:  # noqa: ANN401 - values of any kind
    try:
        return tree[key]
    except UnknownValueError:
        return UNKNOWN


def _is_digest(value: object) -> bool:
    return value is UNKNOWN or (isinstance(value, str) and DIGEST.fullmatch(value) is not None)


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, Mapping | list) and not value)


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _contains(tree: Any, path: Path) -> bool:  # noqa: ANN401 - values of any kind
    for key in path:
        if not isinstance(tree, Mapping) or key not in tree:
            return _is_list(tree)
        tree = tree[key]
    return True


def _show(value: object) -> str:
    """Return a value that cannot be a secret."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int | float):
        return f"{value:g}"
    if value is UNKNOWN:
        return "not known in this preview"
    if isinstance(value, Mapping):
        return "empty"
    return "another text" if isinstance(value, str) else "another value"


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
        "jupyterhub.singleuser.extraTolerations.**; its value is then checked by the other rules only.",
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
        ),
        check=_check_values,
    ),
)
