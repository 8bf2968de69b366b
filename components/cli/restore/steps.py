"""Running a step of a restore or of an archive in a pod: create it, follow it, read its output, delete it."""

import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from components.cli.restore.errors import RestoreRefused
from components.cli.restore.output import Output, failure, progress_text
from components.cli.restore.pod import Target, is_archive_pod, pod_name, step_pod
from components.cluster.answers import CONFLICT, NOT_FOUND
from components.cluster.client import ClusterApi
from components.cluster.errors import CannotAsk
from components.cluster.objects import FIELD_MANAGER, read_events
from components.config.backup import Backup
from components.config.tenancy import Tenancy
from components.in_backup.repository import Repository
from components.readiness.finding import printable
from components.readiness.objects import Object, field, items, uid
from components.readiness.pods import failed_pulls, find_in_pod

POLL_SECONDS = 1.0
REPORT_SECONDS = 10.0
"""Interval of progress messages."""

START_SECONDS = 600.0
"""Time for the pod to start: a volume may have to be created, or attached to another node."""

LOST_SECONDS = 120.0
"""Time for which the cluster may give no answer while a pod runs, which goes on meanwhile."""

ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True)
class Steps:
    """Runs the steps of a restore."""

    api: ClusterApi
    tenancy: Tenancy
    backup: Backup
    repository: Repository
    report: Callable[[str], None]
    start_seconds: float = START_SECONDS
    """Time limit for each pod to start."""
    wait: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def run(self, step: Sequence[str], subject: str, target: Target | None = None) -> Output:
        """Run a step to its end, and return its output. Its pod is deleted, also after an interruption.

        Args:
            step: the step and its arguments.
            subject: what is restored, for messages.
            target: the volume to mount.

        Raises:
            RestoreRefused: the step failed, or another one uses the volume.
            CannotAsk: the cluster gives no answer, or refuses the pod.
        """
        own = pod_name(target, secrets.token_hex(8))
        manifest = step_pod(self.tenancy, self.backup, self.repository, own, step, target)
        self._delete_ended(own, subject)
        status, created = self.api.send("POST", f"{self._pods}?fieldManager={FIELD_MANAGER}", manifest)
        if status == CONFLICT:
            raise RestoreRefused(_running(subject, own))
        if status == NOT_FOUND:
            raise CannotAsk(f"{self.api.server}: there is no namespace {self.tenancy.namespace}; run pulumi up")
        try:
            ended = self._follow(own, created, subject)
            output = self._output(own, ended)
        finally:
            self._delete(own)
        if field(ended, "status", "phase") == "Failed":
            reason = next((str(each) for each in _reasons(ended)), "")
            node = str(field(ended, "spec", "nodeName") or "")
            raise failure(output, subject, self.repository, reason, node)
        return output

    def _output(self, own: str, ended: Object) -> Output:
        try:
            return Output.read(self.api.read_text(f"{self._pods}/{own}/log"))
        except CannotAsk:
            if field(ended, "status", "phase") != "Failed":
                raise
            return Output((), ())  # the node did not start its container

    @property
    def _pods(self) -> str:
        return f"/api/v1/namespaces/{self.tenancy.namespace}/pods"

    def _delete_ended(self, own: str, subject: str) -> None:
        """Delete the pod that a killed command has left, if it has ended, or only reads the volume."""
        status, found = self.api.send("GET", f"{self._pods}/{own}")
        if status == NOT_FOUND:
            return
        is_ending = field(found, "status", "phase") in ENDED or field(found, "metadata", "deletionTimestamp")
        if not is_ending and not is_archive_pod(found):
            raise RestoreRefused(_running(subject, own))
        self._delete(own)

    def _delete(self, own: str) -> None:
        """Delete the pod, and wait until it uses its volume no more."""
        with suppress(CannotAsk):
            self.api.send("DELETE", f"{self._pods}/{own}")
            deadline = self.clock() + LOST_SECONDS
            while self.clock() < deadline:
                status, _ = self.api.send("GET", f"{self._pods}/{own}")
                if status == NOT_FOUND:
                    return
                self.wait(POLL_SECONDS)

    def _follow(self, own: str, pod: Object, subject: str) -> Object:
        begin = reported = answered = self.clock()
        refused_since: float | None = None
        while field(pod, "status", "phase") not in ENDED:
            is_waiting = field(pod, "status", "phase") in (None, "Pending")
            if is_waiting and self.clock() > begin + self.start_seconds:
                raise RestoreRefused(
                    f"the pod for {subject} did not start within {self.start_seconds:g} s: {self._state(pod)}; "
                    "nothing was changed"
                )
            refusal = next(failed_pulls(pod, ()), None) if is_waiting else None
            refused_since = (refused_since or self.clock()) if refusal and refusal.fix else None
            if refusal and refused_since is not None and self.clock() > refused_since + refusal.confirm_seconds:
                raise RestoreRefused(f"{refusal.message}; {refusal.fix}; nothing was changed")
            if self.clock() > reported + REPORT_SECONDS:
                reported = self.clock()
                self.report(f"{subject}: {self._progress(own, pod, is_waiting=is_waiting)}")
            self.wait(POLL_SECONDS)
            try:
                status, found = self.api.send("GET", f"{self._pods}/{own}")
            except CannotAsk:
                if self.clock() > answered + LOST_SECONDS:
                    raise
                continue
            answered = self.clock()
            if status == NOT_FOUND:
                raise RestoreRefused(f"the pod for {subject} was deleted by others; run the command again")
            pod = found
        return pod

    def _progress(self, own: str, pod: Object, *, is_waiting: bool) -> str:
        if is_waiting:
            return f"waiting for its pod: {self._state(pod)}"
        try:
            return progress_text(Output.read(self.api.read_text(f"{self._pods}/{own}/log?tailLines=500"))) or "running"
        except CannotAsk:
            return "running"

    def _state(self, pod: Object) -> str:
        """Return why a pod does not run: the scheduler's message, or that of the node."""
        for condition in items(pod, "status", "conditions"):
            if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
                return printable(condition.get("message"))
        events = read_events(self.api, self.tenancy.namespace, uid(pod))
        found = [*failed_pulls(pod, events), *find_in_pod(pod, events)]
        return next((each.message for each in found), "no message yet")


def _running(subject: str, own: str) -> str:
    return (
        f"a restore of {subject} is running in the pod {own}; wait until it has ended, or delete the pod: what "
        "it has fetched is removed, and no file of the volume is lost"
    )


def _reasons(pod: Object) -> list[str]:
    """Return Kubernetes' reasons for the end of a pod, e.g. OOMKilled or DeadlineExceeded."""
    ended = [field(each, "state", "terminated") or {} for each in items(pod, "status", "containerStatuses")]
    found = [str(each.get("reason")) for each in ended if each.get("reason") not in (None, "Error")]
    return [*filter(None, [str(field(pod, "status", "reason") or "")]), *found]
