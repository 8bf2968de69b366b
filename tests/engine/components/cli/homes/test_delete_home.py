"""Homes of former members, deleted by the command, with a real directory and API server.

No provisioner runs here; tests/cluster/test_former_member.py deletes a volume of the node.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from components.cli.homes import delete_command, volume_deletion
from components.cli.members import MembersRefused
from components.cluster.errors import CannotAsk
from components.cluster.objects import delete_object
from components.in_hub.home_marks import DELETION_BEGUN, LAST_START
from tests.engine.components.cli.directory import MEMBERS
from tests.engine.components.cli.homes.conftest import CLASS, Killed, Operator

pytestmark = pytest.mark.engine

LONG_AGO = "2026-01-01T00:00:00+00:00"


def killed_at(step: str) -> Callable[[str], None]:
    def kill(line: str) -> None:
        if line.startswith(step):
            raise Killed

    return kill


def assert_untouched(operator: Operator) -> None:
    claim, volume = operator.find("pvc", operator.claim), operator.find("pv", operator.volume)
    assert claim, "the home is lost"
    assert volume, "the home is lost"
    assert "deletionTimestamp" not in claim["metadata"]
    assert DELETION_BEGUN not in claim["metadata"].get("annotations", {}), "servers start with it"
    assert DELETION_BEGUN not in (volume["metadata"].get("annotations") or {})


@pytest.mark.parametrize("policy", ["Delete", "Retain"])
def test_home_of_a_former_member_is_deleted_with_its_volume(operator: Operator, policy: str) -> None:
    operator.create_home(policy=policy, annotations={LAST_START: LONG_AGO})

    with operator.storage():
        assert operator.delete()

    assert operator.find("pvc", operator.claim) is None
    assert operator.find("pv", operator.volume) is None
    text = "\n".join(operator.lines)
    assert f"the home {operator.claim} of {operator.user}, of the FreeIPA account {operator.user_id}" in text
    assert f"its volume {operator.volume} with all files, 10 GB" in text
    assert ("its reclaim policy is Retain" in text) == (policy == "Retain")
    change = f"delete home {operator.claim}"
    assert operator.outcomes == [(change, "begun"), (change, "done")]


def test_another_name_deletes_nothing(operator: Operator) -> None:
    operator.create_home()

    assert not operator.delete(named="alice")

    assert operator.lines[-1] == f"nothing was deleted; to confirm without a question, add --yes {operator.user}"
    assert_untouched(operator)
    assert operator.outcomes == []


def test_home_of_a_member_is_refused_unless_that_is_meant(operator: Operator) -> None:
    operator.create_home()
    with operator.people.joined(MEMBERS, operator.user):
        assert not operator.delete()
        assert f"nothing was deleted: the owner of {operator.claim} may log in" in operator.lines
        assert_untouched(operator)

        with operator.storage():
            assert operator.delete(even_if_member=True)
    assert operator.find("pv", operator.volume) is None


def test_home_in_use_is_refused(operator: Operator) -> None:
    operator.create_home()
    pod = operator.mount()

    assert not operator.delete()

    assert f"nothing was deleted: {operator.claim} is in use by {pod}" in operator.lines
    assert_untouched(operator)


def test_home_of_a_server_that_has_just_been_started_is_refused(operator: Operator) -> None:
    operator.create_home(annotations={LAST_START: (datetime.now(UTC) - timedelta(seconds=9)).isoformat()})

    assert not operator.delete()

    assert "so its pod may still be created" in operator.lines[1]
    assert_untouched(operator)


def test_member_again_during_the_question_keeps_the_home(operator: Operator) -> None:
    operator.create_home()

    def join(line: str) -> None:
        if line == "the question":
            operator.people.join(MEMBERS, operator.user)

    try:
        assert not operator.delete(at=join)
    finally:
        operator.people.leave(MEMBERS, operator.user)

    assert_untouched(operator)


@pytest.mark.parametrize("happens", ["a pod", "a start", "a membership"])
def test_user_who_is_back_just_before_the_mark_keeps_the_home(
    operator: Operator, happens: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.create_home(annotations={LAST_START: LONG_AGO})
    actions: dict[str, Callable[[], object]] = {
        "a pod": operator.mount,
        "a start": lambda: operator.annotate(LAST_START, datetime.now(UTC).isoformat()),
        "a membership": lambda: operator.people.join(MEMBERS, operator.user),
    }

    def record(_log: object, entry: object) -> None:
        """The last step before the mark."""
        actions[happens]()

    monkeypatch.setattr(type(operator.log), "write", record)
    try:
        assert not operator.delete()
    finally:
        operator.people.leave(MEMBERS, operator.user)

    assert any(line.startswith("nothing was deleted: ") for line in operator.lines)
    assert_untouched(operator)


@pytest.mark.parametrize("policy", ["Delete", "Retain"])
@pytest.mark.parametrize("step", ["deleted: the claim", "deleted: the volume"])
def test_killed_command_is_finished_by_the_next_one(operator: Operator, step: str, policy: str) -> None:
    operator.create_home(policy=policy)
    with operator.storage():
        with pytest.raises(Killed):
            operator.delete(at=killed_at(step))
        operator.lines.clear()

        operator.delete()

    assert operator.find("pvc", operator.claim) is None
    assert operator.find("pv", operator.volume) is None


def test_deletion_that_was_killed_after_the_mark_can_be_finished_or_lifted(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_arguments: object, **_options: object) -> None:
        raise Killed

    operator.create_home()
    with monkeypatch.context() as killed:
        killed.setattr("components.cli.homes.delete_command.delete_object", kill)
        with pytest.raises(Killed):
            operator.delete()
    assert operator.annotation(DELETION_BEGUN), "no server starts"
    operator.lines.clear()

    assert not operator.delete(named="")
    assert "the deletion that had begun was lifted" in operator.lines
    assert_untouched(operator)

    with operator.storage():
        assert operator.delete()


def test_claim_changed_after_the_last_look_is_not_deleted(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    operator.create_home()

    def change_first(*arguments: object, **options: object) -> None:
        operator.annotate("another", "change")
        delete_object(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(delete_command, "delete_object", change_first)
    with pytest.raises(CannotAsk, match="cannot be deleted now; try again"):
        operator.delete()

    assert_untouched(operator)


def test_error_after_the_mark_lets_servers_start_again(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    operator.create_home()

    def mark_and_fail(deletion: delete_command.Deletion) -> object:
        if operator.annotation(DELETION_BEGUN):
            raise MembersRefused("the directory shows nothing")
        return plan(deletion)

    plan = delete_command.Deletion.plan
    monkeypatch.setattr(delete_command.Deletion, "plan", mark_and_fail)
    with pytest.raises(MembersRefused):
        operator.delete()

    assert_untouched(operator)


def test_member_again_after_a_killed_deletion_is_not_locked_out(operator: Operator) -> None:
    operator.create_home(annotations={DELETION_BEGUN: LONG_AGO})
    with operator.people.joined(MEMBERS, operator.user):
        assert not operator.delete()

    assert "the deletion that had begun was lifted" in operator.lines
    assert f"nothing was deleted: the owner of {operator.claim} may log in" in operator.lines
    assert_untouched(operator)


def restore_with(operator: Operator, *, bound: bool) -> None:
    """Let another claim ask for the volume, and give it the volume if it is to be bound."""
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": CLASS,
        "resources": {"requests": {"storage": "10Gi"}},
        "volumeName": operator.volume,
    }
    operator.apply("PersistentVolumeClaim", {"name": f"{operator.claim}-restored"}, spec)
    if bound:
        again = operator.find("pvc", f"{operator.claim}-restored") or {}
        reference = {"name": again["metadata"]["name"], "uid": again["metadata"]["uid"]}
        operator.kubectl("patch", "pv", operator.volume, f"--patch={json.dumps({'spec': {'claimRef': reference}})}")


@pytest.mark.parametrize("bound", [True, False])
def test_kept_volume_that_another_claim_has_got_is_not_deleted(operator: Operator, bound: bool) -> None:
    operator.create_home(policy="Retain")
    with pytest.raises(Killed):
        operator.delete(at=killed_at("deleted: the claim"))
    restore_with(operator, bound=bound)

    assert not operator.delete()
    assert not operator.delete(home=operator.volume)

    assert (operator.find("pv", operator.volume) or {})["spec"]["persistentVolumeReclaimPolicy"] == "Retain"


def test_volume_that_another_claim_gets_during_the_deletion_is_left(operator: Operator) -> None:
    operator.create_home(policy="Retain")

    def restore(line: str) -> None:
        if line.startswith("deleted: the claim"):
            restore_with(operator, bound=True)

    assert not operator.delete(at=restore)

    assert (operator.find("pv", operator.volume) or {})["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert "another claim has it now" in "\n".join(operator.lines)


def test_volume_that_no_provisioner_made_is_left_and_named(operator: Operator) -> None:
    operator.create_home(policy="Retain", provisioned=False)

    assert not operator.delete()

    assert operator.find("pvc", operator.claim) is None
    volume = operator.find("pv", operator.volume)
    assert volume
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    text = "\n".join(operator.lines)
    assert f"left: the volume {operator.volume} and its files; Kubernetes did not make it" in text
    assert f"kubectl delete pv {operator.volume}" in text
    assert operator.outcomes[-1] == (f"delete home {operator.claim}", "not known")


def test_slow_storage_is_reported(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volume_deletion.delete_volume, "__defaults__", (0.5,))
    operator.create_home()

    assert not operator.delete()

    assert f"the volume {operator.volume} is not gone after 0.5 s" in operator.lines[-1]


def test_home_without_marks_of_the_hub_is_refused(operator: Operator) -> None:
    operator.create_home(by_hub=False)

    assert not operator.delete()

    assert "has no marks of a home of this tenancy's hub" in operator.lines[1]
    assert_untouched(operator)


def test_home_in_the_namespace_of_another_stack_is_refused(operator: Operator) -> None:
    operator.create_home()
    mark = f"tenancy.pangeo/owner=stack other, cluster {uuid4()}, deployment 1234"
    operator.api.kubectl("annotate", "namespace", operator.namespace, mark)
    try:
        assert not operator.delete()
    finally:
        operator.api.kubectl("annotate", "namespace", operator.namespace, "tenancy.pangeo/owner-")

    assert f"the namespace {operator.namespace} belongs to stack other" in operator.lines[1]
    assert_untouched(operator)


def test_homes_of_a_reused_name_are_told_apart(operator: Operator) -> None:
    former = str(uuid4())
    operator.create_home(user_id=former)
    with operator.people.joined(MEMBERS, operator.user):
        operator.create_home(suffix="--second")
        with operator.storage():
            assert operator.delete(), "the former person's is the only one that is not used"

    assert operator.find("pvc", operator.claim) is None
    assert operator.find("pvc", f"{operator.claim}--second")
    assert f"of the FreeIPA account {former}: the account was deleted, and another one was created" in "\n".join(
        operator.lines
    )


def test_several_homes_are_deleted_by_name(operator: Operator) -> None:
    operator.create_home()
    operator.create_home(suffix="--second")

    assert not operator.delete()
    assert operator.lines[-1] == "→ name one with --home"
    assert not operator.delete(home="claim-of-another")

    with operator.storage():
        assert operator.delete(home=operator.claim)
    assert operator.find("pvc", f"{operator.claim}--second")


def test_user_without_a_home_is_named(operator: Operator) -> None:
    assert not operator.delete()

    assert operator.lines[1:] == [
        f"nothing was deleted: {operator.user} has no home in the namespace {operator.namespace}",
        "→ python -m components members list vis",
    ]
