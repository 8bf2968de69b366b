"""A hub with metrics, the things that it observes, and faults of these, for the test of the alerts."""

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from components.chart.values import Values
from components.in_hub.home_use import REPORT_PATH
from components.in_hub.namespace_samples import BACKUP_ANNOTATION
from components.ownership.claims import DATABASE_CLAIM
from tests.engine.hub.deployments import Deployment
from tests.engine.hub.loopback_servers import LOOPBACK
from tests.support.hub_process import Visitor
from tests.support.hub_users import PASSWORD
from tests.support.notebooks import declare_again
from tests.support.waiting import LIMIT_SECONDS, wait_until

RUNNING_USER = "anna"
"""The user whose server runs."""

STUCK_USERS = ("mona", "1eve", "j.doe-2")
"""Users whose servers get no node, so that their starts fail."""

START_SECONDS = 30
"""Time limit of starts. It is longer than the time after which a pending pod raises an alert."""

QUOTA, QUOTA_OBJECTS = "few-objects", 20
"""A quota of the namespace, and the number of ConfigMaps that it allows."""

MEBIBYTE = 1024**2
VOLUME_MEBIBYTES = 200
"""Size of the volume of the hub's database."""

HOME_BYTES = 10 * 1024**3
NODE = "node-1"


def with_fast_metrics(values: Values, *, port: int, https_port: int, server_port: int, database: Path) -> Values:
    """Return the values of a hub that observes everything every second.

    Args:
        values: the chart's values.
        port: the port of the metrics.
        https_port: the port at loopback that stands in for the hub's public address.
        server_port: the port of users' servers.
        database: the folder that stands in for the volume of the hub's database.
    """
    hub = values["jupyterhub"]["hub"]
    file = hub["extraFiles"]["components-in_hub-metrics.json"]
    changes = {"port": port, "https_port": https_port, "address": LOOPBACK, "dask": True}
    file["stringData"] = json.dumps(json.loads(file["stringData"]) | changes)
    hub["config"]["KubeSpawner"] |= {"port": server_port, "start_timeout": START_SECONDS}
    hub["extraConfig"]["tests"] = (
        "import pathlib\n"
        "from components.in_hub import home_reports, observation\n"
        "observation.INTERVAL_SECONDS = observation.DIRECTORY_SECONDS = observation.CERTIFICATE_SECONDS = 1\n"
        f"observation.DATABASE_FOLDER = pathlib.Path({str(database)!r})\n"
        "home_reports.LEAST_SECONDS = 0\n"
    )
    return declare_again(values)


@dataclass
class Monitored:
    """A hub whose user has a server and a Dask cluster."""

    deployment: Deployment
    database: Path
    """The folder of the volume of the hub's database."""

    def create_database_claim(self) -> None:
        """Create the claim of the hub's database."""
        self._create(
            "PersistentVolumeClaim",
            DATABASE_CLAIM,
            {
                "spec": {
                    "accessModes": ["ReadWriteOnce"],
                    "resources": {"requests": {"storage": f"{VOLUME_MEBIBYTES}Mi"}},
                }
            },
        )

    def create_quota(self) -> None:
        """Create a quota with the status that a controller would give it."""
        hard = {"count/configmaps": str(QUOTA_OBJECTS)}
        self._create("ResourceQuota", QUOTA, {"spec": {"hard": hard}})
        present = self.deployment.namespace.kubectl("get", "configmaps", "--output=name").split()
        self._set_status("resourcequota", QUOTA, {"hard": hard, "used": {"count/configmaps": str(len(present))}})

    def exhaust_quota(self) -> None:
        """Create as many objects as the quota allows."""
        used = self.deployment.namespace.kubectl("get", "resourcequota", QUOTA, "--output=json")
        free = QUOTA_OBJECTS - int(json.loads(used)["status"]["used"]["count/configmaps"])
        objects = [_manifest("ConfigMap", f"object-{number}") for number in range(free)]
        listed = {"apiVersion": "v1", "kind": "List", "items": objects}
        self.deployment.namespace.kubectl("create", "--filename=-", stdin=json.dumps(listed))

    def start_server(self) -> None:
        """Start the server of ``RUNNING_USER``: its pod gets a node, and runs."""
        visitor = self.deployment.hub.log_in(RUNNING_USER, PASSWORD)
        with ThreadPoolExecutor(1) as thread:
            started = thread.submit(_start, visitor, RUNNING_USER)
            self.deployment.namespace.pod(RUNNING_USER)
            self._place(f"jupyter-{RUNNING_USER}")
            started.result()
        wait_until(lambda: (visitor.user or {}).get("server"), self.deployment.hub.log)

    def start_stuck_servers(self) -> None:
        """Begin to start servers whose pods get no node."""
        visitors = {user: self.deployment.hub.log_in(user, PASSWORD) for user in STUCK_USERS}
        for user, visitor in visitors.items():
            threading.Thread(target=_start, args=(visitor, user), daemon=True).start()

    def create_dask_cluster(self) -> None:
        """Create a cluster with a scheduler and a worker that run."""
        self.deployment.namespace.create_dask_cluster("alpha", RUNNING_USER)
        for component in ("dask-scheduler", "dask-worker"):
            self._create_dask_pod(component, component)
            self._place(component)

    def add_stuck_worker(self) -> None:
        """Create a worker that gets no node."""
        self._create_dask_pod("stuck", "dask-worker")

    def _create_dask_pod(self, name: str, component: str) -> None:
        guaranteed = {"cpu": "1", "memory": "1Gi"}
        container = {"name": "dask", "image": "tests.invalid/dask:1", "resources": {"requests": guaranteed}}
        labels = {"app.kubernetes.io/component": component, "gateway.dask.org/cluster": "alpha"}
        self._create("Pod", name, {"spec": {"containers": [container]}}, labels)

    def report_home(self, used_part: float) -> None:
        """Report the use of the user's home, as its server does."""
        pod = self.deployment.namespace.pod(RUNNING_USER)
        [token] = [
            each["value"] for each in pod["spec"]["containers"][0]["env"] if each["name"] == "JUPYTERHUB_API_TOKEN"
        ]
        answer = requests.post(
            f"{self.deployment.hub.url}/hub{REPORT_PATH}",
            json={"size": HOME_BYTES, "used": int(used_part * HOME_BYTES)},
            headers={"Authorization": f"token {token}"},
            timeout=LIMIT_SECONDS,
        )
        answer.raise_for_status()

    def record_backup(self, age: timedelta) -> None:
        """Record a backup of the hub's database, as a backup job does."""
        time = (datetime.now(UTC) - age).isoformat(timespec="seconds")
        self.deployment.namespace.kubectl(
            "annotate", "pvc", DATABASE_CLAIM, "--overwrite", f"{BACKUP_ANNOTATION}={time}"
        )

    def fill_database_volume(self, part: float) -> None:
        """Fill this part of the volume of the hub's database."""
        with (self.database / "filling").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, int(part * VOLUME_MEBIBYTES * MEBIBYTE))

    def take_permission(self) -> None:
        """Take the hub's permission to read what it observes."""
        self.deployment.namespace.kubectl("delete", "rolebinding", "hub-tests-metrics")

    def fail_log_ins(self) -> None:
        """Let users log in while the directory is down."""
        for user in STUCK_USERS:
            assert not self.deployment.hub.log_in(user, PASSWORD).is_in

    def _create(self, kind: str, name: str, content: dict[str, Any], labels: dict[str, str] | None = None) -> None:
        manifest = _manifest(kind, name, labels) | content
        self.deployment.namespace.kubectl("create", "--filename=-", stdin=json.dumps(manifest))

    def _place(self, pod: str) -> None:
        """Give a pod a node, where it runs, as the scheduler and a kubelet would."""
        namespace = self.deployment.namespace
        target = {"target": {"apiVersion": "v1", "kind": "Node", "name": NODE}}
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": pod}, **target}
        path = f"/api/v1/namespaces/{namespace.name}/pods/{pod}/binding"
        namespace.api.kubectl("create", "--raw", path, "--filename=-", stdin=json.dumps(binding))
        container = {"name": "container", "image": "", "imageID": "", "restartCount": 0, "ready": True}
        running = {"state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}
        self._set_status(
            "pod",
            pod,
            {
                "phase": "Running",
                "podIP": LOOPBACK,
                "conditions": [{"type": "Ready", "status": "True"}],
                "containerStatuses": [container | running],
            },
        )

    def _set_status(self, kind: str, name: str, status: dict[str, Any]) -> None:
        patch = json.dumps({"status": status})
        self.deployment.namespace.kubectl("patch", kind, name, "--subresource=status", "--type=merge", "-p", patch)


def _manifest(kind: str, name: str, labels: dict[str, str] | None = None) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "labels": labels or {}}}


def _start(visitor: Visitor, user: str) -> None:
    visitor.post_json(f"/hub/api/users/{user}/server", {})
