"""The ``helm`` program.

No secret reaches its command line or the disk: values go in by standard input, the kubeconfig by an anonymous file
that only this process and helm can see.
"""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.stand_ins.plugins.errors import Refused
from local.stand_ins.plugins.kubernetes.kubeconfig import Kubeconfig

GRACE_SECONDS = 120
"""Above helm's own --timeout: it bounds single waits, a run has several."""

READ_TIMEOUT_SECONDS = 60
OWNER_ONLY = 0o600


class HelmFailed(Refused):
    """helm ended with an error; the text is what it said, without its ``Error:`` prefixes."""


@dataclass(frozen=True)
class Release:
    """What helm knows of one release. ``values`` are the user's own, and as secret as the release's inputs."""

    name: str
    namespace: str
    revision: int
    status: str
    values: dict[str, Any]
    manifest: str

    @property
    def is_pending(self) -> bool:
        """An operation is under way, or was killed and will never end."""
        return self.status.startswith("pending-")


@dataclass(frozen=True)
class Chart:
    """The chart a release was made from."""

    name: str
    version: str
    app_version: str


class Helm:
    """Runs helm against one cluster."""

    def __init__(self, kubeconfig: Kubeconfig | None) -> None:
        self._kubeconfig = kubeconfig
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()

    def status(self, name: str, namespace: str) -> Release | None:
        """The latest revision of a release, or None when there is none."""
        try:
            printed = self.run(["status", name, "--namespace", namespace, "--output", "json"])
        except HelmFailed as error:
            if "release: not found" in str(error):
                return None
            raise
        return parsed(printed)

    def chart_of(self, name: str, namespace: str) -> Chart:
        """The chart of a release's latest revision."""
        printed = json.loads(self.run(["get", "metadata", name, "--namespace", namespace, "--output", "json"]))
        return Chart(printed["chart"], printed["version"], printed.get("appVersion", ""))

    def run(
        self, arguments: Sequence[str], *, stdin: str | None = None, timeout_seconds: float = READ_TIMEOUT_SECONDS
    ) -> str:
        """What ``helm`` prints on standard output.

        Raises:
            HelmFailed: it ended with an error.
            Refused: it is not installed, or did not end within ``timeout_seconds`` plus a grace.
        """
        program = shutil.which("helm")
        if program is None:
            raise Refused(
                "the helm program is not on PATH; the stand-in for the kubernetes plugin needs it for releases"
            )
        limit = timeout_seconds + GRACE_SECONDS
        with _KubeconfigFile(self._kubeconfig) as (environment, descriptors):
            # A session of its own: an interrupt at the terminal is for the engine, which then asks this plugin to
            # cancel; helm killed in the middle would leave the release pending for ever.
            process = subprocess.Popen(
                [program, *arguments],
                stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                pass_fds=descriptors,
                start_new_session=True,
                text=True,
            )
            with self._lock:
                self._running.add(process)
            try:
                out, err = process.communicate(stdin, timeout=limit)
            except subprocess.TimeoutExpired:
                process.terminate()
                process.communicate()
                raise Refused(f"helm {arguments[0]} did not end within {limit:g} s and was stopped") from None
            finally:
                with self._lock:
                    self._running.discard(process)
        if process.returncode != 0:
            raise HelmFailed(message(err))
        return out

    def cancel(self) -> None:
        """Ask every running helm to stop; it then marks its release as failed."""
        with self._lock:
            for process in self._running:
                process.terminate()


def parsed(printed: str) -> Release:
    """A release from helm's JSON."""
    release = json.loads(printed)
    return Release(
        name=release["name"],
        namespace=release["namespace"],
        revision=release["version"],
        status=release["info"]["status"],
        values=release.get("config") or {},
        manifest=release.get("manifest", ""),
    )


def message(err: str) -> str:
    """What helm said went wrong, without the warnings before it and its ``Error: UPGRADE FAILED:``."""
    lines = err.splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("Error: ")]
    text = "\n".join(lines[starts[-1] :] if starts else lines).removeprefix("Error: ")
    for prefix in ("INSTALLATION FAILED: ", "UPGRADE FAILED: "):
        text = text.removeprefix(prefix)
    return text.strip() or "helm failed without saying why"


class _KubeconfigFile:
    """The environment in which helm finds the kubeconfig, and the descriptors it needs for that."""

    def __init__(self, kubeconfig: Kubeconfig | None) -> None:
        self._kubeconfig = kubeconfig
        self._descriptor: int | None = None

    def __enter__(self) -> tuple[Mapping[str, str], tuple[int, ...]]:
        environment = dict(os.environ)
        if self._kubeconfig is None:
            return environment, ()
        if self._kubeconfig.context:
            environment["HELM_KUBECONTEXT"] = self._kubeconfig.context
        if path := self._kubeconfig.path:
            environment["KUBECONFIG"] = path
            return environment, ()
        self._descriptor = os.memfd_create("kubeconfig")
        os.fchmod(self._descriptor, OWNER_ONLY)
        with os.fdopen(os.dup(self._descriptor), "w") as file:
            file.write(self._kubeconfig.text)
        environment["KUBECONFIG"] = f"/dev/fd/{self._descriptor}"
        return environment, (self._descriptor,)

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
