"""The ``helm`` program, as far as mending a release needs it."""

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


class HelmFailed(Exception):
    """helm is missing, failed, or did not end; the text is what it said."""


class Helm:
    """Runs helm against one cluster."""

    def __init__(self, program: str, environment: Mapping[str, str]) -> None:
        self._program = program
        self._environment = environment

    def history(self, release: str, namespace: str) -> list[Revision]:
        """Every revision Helm keeps of the release; none where there is no release.

        Raises:
            HelmFailed: as the text says.
        """
        words = ["history", release, "--namespace", namespace, "--max", "256", "--output", "json"]
        try:
            printed = self._run(words, READ_TIMEOUT_SECONDS)
        except HelmFailed as failure:
            if "release: not found" in str(failure):
                return []
            raise
        return [Revision(each["revision"], each["status"], each.get("updated", "")) for each in json.loads(printed)]

    def apply(self, remedy: Repair) -> None:
        """Roll back or uninstall.

        Raises:
            HelmFailed: as the text says.
        """
        limit = ["--namespace", remedy.namespace, "--timeout", f"{CHANGE_TIMEOUT_SECONDS}s"]
        if remedy.rollback_to is None:
            self._run(["uninstall", remedy.release, "--wait", *limit], CHANGE_TIMEOUT_SECONDS)
        else:
            # It does not wait: the hub may be as unready as it was, and the next pulumi up waits for it.
            self._run(["rollback", remedy.release, str(remedy.rollback_to), *limit], CHANGE_TIMEOUT_SECONDS)

    def _run(self, words: Sequence[str], timeout_seconds: int) -> str:
        # A session of its own: Ctrl-C in the middle of a rollback would leave what is being mended here.
        process = subprocess.Popen(
            [self._program, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment,
            start_new_session=True,
            text=True,
        )
        try:
            printed, said = process.communicate(timeout=timeout_seconds + GRACE_SECONDS)
        except BaseException as error:
            process.terminate()  # helm then marks the release as failed, which the next up repairs
            process.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                raise HelmFailed(f"helm {words[0]} did not end within {error.timeout:g} s and was stopped") from None
            raise
        if process.returncode != 0:
            raise HelmFailed(f"helm {words[0]}: {said.strip().removeprefix('Error: ') or 'failed without a word'}")
        return printed


@contextmanager
def helm_for(kubeconfig: Kubeconfig, environment: Mapping[str, str]) -> Iterator[Helm]:
    """helm with this kubeconfig and context.

    Raises:
        HelmFailed: it is not on PATH.
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
