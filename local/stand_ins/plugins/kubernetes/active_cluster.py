"""The active cluster in a provider's input ``kubeconfig``, as the official plugin reads it in DiffConfig.

Source: ``parseKubeconfigPropertyValue`` and ``getActiveClusterFromConfig`` in pulumi-kubernetes,
provider/pkg/provider/util.go. Only the input is read: without one, no cluster is found, whatever the environment has.
"""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.stand_ins.plugins.errors import OperationFailed
from local.stand_ins.plugins.wire import Json, Properties, type_name

CLUSTER_FIELDS = {
    "server": "",
    "tls-server-name": "",
    "insecure-skip-tls-verify": False,
    "certificate-authority": "",
    "certificate-authority-data": b"",
    "proxy-url": "",
    "disable-compression": False,
}
"""Fields of a cluster that client-go compares, with the value of a missing one."""

Cluster = Mapping[str, Any]


def parse_kubeconfig(value: Json) -> Mapping[str, Any]:
    """Return the kubeconfig in an input: a path, the text of one, or an object. A missing one is empty.

    Raises:
        OperationFailed: it is none of these; so is a path that does not exist on this machine.
    """
    if value is None or value == "":
        return {}
    if isinstance(value, dict):
        return _load(json.dumps(value))
    if not isinstance(value, str):
        raise OperationFailed(f"unexpected kubeconfig format, type: {type_name(value)}")
    path = existing_path(value)
    return _load(path.read_text(encoding="utf-8") if path else value)


def existing_path(value: str) -> Path | None:
    """Return the existing path that an input names; None for the text of a kubeconfig."""
    try:
        path = Path(value).expanduser() if value == "~" or value.startswith("~/") else Path(value)
        return path if path.exists() else None
    except (OSError, ValueError, RuntimeError):  # too long or not valid as a path; no home folder
        return None


def active_cluster(kubeconfig: Mapping[str, Any], inputs: Properties) -> Cluster | None:
    """Return the entry of the cluster in use; None if there is none. The inputs may name a context and a cluster."""
    clusters, contexts = _entries(kubeconfig, "cluster"), _entries(kubeconfig, "context")
    context = inputs.get("context")
    active = contexts.get(str(kubeconfig.get("current-context") or "") if context is None else str(context))
    if not clusters or active is None:
        return None
    name = inputs.get("cluster")
    found = clusters.get(str(active.get("cluster") or "") if name is None else str(name))
    return None if found is None else _normalised(found)


def _load(text: str) -> Mapping[str, Any]:
    if not text:
        return {}
    import yaml  # here, because its import is slow and a preview without changes does not need it

    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError, KeyError, AttributeError):
        raise OperationFailed("failed to parse kubeconfig: yaml: it is not valid") from None
    if not isinstance(document, Mapping):
        kind = "string" if isinstance(document, str) else type(document).__name__
        raise OperationFailed(
            "failed to parse kubeconfig: couldn't get version/kind; json parse error: json: cannot unmarshal "
            f"{kind} into Go value of type struct"
        )
    return document


def _entries(kubeconfig: Mapping[str, Any], kind: str) -> Mapping[str, Mapping[str, Any]]:
    listed = kubeconfig.get(f"{kind}s")
    return {
        str(each.get("name") or ""): each.get(kind) or {}
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, Mapping)
    }


def _normalised(cluster: Mapping[str, Any]) -> Cluster:
    found = {key: cluster.get(key) or missing for key, missing in CLUSTER_FIELDS.items()}
    data = found["certificate-authority-data"]
    found["certificate-authority-data"] = base64.b64decode(data) if isinstance(data, str) else data
    return {**found, "extensions": cluster.get("extensions") or []}
