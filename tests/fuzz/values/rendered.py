"""The real effect of a change: the objects that Helm renders from the local charts, and the hub's settings in them."""

import base64
import copy
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from local.paths import State
from local.stand_ins.charts.assemble import assemble
from local.stand_ins.charts.jupyterhub.files.hub_traits import traits
from tests.fuzz.values.campaign import CHART_FILE
from tests.fuzz.values.changes import Change, put
from tests.support.rendered_values import add_secrets
from tests.support.tools import link_tools

RENDER_TIMEOUT_SECONDS = 120
POD_INERT = ("nodeSelector", "tolerations", "affinity", "imagePullSecrets")
CONTAINER_INERT = ("resources", "imagePullPolicy")
PROBE_INERT = ("initialDelaySeconds", "periodSeconds", "failureThreshold", "timeoutSeconds")
TRAITS_INERT = {
    "JupyterHub": ("concurrent_spawn_limit", "active_server_limit"),
    "Spawner": ("consecutive_failure_limit",),
    "KubeSpawner": ("image_pull_policy", "image_pull_secrets", "node_selector", "consecutive_failure_limit"),
}
SETTINGS_INERT = (
    *("imagePullPolicy", "pullPolicy", "imagePullSecrets", "loglevel", "completedClusterMaxAge", "backoffMaxDelay"),
    *("nodeSelector", "tolerations", "replicas", "resources", *PROBE_INERT),
    *("completedClusterCleanupPeriod", "backoffBaseDelay", "k8sApiRateLimit", "k8sApiRateLimitBurst"),
)
CULLER_INERT = ("--cull-every=", "--concurrency=")
OWN_DOMAIN = "example.org/"


class RefusedByHelm(Exception):
    """Helm or a schema of the charts refuses the values; nothing is deployed."""


class Renderer:
    """Helm, and the project's chart with the local charts, in an own folder."""

    def __init__(self, folder: Path) -> None:
        state = State(folder)
        link_tools(state.bin, ["helm"])
        self.helm, self.chart = state.bin / "helm", assemble(state)

    def render(self, values: Mapping[str, Any], chart_file: Mapping[str, Any] = CHART_FILE) -> list[dict[str, Any]]:
        """Return the objects that Helm renders.

        Raises:
            RefusedByHelm: Helm does not accept the values.
        """
        (self.chart / "values.yaml").write_text(json.dumps(chart_file), encoding="utf-8")
        done = subprocess.run(
            [self.helm, "template", "vis", self.chart, "--namespace", "vis", "--kube-version=1.34.4", "--values=-"],
            input=json.dumps(_without_nulls(values)),
            capture_output=True,
            text=True,
            timeout=RENDER_TIMEOUT_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise RefusedByHelm(done.stderr)
        return [each for each in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if each]

    def after(self, change: Change, own: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the objects after a change of the release's values or of ``chart/values.yaml``."""
        with_secrets = add_secrets(dict(own))
        if change.layer == "chart/values.yaml":
            return self.render(with_secrets, put(CHART_FILE, change.place, change.value))
        return self.render(put(with_secrets, change.place, change.value))


def protected_parts(objects: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the objects by kind and name, without what admits nobody, exposes nothing and unprotects nothing."""
    return {
        f"{each['kind']}/{each['metadata']['name']}": _protected(each)
        for each in copy.deepcopy(objects)
        if each["kind"] != "PodDisruptionBudget"
    }


def hub_values(objects: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the values that the hub reads when it starts."""
    (secret,) = [each for each in objects if each["kind"] == "Secret" and each["metadata"]["name"] == "hub"]
    values: dict[str, Any] = json.loads(base64.b64decode(secret["data"]["values.json"]))
    return values


def _protected(each: dict[str, Any]) -> dict[str, Any]:
    spec = each.get("spec") or {}
    for key in ("replicas", "revisionHistoryLimit"):
        spec.pop(key, None)
    _strip_metadata(each["metadata"])
    template = spec.get("template") or {}
    if template:
        _strip_metadata(template["metadata"])
        _strip_pod(template["spec"])
    if each["kind"] == "Secret" and "values.json" in (each.get("data") or {}):
        each["data"]["values.json"] = _settings(json.loads(base64.b64decode(each["data"]["values.json"])))
    if each["kind"] == "ConfigMap":
        each["data"] = {name: _strip_text(text) for name, text in (each.get("data") or {}).items()}
    return each


def _strip_metadata(metadata: dict[str, Any]) -> None:
    metadata["labels"] = {key: each for key, each in metadata.get("labels", {}).items() if OWN_DOMAIN not in key}
    annotations = metadata.get("annotations") or {}
    metadata["annotations"] = {key: each for key, each in annotations.items() if not key.startswith("checksum/")}


def _strip_pod(pod: dict[str, Any]) -> None:
    for key in POD_INERT:
        pod.pop(key, None)
    for container in (*pod.get("containers", []), *pod.get("initContainers", [])):
        for key in CONTAINER_INERT:
            container.pop(key, None)
        for probe in ("livenessProbe", "readinessProbe"):
            for key in PROBE_INERT:
                container.get(probe, {}).pop(key, None)


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of the hub's classes, as the local chart's configuration file sets them."""
    settings = traits(values, lambda _: "")
    for name, inert in TRAITS_INERT.items():
        for trait in inert:
            settings.get(name, {}).pop(trait, None)
    hub, spawner = settings["JupyterHub"], settings["KubeSpawner"]
    for service in hub["services"]:
        service["command"] = [each for each in service.get("command", []) if not each.startswith(CULLER_INERT)]
    texts = hub["template_vars"]
    hub["template_vars"] = {key: each for key, each in texts.items() if not _is_plain_announcement(key, each)}
    labels = spawner["extra_labels"]
    spawner["extra_labels"] = {key: each for key, each in labels.items() if OWN_DOMAIN not in key}
    return {"settings": settings, "code": values["hub"]["extraConfig"]}


def _is_plain_announcement(name: str, text: object) -> bool:
    return name.startswith("announcement") and isinstance(text, str) and "<" not in text


def _strip_text(text: str) -> object:
    try:
        settings = json.loads(text)
    except ValueError:
        return text
    return _strip_tree(settings)


def _strip_tree(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _strip_tree(each) for key, each in tree.items() if key not in SETTINGS_INERT}
    return [_strip_tree(each) for each in tree] if isinstance(tree, list) else tree


def _without_nulls(tree: Any) -> Any:
    """Return the values without nulls, as Pulumi's provider passes them to Helm."""
    if isinstance(tree, Mapping):
        return {key: _without_nulls(each) for key, each in tree.items() if each is not None}
    return [_without_nulls(each) for each in tree] if isinstance(tree, list) else tree
