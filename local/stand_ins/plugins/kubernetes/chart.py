"""Which chart a release installs, found before anything is installed."""

import json
import os

from local.stand_ins.plugins.kubernetes.helm import Helm, HelmFailed
from local.stand_ins.plugins.kubernetes.yaml_text import maps, one_map
from local.stand_ins.plugins.wire import Json, Properties

SUFFIX = "; check the chart name and repository configuration."


class ChartNotFound(Exception):
    """There is no such chart; the text says where it was looked for."""


def version_of(helm: Helm, inputs: Properties) -> str:
    """The version in the chart's own Chart.yaml, whatever version was asked for, as the official plugin has it.

    Raises:
        ChartNotFound: the chart is not there, its repository does not answer, or it is no chart.
    """
    chart = str(inputs["chart"])
    if os.path.isdir(chart):  # noqa: PTH112 - pathlib costs start-up time
        return _local_version(chart)
    if chart.startswith((".", "/")) and not os.path.exists(chart):  # noqa: PTH110
        raise ChartNotFound(f'path "{chart}" not found{SUFFIX}')
    if not chart or ("/" not in chart and not repository_arguments(inputs)):
        raise ChartNotFound(f"non-absolute URLs should be in form of repo_name/path_to_chart, got: {chart}{SUFFIX}")
    try:
        printed = helm.run(["show", "chart", chart, *source_arguments(inputs)])
    except HelmFailed as error:
        raise ChartNotFound(f"{error}{SUFFIX}") from None
    return str((one_map(printed) or {}).get("version", ""))


def source_arguments(inputs: Properties) -> list[str]:
    """The words that tell helm where a chart comes from and which version of it."""
    words = repository_arguments(inputs)
    if inputs.get("version") and not os.path.exists(str(inputs["chart"])):  # noqa: PTH110
        words += ["--version", str(inputs["version"])]
    flags = {"devel": "--devel", "verify": "--verify"}
    words += [flag for key, flag in flags.items() if inputs.get(key)]
    return words + (["--keyring", str(inputs["keyring"])] if inputs.get("keyring") else [])


def repository_arguments(inputs: Properties) -> list[str]:
    """The words that tell helm a chart's repository."""
    options = inputs.get("repositoryOpts") or {}
    flags = {"repo": "--repo", "caFile": "--ca-file", "certFile": "--cert-file", "keyFile": "--key-file"}
    return [word for key, flag in flags.items() if options.get(key) for word in (flag, str(options[key]))]


def resource_names(manifest: str, namespace: str) -> dict[str, list[str]]:
    """What a release's manifest holds: ``Kind/version`` or ``Kind.group/group/version`` to sorted names."""
    names: dict[str, list[str]] = {}
    for document in maps(manifest):
        if "kind" not in document:
            continue
        group, _, version = str(document.get("apiVersion", "")).rpartition("/")
        key = f"{document['kind']}.{group}/{group}/{version}" if group else f"{document['kind']}/{version}"
        metadata = document.get("metadata") or {}
        elsewhere = metadata.get("namespace", namespace) != namespace
        name = str(metadata.get("name", ""))
        names.setdefault(key, []).append(f"{metadata['namespace']}/{name}" if elsewhere else name)
    return {key: sorted(found) for key, found in sorted(names.items())}


def values_text(values: Json) -> str:
    """Values as helm reads them: JSON is YAML, and keeps nulls, numbers and strings apart."""
    return json.dumps(values)


def _local_version(folder: str) -> str:
    definition = os.path.join(folder, "Chart.yaml")  # noqa: PTH118
    try:
        with open(definition, encoding="utf-8") as file:  # noqa: PTH123
            metadata = one_map(file.read())
    except OSError:
        raise ChartNotFound(f'path "{folder}" is no chart: it has no Chart.yaml{SUFFIX}') from None
    if not metadata or not metadata.get("version"):
        raise ChartNotFound(f"{definition} is malformed or has no version{SUFFIX}")
    return str(metadata["version"])
