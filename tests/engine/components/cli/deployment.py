"""Objects of a deployed hub in an API server, created from the program's chart values; no kubelet runs here."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from components.chart.values import Values
from tests.engine.components.cli.directory import CLUSTER
from tests.support.api_server import ApiServer

RELEASE = f"sh.helm.release.v1.{CLUSTER}.v1"


@dataclass
class Deployment:
    """Namespace of the hub."""

    api: ApiServer

    def make(self, values: Values) -> None:
        self.api.kubectl("create", "namespace", CLUSTER)
        labels = {"owner": "helm", "name": CLUSTER, "status": "deployed", "version": "1"}
        self._apply("v1", "Secret", RELEASE, labels=labels, type="helm.sh/release.v1")
        self.settings(values)
        for name in ("hub", "proxy"):
            self._apply(
                "apps/v1",
                "Deployment",
                name,
                spec={
                    "replicas": 1,
                    "selector": {"matchLabels": {"app": name}},
                    "template": {
                        "metadata": {"labels": {"app": name}},
                        "spec": {"containers": [{"name": name, "image": name}]},
                    },
                },
            )
            self.ready(name, 1)

    def settings(self, values: Values) -> None:
        """Store the chart values in the Secret that z2jh uses."""
        encoded = base64.b64encode(json.dumps(values["jupyterhub"]).encode()).decode()
        self._apply("v1", "Secret", "hub", data={"values.yaml": encoded})

    def ready(self, name: str, pods: int) -> None:
        status = {"status": {"replicas": 1, "readyReplicas": pods}}
        arguments = ["patch", "deployment", name, "--subresource=status", "--type=merge", "-p", json.dumps(status)]
        self._kubectl(*arguments)

    def server(self, user: str) -> None:
        """Create a user's server and home."""
        # No pod is admitted before the namespace's service account exists.
        self._kubectl("wait", "serviceaccount/default", "--for=create", "--timeout=30s")
        about = {"annotations": {"hub.jupyter.org/username": user, "hub.jupyter.org/servername": ""}}
        self._apply("v1", "Pod", f"jupyter-{user}", "singleuser-server", about, spec={"containers": [_CONTAINER]})
        claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        self._apply("v1", "PersistentVolumeClaim", f"claim-{user}", "singleuser-storage", about, spec=claim)
        self._kubectl(
            "patch",
            "pod",
            f"jupyter-{user}",
            "--subresource=status",
            "--type=merge",
            "-p",
            json.dumps({"status": {"phase": "Running", "startTime": "2026-01-01T00:00:00Z"}}),
        )

    def label_release(self, status: str) -> None:
        self._kubectl("label", "secret", RELEASE, f"status={status}", "--overwrite")

    def _apply(
        self,
        version: str,
        kind: str,
        name: str,
        component: str = "",
        metadata: dict[str, Any] | None = None,
        *,
        labels: dict[str, str] | None = None,
        **rest: Any,
    ) -> None:
        about = {"name": name, "labels": labels or ({"component": component} if component else {}), **(metadata or {})}
        manifest = {"apiVersion": version, "kind": kind, "metadata": about, **rest}
        self._kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", stdin=json.dumps(manifest))

    def _kubectl(self, *words: str, stdin: str | None = None) -> str:
        return self.api.kubectl("--namespace", CLUSTER, *words, stdin=stdin)


_CONTAINER = {"name": "notebook", "image": "notebook"}
