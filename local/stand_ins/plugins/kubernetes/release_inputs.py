"""Inputs of a Helm release: defaults, types and differences. Recorded in tests/fixtures/grpc."""

import os
from collections.abc import Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local.stand_ins.plugins.diff import changes, diff_response
from local.stand_ins.plugins.kubernetes.objects import DEFAULT_NAMESPACE
from local.stand_ins.plugins.server import CheckFailures
from local.stand_ins.plugins.wire import UNKNOWN, Properties, Secret, has_unknown, plain, type_name

TYPE = "kubernetes:helm.sh/v3:Release"

IMPLEMENTED: Mapping[str, Any] = {
    "chart": "",
    "cleanupOnFail": False,
    "name": "",
    "namespace": "",
    "skipAwait": False,
    "skipCrds": False,
    "timeout": 300,
    "values": {},
    "version": "",
}
"""The inputs that the stand-in implements, with the official plugin's defaults; ``maxHistory`` has none."""

DEFAULTS: Mapping[str, Any] = {
    **IMPLEMENTED,
    **dict.fromkeys(("description", "keyring", "postrender"), ""),
    **dict.fromkeys(("allowNullValues", "atomic", "createNamespace", "dependencyUpdate", "devel"), False),
    **dict.fromkeys(("disableCRDHooks", "disableOpenapiValidation", "disableWebhooks", "forceUpdate", "lint"), False),
    **dict.fromkeys(("recreatePods", "renderSubchartNotes", "replace", "resetValues", "reuseValues"), False),
    **dict.fromkeys(("verify", "waitForJobs"), False),
}
"""All inputs that the official plugin completes."""

OUTPUT_ONLY = ("__inputs", "resourceNames", "status")
REPLACES_ON = (("name",), ("namespace",))
CHART_HINT = "; check the chart name and repository configuration."


def check(news: Properties) -> tuple[Properties, CheckFailures]:
    """Complete and validate the inputs, and read the version in Chart.yaml. Unknown keys are dropped."""
    inputs: Properties = {key: news[key] if news.get(key) is not None else default for key, default in DEFAULTS.items()}
    inputs["namespace"] = inputs["namespace"] or DEFAULT_NAMESPACE
    if news.get("maxHistory") is not None:
        inputs["maxHistory"] = news["maxHistory"]
    failures = {
        key: f"is {type_name(plain(value))}; write {type_name(expected)}"
        for key, value in inputs.items()
        for expected in [DEFAULTS.get(key, 0)]
        if plain(value) is not UNKNOWN and type_name(plain(value)) != type_name(expected)
    }
    if not inputs["name"]:
        failures["name"] = "is missing; the local stand-in for the kubernetes plugin does not generate names"
    failures |= {
        key: "is not supported by the local stand-in for the kubernetes plugin; leave it out or install the official "
        "plugin"
        for key in [*(DEFAULTS.keys() - IMPLEMENTED.keys()), "repositoryOpts", "valueYamlFiles"]
        if news.get(key)
    }
    if not failures and not has_unknown(inputs):
        try:
            inputs["version"] = _chart_version(str(plain(inputs["chart"])))
        except ValueError as error:
            failures["chart"] = str(error)
    return inputs, failures


def compare(state: Properties, news: Properties) -> provider_pb2.DiffResponse:
    """Compare the state, which after a refresh contains the live values, with the new inputs."""
    old = {key: value for key, value in plain(state).items() if key not in OUTPUT_ONLY}
    return diff_response(changes(old, plain(news)), REPLACES_ON, top_level_keys=True)


def expected_outputs(inputs: Properties) -> Properties:
    """Return the outputs in a preview."""
    return {**inputs, "__inputs": Secret(inputs), "resourceNames": UNKNOWN, "status": UNKNOWN}


def _chart_version(chart: str) -> str:
    """Read the version in a chart's Chart.yaml, which overrides the version in the program, as in the official plugin.

    Raises:
        ValueError: it is not a folder with a chart.
    """
    if os.path.isdir(chart):  # noqa: PTH112 - pathlib would delay the start
        return _version_in(os.path.join(chart, "Chart.yaml"))  # noqa: PTH118
    if chart.startswith((".", "/")) and not os.path.exists(chart):  # noqa: PTH110
        raise ValueError(f'path "{chart}" not found{CHART_HINT}')
    if "/" not in chart:
        raise ValueError(f"non-absolute URLs should be in form of repo_name/path_to_chart, got: {chart}{CHART_HINT}")
    raise ValueError(f"{chart} is not a folder; the local stand-in for the kubernetes plugin installs only folders")


def _version_in(definition: str) -> str:
    import yaml

    try:
        with open(definition, encoding="utf-8") as file:  # noqa: PTH123
            metadata = yaml.safe_load(file)
        return str(metadata["version"])
    except OSError:
        raise ValueError(f"{definition} does not exist{CHART_HINT}") from None
    except (yaml.YAMLError, TypeError, KeyError):
        raise ValueError(f"{definition} is malformed or has no version{CHART_HINT}") from None
