"""The fuzzer's own judgement of a change. It uses no rule, and merges values by itself, as Helm does.

A change is harmless if the merged values are the program's, or differ only in leaves that :data:`INERT` lists.
``tests/engine/policies/test_rendered_changes.py`` compares both with Helm and the rendered objects.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.fuzz.values.changes import INERT_INPUTS, Change, put

Tree = Mapping[str, Any]

DOT = "·"
"""A dot inside a key, in a place."""

_NUMBER = r"-?\d+(\.\d+)?(e\+?\d+)?|true|false"
_WORD = r"[\w ./:@=-]{0,253}"
_OWN = r"jupyterhub\.hub|jupyterhub\.proxy\.chp|dask-gateway\.(gateway|controller|traefik)"

INERT: tuple[tuple[str, str], ...] = (
    (rf"({_OWN})\.resources\.(requests|limits)\.(cpu|memory|ephemeral-storage)", _WORD),
    (rf"({_OWN}|jupyterhub\.singleuser)\.nodeSelector\.[\w/{DOT}-]+", _WORD),
    (r"jupyterhub\.scheduling\.(corePods|userPods)\.nodeAffinity\.matchNodePurpose", _WORD),
    (rf"({_OWN})\.tolerations\.\d+\.(key|operator|value|effect|tolerationSeconds)", _WORD),
    (rf"({_OWN}|jupyterhub\.singleuser|dask-gateway\.gateway\.backend)\.image\.pullPolicy", _WORD),
    (r"(.*\.)?(imagePullSecrets|image\.pullSecrets)\.\d+(\.name)?", _WORD),
    (r"jupyterhub\.(hub\.labels|proxy\.labels|singleuser\.extraLabels)\.example·org/project", _WORD),
    (r"jupyterhub\.hub\.config\.JupyterHub\.template_vars\.announcement\w*", r"[^<>&\"'\\{}\n]{0,500}"),
    (rf"({_OWN})\.(liveness|readiness)Probe\.(initialDelay|period|timeout)Seconds", _NUMBER),
    (rf"({_OWN})\.(liveness|readiness)Probe\.failureThreshold", _NUMBER),
    (rf"({_OWN})\.(revisionHistoryLimit|replicas|pdb\.(enabled|maxUnavailable|minAvailable))", _NUMBER),
    (r"jupyterhub\.hub\.(concurrentSpawnLimit|consecutiveFailureLimit|activeServerLimit)", _NUMBER),
    (r"jupyterhub\.cull\.(every|concurrency)", _NUMBER),
    (r"dask-gateway\.controller\.(completedCluster|backoff|k8sApiRate)\w+", _NUMBER),
)
"""Leaves, and their texts, that admit nobody, expose nothing and take away no protection."""


def dangers(change: Change, own: Tree, chart_file: Tree) -> list[str]:
    """Return the places at which a change alters the hub in a way that is not known to be harmless.

    Args:
        change: the change.
        own: the program's values for the tenancy.
        chart_file: the reviewed content of ``chart/values.yaml``.
    """
    if change.layer == "inputs":
        name = str(change.place[0])
        return [name] if change.value and name not in INERT_INPUTS else []
    base = helm_merge(chart_file, own)
    found = [
        f"{place} = {value!r:.60}"
        for place, value in _differing(base, changed_values(change, own, chart_file))
        if not _is_inert(place, value)
    ]
    if change.layer == "chart/values.yaml":
        found += _dropped_defaults(put(chart_file, change.place, change.value), own)
    return found


def changed_values(change: Change, own: Tree, chart_file: Tree) -> dict[str, Any]:
    """Return the values that Helm renders after the change."""
    if change.layer == "chart/values.yaml":
        return helm_merge(put(chart_file, change.place, change.value), own)
    if change.layer == "valueYamlFiles":
        return helm_merge(helm_merge(chart_file, put({}, change.place, change.value)), own)
    return helm_merge(chart_file, put(own, change.place, change.value))


def helm_merge(lower: Tree, upper: Tree) -> dict[str, Any]:
    """Return ``upper`` over ``lower``. Pulumi's provider has removed the nulls of ``upper``."""
    result: dict[str, Any] = copy.deepcopy(dict(lower))
    for key, value in upper.items():
        if isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = helm_merge(result[key], value)
        elif value is not None:
            result[key] = copy.deepcopy(value)
    return result


def _dropped_defaults(chart_file: Tree, own: Tree, place: str = "") -> list[str]:
    """Return where the chart's file has no mapping in place of the program's: Helm drops the defaults below it."""
    found = []
    for key, value in chart_file.items():
        if isinstance(own.get(key), Mapping):
            here = f"{place}.{key}"
            found += _dropped_defaults(value, own[key], here) if isinstance(value, Mapping) else [f"{here} = {value!r}"]
    return found


def _differing(base: Any, changed: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(base, Mapping) and isinstance(changed, Mapping):
        for key in dict.fromkeys((*base, *changed)):
            here = f"{place}.{str(key).replace('.', DOT)}"
            if key not in changed or (key not in base and changed[key] is None):
                # A null of the chart's own file removes the default of the dependency.
                yield here, None
            else:
                old = base.get(key, {} if isinstance(changed[key], Mapping) and changed[key] else None)
                yield from _differing(old, changed[key], here)
    elif (
        (base is None or isinstance(base, list))
        and isinstance(changed, list)
        and len(changed) >= len(base or [])
        and changed
    ):
        for index, value in enumerate(changed):
            here = f"{place}.{index}"
            if base and index < len(base):
                yield from _differing(base[index], value, here)
            elif isinstance(value, Mapping) and value:
                yield from _differing({}, value, here)
            else:
                yield here, value
    elif type(base) is not type(changed) or base != changed:
        yield place, changed


def _is_inert(place: str, value: Any) -> bool:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if value is None or isinstance(value, Mapping | list):
        return False
    return any(re.fullmatch(where, place.removeprefix(".")) and re.fullmatch(allowed, text) for where, allowed in INERT)
