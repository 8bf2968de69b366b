"""A Helm release's inputs: defaults, types, what changes between two of them. Pure; recorded in tests/fixtures/grpc."""

from collections.abc import Mapping
from typing import Any

from local.stand_ins.plugins.diff import Difference, Entry, below, changes, path_text
from local.stand_ins.plugins.kubernetes.objects import CheckFailures, autoname
from local.stand_ins.plugins.wire import UNKNOWN, Properties, Secret, named, plain

DEFAULTS: Mapping[str, Any] = {
    "allowNullValues": False,
    "atomic": False,
    "chart": "",
    "cleanupOnFail": False,
    "createNamespace": False,
    "dependencyUpdate": False,
    "description": "",
    "devel": False,
    "disableCRDHooks": False,
    "disableOpenapiValidation": False,
    "disableWebhooks": False,
    "forceUpdate": False,
    "keyring": "",
    "lint": False,
    "name": "",
    "namespace": "",
    "postrender": "",
    "recreatePods": False,
    "renderSubchartNotes": False,
    "replace": False,
    "resetValues": False,
    "reuseValues": False,
    "skipAwait": False,
    "skipCrds": False,
    "timeout": 300,
    "values": {},
    "verify": False,
    "version": "",
    "waitForJobs": False,
}
REPOSITORY_DEFAULTS = dict.fromkeys(("caFile", "certFile", "keyFile", "password", "repo", "username"), "")

NOT_SUPPORTED = {
    "lint": "run helm lint beside the program",
    "postrender": "write the change into the chart",
    "valueYamlFiles": "give the values as values",
}
"""Inputs that would change what is installed and that the stand-in does not know; each with the way out."""

OUTPUT_ONLY = ("__inputs", "resourceNames", "status")
REPLACES_ON = (("name",), ("namespace",))


def check(
    resource_name: str, olds: Properties, news: Properties, default_namespace: str
) -> tuple[Properties, CheckFailures]:
    """The inputs, complete and of the right types, and what is wrong. Keys a release does not have are dropped."""
    inputs: Properties = {key: news[key] if news.get(key) is not None else default for key, default in DEFAULTS.items()}
    inputs["namespace"] = inputs["namespace"] or default_namespace
    inputs["name"] = inputs["name"] or olds.get("name") or autoname(resource_name)
    if news.get("maxHistory") is not None:
        inputs["maxHistory"] = news["maxHistory"]
    repository = news.get("repositoryOpts")
    if isinstance(repository, dict):
        inputs["repositoryOpts"] = {**REPOSITORY_DEFAULTS, **{k: v for k, v in repository.items() if v is not None}}
    elif repository is not None:
        inputs["repositoryOpts"] = repository
    failures = {
        key: f"is {named(plain(value))}; write {named(expected)}"
        for key, value in inputs.items()
        if (expected := {**DEFAULTS, "maxHistory": 0, "repositoryOpts": {}}[key]) is not None
        and plain(value) is not UNKNOWN
        and named(plain(value)) != named(expected)
    }
    failures |= {
        key: f"is not known to the local stand-in for the kubernetes plugin; {way_out}"
        for key, way_out in NOT_SUPPORTED.items()
        if news.get(key)
    }
    if isinstance(repository, dict) and repository.get("password"):
        failures["repositoryOpts"] = "has a password, which the stand-in could only pass on helm's command line"
    return inputs, failures


def compare(state: Properties, news: Properties) -> Difference:
    """What changes from the state, which after a refresh holds the live values, to the new inputs."""
    old = {key: value for key, value in plain(state).items() if key not in OUTPUT_ONLY}
    found = list(changes(old, plain(news)))
    entries = {path_text(change.path): Entry(change.kind, replaces=below(change.path, REPLACES_ON)) for change in found}
    return Difference(entries, top_level=sorted({str(change.path[0]) for change in found}))


def expected_outputs(inputs: Properties) -> Properties:
    """What preview can say: the inputs, and that helm will tell the rest."""
    return {**inputs, "__inputs": Secret(inputs), "resourceNames": UNKNOWN, "status": UNKNOWN}
