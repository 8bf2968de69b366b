"""The ``helm`` program, for the repair of a release."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from components.cluster.kubeconfig import Kubeconfig
from components.cluster.releases import Repair, Revision

READ_TIMEOUT_SECONDS = 60
CHANGE_TIMEOUT_SECONDS = 300
GRACE_SECONDS = 60
"""Time added to both before the program is stopped."""


class HelmFailed(Exception):
    """helm is missing, failed, or did not end; the text is its message.

    ``printed`` is all that helm wrote to standard error.
    """

    def __init__(self, text: str, printed: str = "") -> None:
        super().__init__(text)
        self.printed = printed


class Helm:
    """Runs helm on one cluster."""

    def __init__(self, program: str, environment: Mapping[str, str]) -> None:
        self._program = program
        self._environment = environment
        self._running: set[subprocess.Popen[str]] = set()

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
        # Its own session: Ctrl-C would end helm in the middle of an operation and leave the release pending.
        process = subprocess.Popen(
            [self._program, *words],
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment,
            start_new_session=True,
            text=True,
        )
        self._running.add(process)
        try:
            printed, errors = process.communicate(stdin, timeout=timeout_seconds + GRACE_SECONDS)
        except BaseException as error:
            process.terminate()  # helm then marks the release as failed, which the next up repairs
            process.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                raise HelmFailed(f"helm {words[0]} did not end within {error.timeout:g} s and was stopped") from None
            raise
        finally:
            self._running.discard(process)
        if process.returncode != 0:
            message = errors.strip().removeprefix("Error: ") or "failed without a message"
            raise HelmFailed(f"helm {words[0]}: {message}", printed=errors)
        return printed


@contextmanager
def helm_for(kubeconfig: Kubeconfig, environment: Mapping[str, str]) -> Iterator[Helm]:
    """Give a helm that uses this kubeconfig and context.

    Raises:
        HelmFailed: helm is not on PATH.
    """
    program = shutil.which("helm", path=environment.get("PATH", os.defpath))
    if program is None:
        raise HelmFailed("the helm program is not on PATH; install Helm 3")
    with kubeconfig.as_file() as file:
        yield Helm(program, {**environment, **_target(file, kubeconfig.context)})


def _target(file: Path | None, context: str | None) -> Mapping[str, str]:
    return {
        **({"KUBECONFIG": str(file)} if file else {}),
        **({"HELM_KUBECONTEXT": context} if context else {}),
    }
