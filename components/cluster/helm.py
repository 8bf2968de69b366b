"""The ``helm`` program, for the repair of a release."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from components.cluster.kubeconfig import Kubeconfig
from components.cluster.releases import Repair, Revision
from components.programs import (
    InvalidPatience,
    Patience,
    call_program,
    is_attended,
    patience_for_log_in,
    without_a_person,
)

READ_TIMEOUT_SECONDS = 60
CHANGE_TIMEOUT_SECONDS = 300
GRACE_SECONDS = 60
"""Time added to both before the program is stopped."""


class HelmFailed(Exception):
    """helm is missing, failed, or did not end; the text is its message.

    ``printed`` is all that helm, and a log-in program that it called, wrote to standard error.
    """

    def __init__(self, text: str, printed: str = "") -> None:
        super().__init__(text)
        self.printed = printed


class Helm:
    """Runs helm on one cluster."""

    def __init__(
        self, program: str, environment: Mapping[str, str], report: Callable[[str], None] | None, *, may_log_in: bool
    ) -> None:
        self._program = program
        self._environment = environment
        self._report = report
        self._may_log_in = may_log_in
        self._running: set[subprocess.Popen[bytes]] = set()

    def history(self, release: str, namespace: str) -> list[Revision]:
        """Return every revision that Helm keeps of the release; none where it is not installed.

        Raises:
            HelmFailed: helm failed.
        """
        words = ["history", release, "--namespace", namespace, "--max", "256", "--output", "json"]
        try:
            printed = self.run(words, READ_TIMEOUT_SECONDS)
        except HelmFailed as failure:
            if "release: not found" in str(failure):
                return []
            raise
        return [Revision(each["revision"], each["status"], each.get("updated", "")) for each in json.loads(printed)]

    def apply(self, repair: Repair) -> None:
        """Roll the release back, or uninstall it.

        Raises:
            HelmFailed: helm failed.
        """
        limit = ["--namespace", repair.namespace, "--timeout", f"{CHANGE_TIMEOUT_SECONDS}s"]
        if repair.rollback_to is None:
            self.run(["uninstall", repair.release, "--wait", *limit], CHANGE_TIMEOUT_SECONDS)
        else:
            # Without --wait: the hub may not be ready after a rollback, and the next pulumi up waits for it.
            self.run(["rollback", repair.release, str(repair.rollback_to), *limit], CHANGE_TIMEOUT_SECONDS)

    def cancel(self) -> None:
        """Ask every running helm to stop; it then marks its release as failed."""
        for process in tuple(self._running):
            process.terminate()

    def run(self, words: Sequence[str], timeout_seconds: float, stdin: str | None = None) -> str:
        """Run helm. Returns its standard output.

        Raises:
            HelmFailed: it failed, or did not end within ``timeout_seconds`` and a grace period.
        """
        try:
            # In its own session: Ctrl-C would end helm in the middle of an operation and leave the release pending.
            done = call_program(
                [self._program, *words],
                environment=self._environment,
                patience=self._patience(timeout_seconds + GRACE_SECONDS),
                waiting=f"waiting for helm {words[0]}",
                report=self._report,
                passes_messages=self._may_log_in,
                stdin=None if stdin is None else stdin.encode(),
                running=self._running,
                # When it is asked to end, helm marks the release as failed, which the next up repairs.
                grace_seconds=GRACE_SECONDS,
            )
        except OSError as error:
            raise HelmFailed(f"helm cannot be started: {error.strerror}") from None
        printed = done.messages
        if done.exit_code is None:
            said = f"; it printed:\n{printed}" if printed else ""
            raise HelmFailed(
                f"helm {words[0]} did not end within {done.limit_seconds:g} s and was stopped{said}", printed
            )
        if done.exit_code != 0:
            message = printed.removeprefix("Error: ") or "failed without a message"
            raise HelmFailed(f"helm {words[0]}: {message}", printed)
        return done.stdout.decode(errors="replace")

    def _patience(self, seconds: float) -> Patience:
        if not self._may_log_in:
            return without_a_person(seconds)
        try:
            return patience_for_log_in(seconds, self._environment, has_terminal=is_attended())
        except InvalidPatience as invalid:
            raise HelmFailed(str(invalid)) from None


@contextmanager
def helm_for(
    kubeconfig: Kubeconfig, environment: Mapping[str, str], report: Callable[[str], None] | None = None
) -> Iterator[Helm]:
    """Give a helm that uses this kubeconfig and context.

    Args:
        kubeconfig: the kubeconfig.
        environment: where ``helm`` is looked up, and its own environment.
        report: receives the messages of a log-in program in the kubeconfig while it runs, and the progress. With None,
            messages are in errors only, and nobody can log in.

    Raises:
        HelmFailed: helm is not on PATH.
        CannotAsk: the kubeconfig cannot be read.
    """
    program = shutil.which("helm", path=environment.get("PATH", os.defpath))
    if program is None:
        raise HelmFailed("the helm program is not on PATH; install Helm 3")
    with kubeconfig.as_file() as file:
        variables = {**environment, **_target(file, kubeconfig.context)}
        yield Helm(program, variables, report, may_log_in=report is not None and kubeconfig.may_log_in())


def _target(file: Path | None, context: str | None) -> Mapping[str, str]:
    return {
        **({"KUBECONFIG": str(file)} if file else {}),
        **({"HELM_KUBECONTEXT": context} if context else {}),
    }
