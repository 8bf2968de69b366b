"""A namespace with the home of bob, and a repository of backups, in memory; a command can be stopped at each step."""

import base64
import copy
import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from components.cli.audit_log import AuditLog
from components.cli.homes import delete_command
from components.cli.homes.archive_command import archive_home
from components.cli.homes.deletion_plan import Request
from components.cli.homes.home import PROVISIONER
from components.cli.homes.owners import Absence
from components.cli.members import Group
from components.cli.restore.output import Output
from components.cli.restore.pod import Target
from components.cli.restore.session import Session
from components.cli.restore.steps import Steps
from components.cluster.identity import ClusterId
from components.in_backup.repository import Repository, home_tags
from components.in_hub.home_marks import RESTORING, start_marks
from components.in_hub.user_id import ID_ANNOTATION, NAME_ANNOTATION
from tests.support.tenancies import tenancy
from tests.unit.components.cli.homes.homes import ID, NOW

USER, CLAIM, VOLUME = "bob", "claim-bob", "pv-bob"
HOST = "vis-pangeo"
NAMESPACE = "/api/v1/namespaces/vis-pangeo"
CLAIMS, PODS, VOLUMES = f"{NAMESPACE}/persistentvolumeclaims", f"{NAMESPACE}/pods", "/api/v1/persistentvolumes"

OK, NOT_FOUND, CONFLICT = 200, 404, 409

Object = dict[str, Any]


class Killed(BaseException):
    """End of the command between two steps."""


@dataclass
class ArchiveTenancy:
    """The cluster, the steps of pods, and the operator."""

    log: AuditLog
    server: str = "https://k8s.example.org:6443"
    objects: dict[str, Object] = field(default_factory=dict)
    """The objects by their paths."""
    snapshots: list[Object] = field(default_factory=list)
    steps: list[list[str]] = field(default_factory=list)
    """The steps of pods, with their arguments."""
    lines: list[str] = field(default_factory=list)
    at: Callable[[str], None] = lambda moment: None
    """Is called before each step of a pod and each deletion of an object, with its name."""
    after: Callable[[str], None] = lambda moment: None
    is_member: bool = False

    def create_home(self) -> None:
        marks = {NAME_ANNOTATION: USER, ID_ANNOTATION: ID}
        self.create(
            f"{CLAIMS}/{CLAIM}",
            annotations=marks,
            spec={"volumeName": VOLUME, "resources": {"requests": {"storage": "10Gi"}}},
            status={"phase": "Bound"},
        )
        reference = {"namespace": HOST, "name": CLAIM, "uid": f"uid of {CLAIM}"}
        spec = {"persistentVolumeReclaimPolicy": "Retain", "claimRef": reference, "capacity": {"storage": "10Gi"}}
        self.create(f"{VOLUMES}/{VOLUME}", annotations={PROVISIONER: "csi.example.org"}, spec=spec)

    def create(self, path: str, *, annotations: Mapping[str, str], spec: Object, status: Object | None = None) -> None:
        name = path.rpartition("/")[2]
        metadata = {"name": name, "uid": f"uid of {name}", "resourceVersion": "1", "annotations": dict(annotations)}
        metadata["creationTimestamp"] = NOW.isoformat()
        self.objects[path] = {"metadata": metadata, "spec": spec, "status": status or {}}

    def back_up(self, user: str, *tags: str, user_id: str = ID, id_: str = "") -> str:
        """Add a snapshot of the home of a user."""
        number = len(self.snapshots) + 1
        id_ = id_ or f"{number:064d}"
        self.snapshots.append(
            {
                "id": id_,
                "time": f"2026-11-30T01:{number:02d}:00Z",
                "hostname": HOST,
                "paths": [f"/homes/{user}"],
                "tags": [*home_tags(user, user_id, f"claim-{user}", 10), *tags],
            }
        )
        return id_

    def start_server(self) -> None:
        """Record a start, as the hub does."""
        annotations = self.annotations()
        for key, value in start_marks(NOW).items():
            annotations.pop(key, None)
            if value is not None:
                annotations[key] = value
        self._change(f"{CLAIMS}/{CLAIM}")

    def begin_restore(self) -> None:
        """Mark the home, as a restore does before it moves files into their places."""
        self.annotations()[RESTORING] = "a" * 64
        self._change(f"{CLAIMS}/{CLAIM}")

    def annotations(self) -> dict[str, str]:
        found: dict[str, str] = self.objects[f"{CLAIMS}/{CLAIM}"]["metadata"]["annotations"]
        return found

    @property
    def has_home(self) -> bool:
        return {f"{CLAIMS}/{CLAIM}", f"{VOLUMES}/{VOLUME}"} <= self.objects.keys()

    @property
    def archives(self) -> list[str]:
        return [each["id"] for each in self.snapshots if "archived" in each["tags"]]

    # The API of the cluster

    def get(self, path: str) -> Object:
        collection = path.partition("?")[0]
        found = [each for own, each in self.objects.items() if own.rpartition("/")[0] == collection]
        return {"items": copy.deepcopy(found)}

    def send(self, method: str, path: str, body: Object | None = None) -> tuple[int, Object]:
        path = path.partition("?")[0]
        live = self.objects.get(path)
        if path == NAMESPACE:
            return OK, {"kind": "Namespace", "metadata": {"name": HOST, "uid": "u"}}
        if live is None:
            return NOT_FOUND, {}
        version = live["metadata"]["resourceVersion"]
        if method == "PUT":
            assert body
            if body["metadata"]["resourceVersion"] != version:
                return CONFLICT, {}
            if body["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
                self._delete(path)  # as the storage does, because its claim is gone
            else:
                self.objects[path] = copy.deepcopy(body)
                self._change(path)
        if method == "DELETE":
            assert body
            if body["preconditions"].get("resourceVersion", version) != version:
                return CONFLICT, {}
            self._delete(path)
        return OK, copy.deepcopy(live)

    def _change(self, path: str) -> None:
        metadata = self.objects[path]["metadata"]
        metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 1)

    def _delete(self, path: str) -> None:
        name = path.rpartition("/")[2]
        self.at(f"delete {name}")
        self.objects.pop(path, None)
        self.after(f"delete {name}")

    # The steps of pods

    @property
    def tenancy(self) -> Any:
        return tenancy()

    repository = Repository("s3:https://s3.example.org/backups/vis-pangeo", "eu", HOST, "pangeo-backup")

    def report(self, line: str) -> None:
        self.lines.append(line)

    def run(self, step: Sequence[str], subject: str, target: Target | None = None) -> Output:
        """Run a step in the repository."""
        name, *arguments = step
        self.steps.append(list(step))
        self.at(name)
        lines: list[str] = []
        if name == "archive":
            assert target == Target(CLAIM, read_as=arguments[0])
            # As restic 0.14, which shows only the beginning of the id.
            lines = [f"archived {self.back_up(USER, *arguments[2:])[-8:]}"]
            self.snapshots[-1]["id"] = self.snapshots[-1]["id"][-8:] * 8
        elif name == "list":
            text = base64.b64encode(gzip.compress(json.dumps(self.snapshots).encode())).decode()
            lines = [f"snapshots {text}"]
        elif name == "forget":
            self.snapshots = [each for each in self.snapshots if each["id"] not in arguments]
        self.after(name)
        return Output(tuple(lines), ())

    # The operator

    @property
    def group(self) -> Group:
        return Group(tenancy(), "vis", "uid=operator", "of the tests")

    @property
    def session(self) -> Session:
        return Session("vis", cast("Any", self), cast("Steps", self))

    def archive(self, confirm: Callable[[str], bool] = USER.__eq__) -> bool:
        """Run the command."""
        self.lines.clear()
        return archive_home(self.session, self.group, Request("vis", USER), confirm=confirm, log=self.log)

    @property
    def outcomes(self) -> list[str]:
        return [json.loads(line)["outcome"] for line in self.log.path.read_text().splitlines()]


@pytest.fixture
def archived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ArchiveTenancy:
    """A tenancy with the home of bob, who is no member any more."""
    made = ArchiveTenancy(AuditLog(tmp_path / "log.jsonl"))
    away = Absence("no member of vis_notebook_users any more")
    monkeypatch.setattr(
        delete_command,
        "find_absences",
        lambda _group, owners: {} if made.is_member else dict.fromkeys(owners, away),
    )
    monkeypatch.setattr(delete_command, "latest_revision", lambda *_: 1)
    monkeypatch.setattr(delete_command, "read_cluster_id", lambda _: ClusterId("https://k8s.example.org:6443", "u"))
    made.create_home()
    return made
