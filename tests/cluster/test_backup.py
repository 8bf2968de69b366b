"""A run of the scheduled backup on the node: stopped homes, a home in use, and a database that is being written."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from components.chart.backup import backup_priority_class
from components.cli.backup.run import follow_run, start_run
from components.cluster.client import connect_to_cluster
from components.cluster.kubeconfig import Kubeconfig
from components.config.tenancy import Tenancy
from components.in_backup.results import Result
from local.images.definitions import reference
from local.object_store.endpoint import BUCKET, REGION, TENANCY
from local.object_store.secret import SECRET
from local.paths import State
from local.stand_ins.charts.assemble import assemble
from local.tenancy import pki, web
from tests.engine.charts.renders import render_chart
from tests.support.kubectl import kubectl, read_object
from tests.support.tenancies import tenancy

pytestmark = pytest.mark.cluster

RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"

FILL = "mkdir -p /home/data; head -c 5000000 /dev/urandom > /home/data/random; echo of $0 > /home/notes.txt"
WRITE = """
import sqlite3, time
database = sqlite3.connect("/home/jupyterhub.sqlite", timeout=30)
database.executescript("CREATE TABLE a (n INTEGER); CREATE TABLE b (n INTEGER);")
number = 0
while True:
    with database:
        database.execute("INSERT INTO a VALUES (?)", (number,))
        database.execute("INSERT INTO b VALUES (?)", (number,))
    number += 1
    open("/home/ready", "w").close()
"""
"""Writes each number into two tables in one transaction, without a pause."""


def volume_pod(name: str, claim: str, image: str, command: list[str]) -> dict[str, Any]:
    """Return a pod of the users' user that has a volume."""
    container = {
        "name": "main",
        "image": reference(image),
        "command": command,
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "home", "mountPath": "/home"}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "securityContext": {
                **{"runAsUser": 1000, "runAsGroup": 100, "fsGroup": 100, "runAsNonRoot": True},
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container],
            "volumes": [{"name": "home", "persistentVolumeClaim": {"claimName": claim}}],
        },
    }


def claim(name: str) -> dict[str, Any]:
    """Return a volume claim."""
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "local-path",
        "resources": {"requests": {"storage": "1Gi"}},
    }
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


@dataclass
class Deployed:
    """A namespace with the objects of the backup."""

    tenancy: Tenancy
    state: State

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        return kubectl(self.state, *arguments, namespace=self.tenancy.namespace, stdin=stdin)

    def apply(self, *manifests: dict[str, Any]) -> None:
        self.kubectl("apply", "--filename=-", stdin="\n---\n".join(map(json.dumps, manifests)))

    def run(self) -> Result:
        """Start a run as the operator, and return its result."""
        access = Kubeconfig(None, self.state.kubeconfig, None)
        with connect_to_cluster(access, {}) as api:
            job = start_run(api, self.tenancy, print)
            return follow_run(api, self.tenancy, job, print)


@pytest.fixture
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """A namespace with the backup's objects and the Secret of the local tenancy's store."""
    state = State()
    name = f"backup-{secrets.token_hex(3)}"
    store = {
        "endpoint": TENANCY.url,
        "bucket": BUCKET,
        "region": REGION,
        "credentials": {"secret": SECRET},
        "caCertificate": pki.authority(state, "tenancy").crt.read_text(),
        "image": reference("restic"),
    }
    made = Deployed(tenancy(clusterName=name, backup=store, notebook__prePull=False), state)
    folder = State(tmp_path_factory.mktemp("chart"))
    folder.bin.parent.mkdir(parents=True, exist_ok=True)
    folder.bin.symlink_to(state.bin)
    rendered = render_chart(state.bin / "helm", assemble(folder), made.tenancy)
    objects = [each for (kind, own), each in rendered.objects.items() if "backup" in own.removeprefix(name)]
    secret = read_object(state, "secret", SECRET, namespace=web.NAMESPACE)
    kubectl(state, "create", "namespace", name)
    kubectl(state, "label", "namespace", name, RESTRICTED)
    try:
        made.apply({**{key: secret[key] for key in ("apiVersion", "kind", "data")}, "metadata": {"name": SECRET}})
        made.apply(*objects)
        yield made
    finally:
        kubectl(state, "delete", "namespace", name, "--wait=false")
        kubectl(state, "delete", "priorityclass", backup_priority_class(made.tenancy), "--ignore-not-found")


def test_a_run_backs_up_stopped_homes_homes_in_use_and_the_database(deployed: Deployed) -> None:
    deployed.apply(*(claim(each) for each in ("claim-alice", "claim-bob", "hub-db-dir")))
    hold = "; touch /home/ready; sleep infinity"
    deployed.apply(
        volume_pod("fill", "claim-alice", "hub", ["sh", "-c", FILL, "alice"]),
        volume_pod("jupyter-bob", "claim-bob", "hub", ["sh", "-c", FILL + hold, "bob"]),
        volume_pod("hub", "hub-db-dir", "hub", ["python3", "-c", WRITE]),
    )
    deployed.kubectl("wait", "pod/fill", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=90s")
    deployed.kubectl("wait", "pod/hub", "pod/jupyter-bob", "--for=condition=Ready", "--timeout=90s")
    result = deployed.run()
    assert result.run is not None
    assert (result.run.error, result.run.failed, result.run.incomplete, result.run.good) == ("", {}, {}, 3)
    done = (result.test_restore, result.retention, result.check)
    assert [each and (each.is_good, each.message) for each in done] == [(True, "")] * 3
    assert result.run.read > 10_000_000
    claims = json.loads(deployed.kubectl("get", "pvc", "--output", "json"))["items"]
    assert all("tenancy.pangeo/backed-up" in each["metadata"]["annotations"] for each in claims)
    assert (
        json.loads(deployed.kubectl("get", "pods", "--selector=tenancy.pangeo/backup", "--output", "json"))["items"]
        == []
    )
    _check_second_run(deployed, result)


def _check_second_run(deployed: Deployed, first: Result) -> None:
    """Check that a second run adds little."""
    second = deployed.run()
    assert first.run is not None
    assert second.run is not None
    assert second.run.failed == {}
    assert second.run.added < first.run.added / 2
