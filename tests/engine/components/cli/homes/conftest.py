"""Homes with volumes in an API server, and their operator."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from components.cli.audit_log import AuditLog
from components.cli.homes.delete_command import delete_home
from components.cli.homes.deletion_plan import Request
from components.cli.homes.home import PROVISIONER
from components.cli.members import Group
from components.config.tenancy import Tenancy
from components.in_hub.user_id import ID_ANNOTATION, NAME_ANNOTATION
from tests.engine.components.cli.conftest import STACK
from tests.engine.components.cli.deployment import Deployment
from tests.engine.components.cli.directory import Directory
from tests.support.api_server import ApiServer
from tests.support.hub_users import People

CLASS = "csi"


class Killed(BaseException):
    """End of the command between two steps."""


@dataclass
class Operator:
    """The operator's commands, and the homes of users that are named for one test."""

    group: Group
    api: ApiServer
    people: People
    user: str
    user_id: str
    log: AuditLog
    lines: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return {"KUBECONFIG": str(self.api.kubeconfig), "PATH": ""}

    @property
    def claim(self) -> str:
        return f"claim-{self.user}"

    @property
    def volume(self) -> str:
        return f"pv-{self.user}"

    def delete(
        self,
        *,
        home: str = "",
        even_if_member: bool = False,
        named: str | None = None,
        at: Callable[[str], None] = lambda line: None,
    ) -> bool:
        """Run the command; ``at`` is called with each reported line, and ``named`` is the name that is typed."""

        def report(line: str) -> None:
            self.lines.append(line)
            at(line)

        def confirm(name: str) -> bool:
            at("the question")
            return name == (self.user if named is None else named)

        return delete_home(
            self.group,
            Request(STACK, self.user, home, even_if_member),
            confirm=confirm,
            log=self.log,
            environment=self.environment,
            report=report,
        )

    def create_home(
        self,
        *,
        user_id: str | None = None,
        policy: str = "Delete",
        provisioned: bool = True,
        annotations: dict[str, str] | None = None,
        by_hub: bool = True,
        suffix: str = "",
    ) -> None:
        """Create a home with a volume, as the hub and a provisioner do."""
        claim, volume = f"{self.claim}{suffix}", f"{self.volume}{suffix}"
        marks = {NAME_ANNOTATION: self.user, ID_ANNOTATION: self.user_id if user_id is None else user_id}
        metadata = {
            "name": claim,
            "labels": {"component": "singleuser-storage"} if by_hub else {},
            "annotations": {
                **({key: text for key, text in marks.items() if text} if by_hub else {}),
                **(annotations or {}),
            },
        }
        spec = {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": CLASS,
            "resources": {"requests": {"storage": "10Gi"}},
        }
        self.apply("PersistentVolumeClaim", metadata, {**spec, "volumeName": volume})
        uid = (self.find("pvc", claim) or {})["metadata"]["uid"]
        self.apply(
            "PersistentVolume",
            {"name": volume, "annotations": {PROVISIONER: "csi.tests.invalid"} if provisioned else {}},
            {
                "accessModes": ["ReadWriteOnce"],
                "capacity": {"storage": "10Gi"},
                "storageClassName": CLASS,
                "persistentVolumeReclaimPolicy": policy,
                "hostPath": {"path": "/nowhere"},
                "claimRef": {"namespace": self.namespace, "name": claim, "uid": uid},
            },
        )

    def mount(self, *, component: str = "singleuser-server") -> str:
        """Create a pod that mounts the home; return its name."""
        self.kubectl("wait", "serviceaccount/default", "--for=create", "--timeout=60s")
        name = f"pod-{self.user}"
        volumes = [{"name": "home", "persistentVolumeClaim": {"claimName": self.claim}}]
        spec = {"containers": [{"name": "main", "image": "image"}], "volumes": volumes}
        self.apply("Pod", {"name": name, "labels": {"component": component}}, spec)
        return name

    def annotate(self, name: str, text: str) -> None:
        self.kubectl("annotate", "pvc", self.claim, f"{name}={text}", "--overwrite")

    def annotation(self, name: str) -> str | None:
        text: str | None = (self.find("pvc", self.claim) or {})["metadata"]["annotations"].get(name)
        return text

    def find(self, kind: str, name: str) -> dict[str, Any] | None:
        text = self.kubectl("get", kind, name, "--ignore-not-found", "--output=json")
        found: dict[str, Any] | None = json.loads(text) if text else None
        return found

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        entries = map(json.loads, self.log.path.read_text().splitlines())
        return [(entry["change"], entry["outcome"]) for entry in entries]

    @property
    def namespace(self) -> str:
        return self.group.tenancy.namespace

    def apply(self, kind: str, metadata: dict[str, Any], spec: dict[str, Any]) -> None:
        manifest = {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec}
        self.kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(manifest))

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        return self.api.kubectl("--namespace", self.namespace, *words, stdin=stdin)

    def clean_up(self) -> None:
        """Delete pods, claims and volumes: other tests read all homes of the namespace."""
        self.kubectl("delete", "pod", f"pod-{self.user}", "--ignore-not-found", "--force", "--grace-period=0")
        for kind, prefix in (("pvc", self.claim), ("pv", self.volume)):
            for name in self.kubectl("get", kind, "--output=name").split():
                if name.partition("/")[2].startswith(prefix):
                    self.kubectl("patch", name, "--type=merge", '--patch={"metadata":{"finalizers":null}}')
                    self.kubectl("delete", name, "--ignore-not-found")

    @contextmanager
    def storage(self) -> Iterator[None]:
        """Delete the volume once its claim is gone and its policy says so, as the provisioner does."""
        ended = threading.Event()
        thread = threading.Thread(target=self._delete_released, args=(ended,))
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _delete_released(self, ended: threading.Event) -> None:
        while not ended.wait(0.2):
            volume = self.find("pv", self.volume)
            if volume is None or self.find("pvc", self.claim) is not None:
                continue
            if volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete":
                self.kubectl("delete", "pv", self.volume, "--wait=false")
                self.kubectl("patch", "pv", self.volume, "--type=merge", '--patch={"metadata":{"finalizers":null}}')
                return


@pytest.fixture
def operator(
    tenancy: Tenancy, people: Directory, deployment: Deployment, api_server: ApiServer, tmp_path: Path
) -> Iterator[Operator]:
    """Operator, and a user who is no member."""
    assert deployment
    user, directory = f"user-{token_hex(4)}", People(people.server)
    directory.add(user)
    group = Group(tenancy, STACK, people.server.operator_dn, people.server.operator_password)
    made = Operator(group, api_server, directory, user, directory.unique_id(user), AuditLog(tmp_path / "log.jsonl"))
    yield made
    made.clean_up()
