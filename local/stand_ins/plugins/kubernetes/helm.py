"""Helm releases, changed and read by the ``helm`` program."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from components.cluster.helm import READ_TIMEOUT_SECONDS, Helm, HelmFailed
from local.stand_ins.plugins.errors import HelmError
from local.stand_ins.plugins.wire import Properties

OPERATION_GRACE_SECONDS = 60
"""Time on top of helm's own --timeout, which limits each of several waits and not the whole operation."""

NOT_FOUND = "release: not found"
"""Helm's message about a release that does not exist."""

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


class ReleaseClient:
    """Changes and reads the releases of one cluster by running helm."""

    def __init__(self, helm: Helm) -> None:
        self._helm = helm

    def find(self, name: str, namespace: str) -> LiveRelease | None:
        """Return the latest revision of a release, or None if there is none."""
        try:
            return _parse(self._run(["status", name, "--namespace", namespace, "--output", "json"]))
        except HelmError as error:
            if NOT_FOUND in str(error):
                return None
            raise

    def change(self, command: str, given: Properties, *options: str) -> LiveRelease:
        """Run ``helm install`` or ``helm upgrade`` for the inputs ``given``.

        The values go through standard input, so no secret is on a command line.

        Raises:
            HelmError: it failed.
        """
        seconds = int(given["timeout"])
        words = [command, given["name"], given["chart"], "--namespace", given["namespace"], "--output", "json"]
        words += ["--values", "-", "--timeout", f"{seconds}s", *options]
        words += [] if given["skipAwait"] else ["--wait"]
        words += ["--skip-crds"] if given["skipCrds"] else []
        # JSON is YAML, and distinguishes nulls, numbers and strings.
        return _parse(self._run(words, seconds + OPERATION_GRACE_SECONDS, stdin=json.dumps(given["values"])))

    def uninstall(self, name: str, namespace: str, *, timeout_seconds: int, wait: bool) -> None:
        """Run ``helm uninstall``.

        Raises:
            HelmError: it failed, or there is no such release.
        """
        words = ["uninstall", name, "--namespace", namespace, "--timeout", f"{timeout_seconds}s"]
        self._run([*words, *(["--wait"] if wait else [])], timeout_seconds + OPERATION_GRACE_SECONDS)

    def outputs(self, live: LiveRelease) -> Properties:
        """Return the outputs that only the cluster knows."""
        chart = json.loads(self._run(["get", "metadata", live.name, "--namespace", live.namespace, "--output", "json"]))
        return {
            "resourceNames": resource_names(live.manifest, live.namespace),
            "status": {
                "appVersion": chart.get("appVersion", ""),
                "chart": chart["chart"],
                "name": live.name,
                "namespace": live.namespace,
                "revision": live.revision,
                "status": live.status,
                "version": chart["version"],
            },
        }

    def _run(
        self, words: Sequence[str], timeout_seconds: float = READ_TIMEOUT_SECONDS, stdin: str | None = None
    ) -> str:
        try:
            return self._helm.run(words, timeout_seconds, stdin)
        except HelmFailed as error:
            raise HelmError(error_message(error)) from None


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


def _parse(printed: str) -> LiveRelease:
    release = json.loads(printed)
    return LiveRelease(
        name=release["name"],
        namespace=release["namespace"],
        revision=release["version"],
        status=release["info"]["status"],
        values=release.get("config") or {},
        manifest=release.get("manifest", ""),
    )
