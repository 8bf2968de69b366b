"""The whole command: its signals, its removal, and what it reports if the lease ends before."""

import errno
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence

import pytest

from components.cli.diagnose.result import CheckResult, Status, good
from components.cli.verify import command, lease
from components.cli.verify.check import LEASE, Check
from components.cli.verify.command import REMOVED, verify
from components.cli.verify.context import Context
from components.cli.verify.leftovers import CLUSTERS, VOLUMES
from components.cli.verify.progress import Progress
from components.cli.verify.runner import TICK_SECONDS
from components.cli.verify.web import Answer, AnswerLost
from components.cluster.errors import CannotAsk
from components.in_hub.api_names import VERIFICATION_USER
from components.in_hub.user_id import NAME_ANNOTATION
from tests.unit.components.cli.verify.contexts import BEGUN, OBJECTS, ScriptedContext, answer, scripted

REMOVED_ALL = answer(200, {"remains": []})
RENEWED = answer(204)
NO_LEASE = answer(404, {"message": "there is no such lease"})
WAITING_SECONDS = 60.0

CLAIM = "claim-pangeo-verify"
CLAIMS = "/api/v1/namespaces/vis-pangeo/persistentvolumeclaims"
CLASS = "/apis/storage.k8s.io/v1/storageclasses/retaining"
HOME = {
    "metadata": {"name": CLAIM, "annotations": {NAME_ANNOTATION: VERIFICATION_USER}},
    "spec": {"storageClassName": "retaining"},
}
FORBIDDEN = CannotAsk("HTTP 403")
ENDED_CLUSTERS = {"items": [{"metadata": {"name": each}, "spec": {"username": VERIFICATION_USER}} for each in "ab"]}


class ClosedTerminal(io.StringIO):
    """Standard error after its terminal or pipe was closed."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    def write(self, text: str) -> int:
        raise OSError(errno.EIO, "Input/output error")


def run(context: ScriptedContext, *checks: Check) -> tuple[dict[str, CheckResult], int]:
    with Progress() as progress:
        results, received = verify(context, checks, progress)
    return {each.subject: each for each in results}, received


def waits(begun: threading.Event | None = None) -> Check:
    def check(context: Context) -> Sequence[CheckResult]:
        if begun is not None:
            begun.set()
        while True:
            Context.wait(context, WAITING_SECONDS)

    return Check("waits", "", check, (LEASE,))


def volume(name: str, claim: str, namespace: str = "vis-pangeo") -> dict[str, object]:
    reference = {"namespace": namespace, "name": claim}
    return {"metadata": {"name": name}, "spec": {"claimRef": reference, "persistentVolumeReclaimPolicy": "Retain"}}


@pytest.fixture
def handlers() -> Iterator[None]:
    """Let no signal be ignored, as SIGHUP is below nohup, and check that the handlers are put back."""
    ignored = [each for each in command.SIGNALS if signal.getsignal(each) is signal.SIG_IGN]
    for each in ignored:
        signal.signal(each, signal.SIG_DFL)
    before = {each: signal.getsignal(each) for each in command.SIGNALS}
    yield
    assert {each: signal.getsignal(each) for each in command.SIGNALS} == before
    for each in ignored:
        signal.signal(each, signal.SIG_IGN)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("number", command.SIGNALS)
def test_signal_ends_the_checks_and_removes_everything(number: signal.Signals) -> None:
    begun = threading.Event()

    def interrupt() -> None:
        assert begun.wait(WAITING_SECONDS)
        os.kill(os.getpid(), number)

    threading.Thread(target=interrupt).start()
    context = scripted(BEGUN, RENEWED, REMOVED_ALL, objects=OBJECTS)
    results, received = run(context, waits(begun))

    assert received == number
    assert results["waits"].message == f"not tested: the run was interrupted ({number.name})"
    assert results[REMOVED].status is Status.GOOD
    assert [method for method, _ in context.web.requests] == ["POST", "PUT", "DELETE"]


@pytest.mark.usefixtures("handlers")
def test_signal_while_the_lease_begins_removes_what_the_hub_creates_then() -> None:
    context = scripted(BEGUN, RENEWED, REMOVED_ALL, objects=OBJECTS)
    send = context.web.request

    def request(method: str, path: str, *rest: object, **others: object) -> Answer:
        if method == "POST":
            os.kill(os.getpid(), signal.SIGINT)
            threading.Event().wait(2 * TICK_SECONDS)
        return send(method, path, *rest, **others)

    context.web.request = request  # type: ignore[method-assign]
    results, received = run(context)

    assert received == signal.SIGINT
    assert results[REMOVED].status is Status.GOOD


@pytest.mark.usefixtures("handlers")
def test_second_signal_ends_the_process_with_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    context = scripted(BEGUN, objects=OBJECTS)

    def interrupt(_: Context) -> Sequence[CheckResult]:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        Context.wait(context, WAITING_SECONDS)
        return []

    with pytest.raises(SystemExit) as ended:
        run(context, Check("interrupts", "", interrupt))

    assert ended.value.code == 128 + signal.SIGTERM
    assert "the hub removes what is left" in capsys.readouterr().err


def test_ignored_signal_remains_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:

        def hang_up(_: Context) -> Sequence[CheckResult]:
            os.kill(os.getpid(), signal.SIGHUP)
            return [good("goes on", "")]

        results, received = run(scripted(BEGUN, RENEWED, REMOVED_ALL, objects=OBJECTS), Check("goes on", "", hang_up))
    finally:
        signal.signal(signal.SIGHUP, before)

    assert (results["goes on"].status, received) == (Status.GOOD, 0)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_terminal_that_was_closed_does_not_prevent_the_removal(
    monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", ClosedTerminal(is_terminal=is_terminal))
    results, _ = run(scripted(BEGUN, RENEWED, REMOVED_ALL, objects=OBJECTS))

    assert results[REMOVED].status is Status.GOOD


def test_lease_that_the_hub_has_ended_ends_the_run_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEWAL_SECONDS", 0.01)
    results, _ = run(scripted(BEGUN, NO_LEASE, REMOVED_ALL, objects=OBJECTS), waits())

    assert results["waits"].message == f"not tested: {lease.LOST}"
    assert results[LEASE].status is Status.BROKEN
    assert lease.LOST in results[LEASE].message
    assert results[REMOVED].status is Status.GOOD


def test_lease_that_was_lost_between_two_renewals_is_noticed_at_the_end() -> None:
    results, _ = run(scripted(BEGUN, NO_LEASE, REMOVED_ALL, objects=OBJECTS))

    assert results[LEASE].status is Status.BROKEN


def test_lost_answer_to_the_begin_removes_what_the_hub_may_have_created() -> None:
    context = scripted(AnswerLost("no answer"), RENEWED, REMOVED_ALL, objects=OBJECTS)
    results, _ = run(context)

    assert results[LEASE].status is Status.BROKEN
    assert results[REMOVED].status is Status.GOOD


@pytest.mark.parametrize("foreign", [answer(200, "welcome"), answer(200, {"token": 1}), Answer(200, {}, b"<html>")])
def test_foreign_answer_to_the_begin_is_a_failed_check(foreign: Answer) -> None:
    results, _ = run(scripted(foreign, objects=OBJECTS))

    assert set(results) == {LEASE}
    assert results[LEASE].status is Status.BROKEN
    assert "the answer is not the hub's" in results[LEASE].message


@pytest.mark.parametrize("foreign", [answer(200, []), answer(200, {"remains": 1}), Answer(404, {}, b"<html>")])
def test_foreign_answer_to_the_removal_is_a_warning(foreign: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "REMOVAL_SECONDS", -1.0)
    results, _ = run(scripted(BEGUN, RENEWED, foreign, objects=OBJECTS))

    assert results[REMOVED].status is Status.WARNING
    assert "did not confirm" in results[REMOVED].message


def test_removal_repeats_what_the_hub_could_not_do_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "POLL_SECONDS", 0.0)
    results, _ = run(scripted(BEGUN, RENEWED, answer(500), answer(503), REMOVED_ALL, objects=OBJECTS))

    assert results[REMOVED].status is Status.GOOD


def test_lease_of_another_run_means_that_nothing_of_this_one_is_left() -> None:
    results, _ = run(scripted(BEGUN, RENEWED, answer(409, {"renewedSeconds": 1, "remains": []}), objects=OBJECTS))

    assert results[REMOVED].status is Status.GOOD


def test_volumes_of_all_runs_are_deleted_and_no_others() -> None:
    volumes = [volume("own", CLAIM), volume("other", "claim-alice"), volume("elsewhere", CLAIM, "other-pangeo")]
    objects = {**OBJECTS, CLAIMS: {"items": [HOME]}, VOLUMES: {"items": volumes}, f"{VOLUMES}/own": volumes[0]}
    context = scripted(BEGUN, RENEWED, REMOVED_ALL, objects=objects)
    results, _ = run(context)

    assert results[REMOVED].status is Status.GOOD
    [(method, path, body)] = context.sent
    assert (method, path.partition("?")[0]) == ("PUT", f"{VOLUMES}/own")
    assert body is not None
    assert body["spec"]["persistentVolumeReclaimPolicy"] == "Delete"


@pytest.mark.parametrize(("policy", "status"), [("Retain", Status.WARNING), ("Delete", Status.GOOD)])
def test_volume_that_may_not_be_changed_is_named_if_it_stays(policy: str, status: Status) -> None:
    objects = {**OBJECTS, CLAIMS: {"items": [HOME]}, VOLUMES: FORBIDDEN, CLASS: {"reclaimPolicy": policy}}
    results, _ = run(scripted(BEGUN, RENEWED, REMOVED_ALL, objects=objects))

    assert results[REMOVED].status is status
    if status is Status.WARNING:
        assert "the home's volume (HTTP 403)" in results[REMOVED].message


def test_clusters_object_that_may_not_be_deleted_is_named_and_the_others_are_deleted() -> None:
    path = CLUSTERS.format(namespace="vis-pangeo")
    objects = {**OBJECTS, path: ENDED_CLUSTERS, f"{path}/a": FORBIDDEN}
    context = scripted(BEGUN, RENEWED, REMOVED_ALL, objects=objects)
    results, _ = run(context)

    assert results[REMOVED].status is Status.WARNING
    assert "objects of ended Dask clusters (HTTP 403)" in results[REMOVED].message
    assert ("DELETE", f"{path}/b", None) in context.sent
