"""A tenancy's namespace with homes, the hub's database and the objects of the chart that the backup needs."""

import base64
import json
import os
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from components.in_backup.cluster import Cluster
from components.in_backup.repository import DATABASE_FILE
from components.in_backup.results import CONFIG_MAP, Result
from components.in_backup.run import execute_run
from components.in_backup.settings import Settings
from components.in_hub.user_id import ID_ANNOTATION, NAME_ANNOTATION
from local.paths import State
from local.stand_ins.charts.assemble import assemble
from tests.engine.charts.renders import render_chart
from tests.support.api_server import ApiServer
from tests.support.object_store import REGION, Keys, ObjectStore
from tests.support.pod_runner import PodRunner
from tests.support.tenancies import tenancy
from tests.support.tools import link_tools
from tests.support.waiting import LIMIT_SECONDS

BUCKET = "backups"
SECRET = "pangeo-backup"
SNAPSHOT_CLASS = "snapshots"
PASSWORD = "of the repository"
USER_ID = "9f2c1b6e-0000-11ef-8000-0242ac110002"
DATABASE_CLAIM = "hub-db-dir"
KINDS = ("ConfigMap", "PriorityClass", "ServiceAccount", "Role", "RoleBinding", "CronJob", "NetworkPolicy")

Object = dict[str, Any]


def rendered_objects(name: str, folder: Path) -> list[Object]:
    """Return the backup's objects of a tenancy with this cluster name, as the chart renders them."""
    state = State(folder)
    link_tools(state.bin, ["helm"])
    store = {"endpoint": "http://192.0.2.8:7070", "bucket": BUCKET, "region": REGION, "credentials": {"secret": SECRET}}
    store |= {"snapshotClass": SNAPSHOT_CLASS, "snapshotCopyClass": "copies"}
    found = render_chart(
        state.bin / "helm", assemble(state), tenancy(clusterName=name, backup=store, notebook__prePull=False)
    )
    return [each for (kind, own), each in found.objects.items() if kind in KINDS and _is_of_backup(own, name)]


def _is_of_backup(name: str, release: str) -> bool:
    return name.removeprefix(f"{release}-") in ("backup", "backup-pods", "pangeo-backup", "pangeo-backup-code") or (
        name.startswith("pangeo-backup")
    )


class Interrupted(Exception):
    """The run was killed."""


@dataclass(frozen=True)
class StoppableCluster(Cluster):
    """Access to the cluster of a run that can be killed."""

    stop: Callable[[], bool] = lambda: False

    def list(self, kind: str) -> list[Mapping[str, Any]]:
        """Return objects, unless the run is to end."""
        if self.stop():
            raise Interrupted
        return super().list(kind)


@dataclass
class BackupNamespace:
    """The namespace."""

    api: ApiServer
    name: str
    runner: PodRunner
    store: ObjectStore
    keys: Keys
    folder: Path
    log: list[str] = field(default_factory=list)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        return self.api.kubectl("--namespace", self.name, *arguments, stdin=stdin)

    def apply(self, manifest: Mapping[str, Any], *arguments: str) -> None:
        self.kubectl("apply", "--server-side", "--filename", "-", *arguments, stdin=json.dumps(manifest))

    def create_secret(self, **changes: str) -> None:
        """Create the Secret, or replace it, with changes of its keys."""
        data = {
            "access-key": self.keys.access_key_id,
            "secret-key": self.keys.secret_access_key,
            "repository-password": PASSWORD,
            **{key.replace("_", "-"): value for key, value in changes.items()},
        }
        metadata = {"name": SECRET, "namespace": self.name}
        self.apply(
            {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}, "--force-conflicts"
        )

    def create_home(self, user: str, files: Mapping[str, str] | None = None) -> Path:
        """Create a home with files, and return its folder."""
        annotations = {NAME_ANNOTATION: user, ID_ANNOTATION: USER_ID}
        folder = self.create_claim(f"claim-{user}", annotations)
        for name, text in (files or {"notes.txt": f"of {user}"}).items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        os.chown(folder, 1000, 100)
        return folder

    def create_claim(self, name: str, annotations: Mapping[str, str]) -> Path:
        """Create a bound claim, and return the folder of its volume."""
        claim = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "annotations": dict(annotations)},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}},
        }
        self.apply(claim)
        bound = {"status": {"phase": "Bound"}}
        self.kubectl("patch", "pvc", name, "--subresource=status", "--type=merge", "--patch", json.dumps(bound))
        return self.runner.claim_folder(name)

    def create_database(self) -> Path:
        """Create the hub's database with a table, and return its file."""
        file = self.create_claim(DATABASE_CLAIM, {}) / DATABASE_FILE.rpartition("/")[2]
        with closing(sqlite3.connect(file)) as database:
            database.execute("CREATE TABLE entries (number INTEGER)")
            database.commit()
        for path in (file, file.parent):
            os.chown(path, 1000, 1000)
        return file

    def start_server(self, user: str, node: str | None) -> None:
        """Create the pod of a user's server that has the home, on a node or still without one."""
        spec = {
            "containers": [{"name": "notebook", "image": "example.org/notebook:1"}],
            "volumes": [{"name": "home", "persistentVolumeClaim": {"claimName": f"claim-{user}"}}],
            **({"nodeName": node} if node else {}),
        }
        self.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"jupyter-{user}"}, "spec": spec})

    def settings(self, **changes: Any) -> Settings:
        """Return the settings of the chart, with the address of the test's store, and without snapshots by default."""
        data = self.api.read("--namespace", self.name, "configmap", "pangeo-backup-code")["data"]
        settings = Settings.from_json(data["settings.json"])
        url = f"s3:{self.store.endpoint}/{BUCKET}/{self.name}"
        repository = replace(settings.repository, url=changes.pop("url", url))
        changes = {"snapshot_class": None, "image": "restic", "own_image": "hub", **changes}
        return replace(settings, repository=repository, **changes)

    def cluster(self) -> Cluster:
        """Return the access to the namespace that the run's service account has."""
        account = self.folder / "account"
        account.mkdir(exist_ok=True)
        (account / "token").write_text(self.kubectl("create", "token", f"{self.name}-backup"))
        config = json.loads(self.api.kubectl("config", "view", "--raw", "--output", "json"))
        authority = config["clusters"][0]["cluster"]["certificate-authority-data"]
        (account / "ca.crt").write_bytes(base64.b64decode(authority))
        return Cluster(self.api.url, self.name, account)

    def run(
        self, job: str = "nightly", *, stop: Callable[[], bool] = lambda: False, **changes: Any
    ) -> tuple[bool, Result]:
        """Execute a run as the service account; return whether all succeeded, and the recorded result.

        Raises:
            Interrupted: ``stop`` returned true when the run wrote a line or asked the cluster.
        """
        manifest = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "backup-run"},
            "spec": {"containers": [{"name": "run", "image": "example.org/hub:1"}]},
        }
        self.apply(manifest)
        uid = self.api.read("--namespace", self.name, "pod", "backup-run")["metadata"]["uid"]
        owner = {"apiVersion": "v1", "kind": "Pod", "name": "backup-run", "uid": uid}
        cluster = StoppableCluster(**vars(self.cluster()), stop=stop)
        is_good = execute_run(
            cluster, self.settings(**changes), owner=owner, job=job, node="node-a", log=self.log.append
        )
        return is_good, self.result()

    def result(self) -> Result:
        """Return the recorded result."""
        return Result.from_config_map(self.api.read("--namespace", self.name, "configmap", CONFIG_MAP))

    def restic(self, *arguments: str) -> str:
        """Run restic with the repository, and return its output."""
        done = subprocess.run(
            ["restic", *arguments],
            env={
                "PATH": os.environ["PATH"],
                "RESTIC_REPOSITORY": f"s3:{self.store.endpoint}/{BUCKET}/{self.name}",
                "RESTIC_PASSWORD": PASSWORD,
                "RESTIC_CACHE_DIR": str(self.folder / "restic"),
                "AWS_ACCESS_KEY_ID": self.keys.access_key_id,
                "AWS_SECRET_ACCESS_KEY": self.keys.secret_access_key,
                "AWS_DEFAULT_REGION": "eu-test",
            },
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def snapshots(self) -> list[Object]:
        """Return the snapshots of the repository."""
        found: list[Object] = json.loads(self.restic("snapshots", "--json"))
        return found
