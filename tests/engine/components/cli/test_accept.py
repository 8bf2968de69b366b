"""The decision about a reused user name, with a real directory and API server."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from components.cli.accept.command import accept_user
from components.cli.accept.facts import FORMER_ID, FORMER_USER
from components.cli.accept.reused import SUBJECT, check_identity, find_reused_names
from components.cli.audit_log import AuditLog
from components.cli.diagnose.result import Status
from components.cli.members import Group, MembersRefused
from components.cluster.errors import CannotAsk
from components.config.tenancy import Tenancy
from components.in_hub.user_id import (
    DECISIONS,
    ID_ANNOTATION,
    KEY_PREFIX,
    NAME_ANNOTATION,
    REFUSALS,
    Decision,
    read_decision,
    refusal_text,
)
from tests.engine.components.cli.conftest import STACK, SetUp
from tests.engine.components.cli.deployment import Deployment
from tests.engine.components.cli.directory import MEMBERS, Directory
from tests.support.api_server import ApiServer
from tests.support.hub_users import People

pytestmark = pytest.mark.engine

FORMER = "0d0c8e9e-8a5b-11ef-9c3a-5254005e1f0a"


class Killed(BaseException):
    """End of the command between two steps."""


@dataclass
class Operator:
    """The operator's command, and the objects that it changes."""

    group: Group
    api: ApiServer
    user: str
    user_id: str
    log: AuditLog
    lines: list[str] = field(default_factory=list)

    def accept(
        self, *, same_person: bool, agrees: bool = True, user: str = "", killed_at: Callable[[str], bool] | None = None
    ) -> bool:
        def report(line: str) -> None:
            self.lines.append(line)
            if killed_at and killed_at(line):
                raise Killed

        return accept_user(
            self.group,
            user or self.user,
            same_person=same_person,
            confirm=lambda: agrees,
            log=self.log,
            environment=self.environment,
            report=report,
        )

    @property
    def environment(self) -> dict[str, str]:
        return {"KUBECONFIG": str(self.api.kubeconfig), "PATH": ""}

    def create_home(self, server: str = "", user_id: str = FORMER, *, mounted: bool = False) -> None:
        name = f"{self.user}--{server}" if server else self.user
        spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "resources": {"requests": {"storage": "1Gi"}}}
        annotations = {NAME_ANNOTATION: self.user, **({ID_ANNOTATION: user_id} if user_id else {})}
        metadata = {"name": f"claim-{name}", "annotations": annotations}
        self._apply("PersistentVolumeClaim", metadata, {**spec, "volumeName": f"pv-{name}"})
        reference = {"namespace": self._namespace, "name": f"claim-{name}"}
        volume = {
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": "1Gi"},
            "persistentVolumeReclaimPolicy": "Delete",
            "hostPath": {"path": "/nowhere"},
            "claimRef": reference,
        }
        self._apply("PersistentVolume", {"name": f"pv-{name}"}, volume)
        if mounted:
            self._kubectl("wait", "serviceaccount/default", "--for=create", "--timeout=60s")
            source = {"claimName": f"claim-{name}"}
            pod = {
                "containers": [{"name": "notebook", "image": "notebook"}],
                "volumes": [{"name": "home", "persistentVolumeClaim": source}],
            }
            self._apply("Pod", {"name": f"jupyter-{name}"}, pod)

    def refuse_log_in(self) -> None:
        """Record what the hub records for a refused log-in."""
        data = {KEY_PREFIX + self.user: refusal_text(self.user_id, {FORMER}, "now")}
        manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": REFUSALS}, "data": data}
        self._kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", stdin=json.dumps(manifest))

    def find(self, kind: str, name: str) -> dict[str, Any] | None:
        text = self._kubectl("get", kind, name, "--ignore-not-found", "--output=json")
        found: dict[str, Any] | None = json.loads(text) if text else None
        return found

    def owner(self, claim: str) -> str | None:
        found = self.find("pvc", claim)
        assert found
        owner: str | None = found["metadata"]["annotations"].get(ID_ANNOTATION)
        return owner

    @property
    def decision(self) -> Decision | None:
        return read_decision((self.find("configmap", DECISIONS) or {}).get("data"), self.user)

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        entries = map(json.loads, self.log.path.read_text().splitlines())
        return [(entry["change"], entry["outcome"]) for entry in entries]

    @property
    def _namespace(self) -> str:
        return self.group.tenancy.namespace

    def _apply(self, kind: str, metadata: dict[str, Any], spec: dict[str, Any]) -> None:
        manifest = {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec}
        self._kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(manifest))

    def _kubectl(self, *words: str, stdin: str | None = None) -> str:
        return self.api.kubectl("--namespace", self._namespace, *words, stdin=stdin)


@pytest.fixture
def operator(
    tenancy: Tenancy, people: Directory, deployment: Deployment, api_server: ApiServer, tmp_path: Path
) -> Operator:
    assert deployment
    user, directory = f"user-{token_hex(4)}", People(people.server)
    directory.add(user)
    group = Group(tenancy, STACK, people.server.operator_dn, people.server.operator_password)
    return Operator(group, api_server, user, directory.unique_id(user), AuditLog(tmp_path / "members.jsonl"))


def is_kept(operator: Operator, volume: str) -> bool:
    found = operator.find("pv", volume)
    assert found, f"{volume} is lost"
    annotations = found["metadata"].get("annotations") or {}
    is_marked = (annotations.get(FORMER_USER), annotations.get(FORMER_ID)) == (operator.user, FORMER)
    return is_marked and found["spec"]["persistentVolumeReclaimPolicy"] == "Retain"


def test_new_person_gets_no_home_and_no_file_is_lost(operator: Operator) -> None:
    operator.create_home(mounted=True)
    operator.create_home("second")

    assert operator.accept(same_person=False)

    for name in (operator.user, f"{operator.user}--second"):
        assert operator.find("pvc", f"claim-{name}") is None
        assert is_kept(operator, f"pv-{name}")
        assert f"kubectl patch pv pv-{name}" in "\n".join(operator.lines)
    assert operator.find("pod", f"jupyter-{operator.user}") is None
    assert operator.decision == Decision(operator.user_id, same_person=False)
    assert operator.outcomes == [("accept --new-person", "begun"), ("accept --new-person", "done")]


@pytest.mark.parametrize("step", ["kept: ", "stopped: ", "deleted: "])
def test_killed_command_loses_nothing_and_can_be_repeated(operator: Operator, step: str) -> None:
    operator.create_home(mounted=True)
    volume = f"pv-{operator.user}"
    with pytest.raises(Killed):
        operator.accept(same_person=False, killed_at=lambda line: line.startswith(step))
    assert is_kept(operator, volume)
    assert operator.outcomes == [("accept --new-person", "begun")]
    operator.lines.clear()

    assert operator.accept(same_person=False)

    assert operator.find("pvc", f"claim-{operator.user}") is None
    assert is_kept(operator, volume)
    assert f"kubectl patch pv {volume}" in "\n".join(operator.lines)


def test_home_without_a_volume_object_is_not_deleted(operator: Operator) -> None:
    operator.create_home()
    operator.api.kubectl("delete", "pv", f"pv-{operator.user}", "--wait=false")
    operator.api.kubectl(
        "patch", "pv", f"pv-{operator.user}", "--type=merge", '--patch={"metadata":{"finalizers":null}}'
    )

    with pytest.raises(CannotAsk, match="does not exist"):
        operator.accept(same_person=False)

    assert operator.find("pvc", f"claim-{operator.user}") is not None


def test_home_that_was_never_bound_is_kept_for_nobody_but_its_operator(operator: Operator) -> None:
    operator.create_home(user_id="")

    assert operator.accept(same_person=False)

    assert operator.find("pvc", f"claim-{operator.user}") is None
    assert f"of the former user {operator.user} (ipaUniqueID not known)" in "\n".join(operator.lines)


def test_same_person_gets_the_homes(operator: Operator) -> None:
    operator.create_home(mounted=True)
    operator.create_home("second")
    operator.refuse_log_in()

    assert operator.accept(same_person=True)

    for name in (operator.user, f"{operator.user}--second"):
        assert operator.owner(f"claim-{name}") == operator.user_id
    assert operator.find("pod", f"jupyter-{operator.user}") is not None, "the server is hers"
    assert operator.decision == Decision(operator.user_id, same_person=True)
    refusals = operator.find("configmap", REFUSALS) or {}
    assert KEY_PREFIX + operator.user not in (refusals.get("data") or {})


def test_home_of_the_new_account_is_left_alone(operator: Operator) -> None:
    operator.create_home(user_id=operator.user_id, mounted=True)

    assert operator.accept(same_person=False)

    assert operator.owner(f"claim-{operator.user}") == operator.user_id
    assert operator.find("pod", f"jupyter-{operator.user}") is not None


def test_nothing_changes_without_consent(operator: Operator) -> None:
    operator.create_home()

    assert not operator.accept(same_person=False, agrees=False)

    assert operator.owner(f"claim-{operator.user}") == FORMER
    assert operator.decision is None
    assert operator.lines[-1] == "nothing was changed; to confirm without a question, add --yes"


def test_unknown_user_is_refused(operator: Operator) -> None:
    with pytest.raises(MembersRefused, match="there is no such user in FreeIPA"):
        operator.accept(same_person=True, user="nobody-at-all")


def test_reused_names_are_listed_until_the_decision(operator: Operator) -> None:
    def reused() -> list[str]:
        return find_reused_names(operator.group.tenancy, {operator.user: operator.user_id}, operator.environment)

    assert reused() == []
    operator.refuse_log_in()
    assert reused() == [operator.user]
    operator.create_home()
    operator.accept(same_person=True)
    assert reused() == []


def test_doctor_names_a_reused_name_and_the_decision(healthy: SetUp, operator: Operator, people: Directory) -> None:
    people.join(MEMBERS, operator.user)
    try:
        assert healthy.doctor(operator.user)[SUBJECT].status is Status.GOOD
        operator.create_home()
        found = healthy.doctor(operator.user)[SUBJECT]
    finally:
        People(people.server).remove(operator.user)

    assert found.status is Status.BROKEN
    assert FORMER in found.message
    assert f"python -m components members accept {STACK} {operator.user} --same-person" in found.fix


def test_hidden_identity_is_named(operator: Operator) -> None:
    found = check_identity(operator.group.tenancy, operator.user, None, operator.environment, STACK)

    assert found.status is Status.BROKEN
    assert "System: Read User IPA Attributes" in found.fix
