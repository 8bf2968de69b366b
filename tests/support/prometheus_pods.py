"""Debian's Prometheus in a pod that may read a tenancy's metrics, and pods that may not.

One of these is in the namespace of Prometheus, with other labels; one has its labels, in the tenancy's namespace.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from components.in_hub.metric_settings import PORT
from local.images.definitions import NOTEBOOK
from local.paths import State
from tests.support.kubectl import kubectl
from tests.support.monitoring_programs import monitoring_programs
from tests.support.operator_kinds import operator_crd_names, operator_crds

NAMESPACE = "prometheus-tests"
LABELS = {"app.kubernetes.io/name": "prometheus"}
ALLOWED, OTHER, IMPOSTOR = "prometheus", "other", "impostor"

INTERVAL = "2s"
"""Of scraping."""

QUERY_PORT = 9090
START = f"""\
printf %s "$0" >/tmp/prometheus.yml
exec /programs/prometheus --config.file=/tmp/prometheus.yml --storage.tsdb.path=/tmp/prometheus \
--web.listen-address=127.0.0.1:{QUERY_PORT}
"""

READ = """
import json, sys, urllib.request
found = {}
for url in sys.argv[1:]:
    try:
        with urllib.request.urlopen(url, timeout=4) as answer:
            found[url] = answer.read().decode()
    except OSError as error:
        found[url] = type(getattr(error, "reason", error)).__name__
print(json.dumps(found))
"""

Series = tuple[Mapping[str, str], float]
"""Labels, with the metric's name as ``__name__``, and the last value."""


@dataclass(frozen=True)
class PrometheusPods:
    """The pods."""

    state: State
    tenancy: str
    """The tenancy's namespace."""

    def read(self, pod: str, hosts: Collection[str]) -> dict[str, str]:
        """Return the metrics of hosts as a pod gets them, or the name of the error."""
        urls = {f"http://{host}:{PORT}/metrics": host for host in hosts}
        return {urls[url]: text for url, text in self._get(pod, *urls).items()}

    def series(self) -> list[Series]:
        """Return what Prometheus read last, without the buckets of histograms."""
        url = f"http://127.0.0.1:{QUERY_PORT}/api/v1/query?query=%7B__name__!=%22%22,le=%22%22%7D"
        text = self._get(ALLOWED, url)[url]
        if not text.startswith("{"):  # it starts
            return []
        return [(each["metric"], float(each["value"][1])) for each in json.loads(text)["data"]["result"]]

    def _get(self, pod: str, *urls: str) -> dict[str, str]:
        command = ("exec", "--stdin", pod, "--", "python3", "-", *urls)
        namespace = self.tenancy if pod == IMPOSTOR else NAMESPACE
        found: dict[str, str] = json.loads(kubectl(self.state, *command, namespace=namespace, stdin=READ))
        return found


@contextmanager
def operator_kinds(state: State) -> Iterator[None]:
    """Install the kinds of the Prometheus Operator, without the operator."""
    kubectl(state, "apply", "--server-side", "--filename=-", stdin=operator_crds())
    try:
        kubectl(state, "wait", "--for=condition=Established", "--timeout=60s", *operator_crd_names())
        yield
    finally:
        kubectl(state, "delete", "--ignore-not-found", *operator_crd_names())


@contextmanager
def prometheus_pods(state: State, services: Collection[str], tenancy: str) -> Iterator[PrometheusPods]:
    """Provide the pods.

    Args:
        state: the local tenancy's.
        services: the Services that Prometheus reads.
        tenancy: their namespace.
    """
    kubectl(state, "delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=true")
    kubectl(state, "create", "namespace", NAMESPACE)
    targets = [
        {"targets": [f"{each}.{tenancy}.svc:{PORT}"], "labels": {"namespace": tenancy, "service": each}}
        for each in services
    ]
    config = {
        "global": {"scrape_interval": INTERVAL, "scrape_timeout": INTERVAL},
        "scrape_configs": [{"job_name": "pangeo", "static_configs": targets}],
    }
    sleep = ["sleep", "infinity"]
    programs = {"name": "programs", "hostPath": {"path": str(monitoring_programs().resolve())}}
    mount = {"name": "programs", "mountPath": "/programs", "readOnly": True}
    pods = {
        ALLOWED: (NAMESPACE, _pod(ALLOWED, LABELS, ["sh", "-c", START, json.dumps(config)], (programs, mount))),
        OTHER: (NAMESPACE, _pod(OTHER, {"app.kubernetes.io/name": OTHER}, sleep)),
        IMPOSTOR: (tenancy, _pod(IMPOSTOR, LABELS, sleep)),
    }
    try:
        for namespace, manifest in pods.values():
            kubectl(state, "create", "--filename=-", namespace=namespace, stdin=json.dumps(manifest))
        for name, (namespace, _) in pods.items():
            kubectl(state, "wait", "--for=condition=Ready", f"pod/{name}", "--timeout=120s", namespace=namespace)
        yield PrometheusPods(state, tenancy)
    finally:
        kubectl(state, "delete", "pod", IMPOSTOR, "--ignore-not-found", "--wait=false", namespace=tenancy)
        kubectl(state, "delete", "namespace", NAMESPACE, "--wait=false")


def _pod(
    name: str,
    labels: Mapping[str, str],
    command: list[str],
    *volumes: tuple[Mapping[str, Any], Mapping[str, Any]],
) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": NOTEBOOK.reference,
        "command": command,
        "volumeMounts": [mount for _, mount in volumes],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec = {
        "containers": [container],
        "volumes": [volume for volume, _ in volumes],
        "terminationGracePeriodSeconds": 0,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}
