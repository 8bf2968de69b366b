"""Helm releases as the ``helm`` program reports them."""

import json
import re
from dataclasses import dataclass
from typing import Any

import yaml

from components.cluster.helm import READ_TIMEOUT_SECONDS, Helm, HelmFailed

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PREFIXES = re.compile(r"(Error: )?((INSTALLATION|UPGRADE) FAILED: )?")


@dataclass(frozen=True)
class LiveRelease:
    """One release in the cluster. ``values`` are the user's own, and as secret as the release's inputs."""

    name: str
    namespace: str
    revision: int
    status: str
    values: dict[str, Any]
    manifest: str

    @property
    def is_pending(self) -> bool:
        """Whether an operation is running, or was killed and will never end."""
        return self.status.startswith("pending-")


def find_release(helm: Helm, name: str, namespace: str) -> LiveRelease | None:
    """Return the latest revision of a release, or None if there is none."""
    try:
        return parse_release(
            helm.run(["status", name, "--namespace", namespace, "--output", "json"], READ_TIMEOUT_SECONDS)
        )
    except HelmFailed as error:
        if "release: not found" in str(error):
            return None
        raise


def parse_release(printed: str) -> LiveRelease:
    """Read a release from helm's JSON."""
    release = json.loads(printed)
    return LiveRelease(
        name=release["name"],
        namespace=release["namespace"],
        revision=release["version"],
        status=release["info"]["status"],
        values=release.get("config") or {},
        manifest=release.get("manifest", ""),
    )


def status_output(helm: Helm, live: LiveRelease) -> dict[str, Any]:
    """Return a release's output ``status``."""
    words = ["get", "metadata", live.name, "--namespace", live.namespace, "--output", "json"]
    chart = json.loads(helm.run(words, READ_TIMEOUT_SECONDS))
    return {
        "appVersion": chart.get("appVersion", ""),
        "chart": chart["chart"],
        "name": live.name,
        "namespace": live.namespace,
        "revision": live.revision,
        "status": live.status,
        "version": chart["version"],
    }


def resource_names(manifest: str, namespace: str) -> dict[str, list[str]]:
    """List the objects in a manifest: ``Kind/version`` or ``Kind.group/group/version`` to sorted names."""
    names: dict[str, list[str]] = {}
    for document in yaml.load_all(manifest, Loader=_LOADER):
        if not isinstance(document, dict) or "kind" not in document:
            continue
        group, _, version = str(document.get("apiVersion", "")).rpartition("/")
        key = f"{document['kind']}.{group}/{group}/{version}" if group else f"{document['kind']}/{version}"
        metadata = document.get("metadata") or {}
        name = str(metadata.get("name", ""))
        elsewhere = metadata.get("namespace", namespace) != namespace
        names.setdefault(key, []).append(f"{metadata['namespace']}/{name}" if elsewhere else name)
    return {key: sorted(found) for key, found in sorted(names.items())}


def error_message(error: HelmFailed) -> str:
    """Return helm's error without the warnings before it and without ``Error: UPGRADE FAILED:``."""
    if not error.printed:
        return str(error)
    lines = error.printed.splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("Error: ")]
    text = "\n".join(lines[starts[-1] :] if starts else lines)
    return _PREFIXES.sub("", text, count=1).strip()


def pending_hint(live: LiveRelease | None) -> str:
    """Return the end of a sentence with the fix for a release that a killed run left pending; empty for others."""
    if live is None or not live.is_pending:
        return ""
    command = "uninstall" if live.status == "pending-install" else "rollback"
    return (
        f"; release {live.namespace}/{live.name} is {live.status} (revision {live.revision}): if no other run is "
        f"changing it, an earlier run was killed; run: helm {command} {live.name} --namespace {live.namespace}"
    )
