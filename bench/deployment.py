"""The first ``up`` of a tenancy until its hub is ready, against Helm alone with the same chart and values.

Both deploy a second tenancy, ``bench``, into the running cluster and leave nothing of it.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from bench.clones import PROGRAM
from bench.measure import Comparison, in_turn
from bench.people import kubectl, retain_no_more
from bench.process import RunFailed, timed
from local import engine
from local.paths import PROJECT, State

STACK = "bench"
AT_MOST = 1.15
HUB_DATABASE = "hub-db-dir"
UP_SECONDS = 600


@dataclass(frozen=True)
class Second:
    """The workspace of the tenancy ``bench`` on a back-end of its own."""

    folder: Path
    variables: dict[str, str]
    state: State

    def up(self) -> float:
        """Seconds of ``pulumi up`` from nothing, whose release waits for the hub."""
        return timed(
            [sys.executable, "-m", "bench.engine_run", "up", "tenancy", STACK],
            cwd=self.folder,
            variables=self.variables,
            timeout_seconds=UP_SECONDS,
        ).seconds

    def destroy(self) -> None:
        """``pulumi destroy``, and what outlives it."""
        self._pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK, "--non-interactive")
        self.clear()

    def clear(self) -> None:
        """Delete the namespace with everything in it."""
        retain_no_more(self.state, STACK, [HUB_DATABASE])
        kubectl(
            self.state, "delete", "namespace", STACK, "--ignore-not-found", "--wait=true", timeout_seconds=UP_SECONDS
        )

    def values(self) -> str:
        """The values of the release that ``up`` made; they hold its secrets."""
        return self._helm("get", "values", STACK, "--output", "yaml")

    def helm(self, values: str) -> float:
        """Seconds of ``helm upgrade --install --wait`` from nothing."""
        started = time.perf_counter()
        self._helm(
            "upgrade",
            "--install",
            STACK,
            str(self.folder / "chart"),
            "--create-namespace",
            "--wait",
            f"--timeout={UP_SECONDS}s",
            "--values=-",
            stdin=values,
        )
        return time.perf_counter() - started

    def uninstall(self) -> None:
        """What :meth:`helm` made."""
        self._helm("uninstall", STACK, "--wait", "--ignore-not-found")
        self.clear()

    def init(self) -> None:
        """Make the stack."""
        self._pulumi("stack", "init", STACK, "--non-interactive")

    def _helm(self, *words: str, stdin: str | None = None) -> str:
        helm = [str(self.state.bin / "helm"), "--kubeconfig", str(self.state.kubeconfig), "--namespace", STACK]
        return self._said([*helm, *words], stdin)

    def _pulumi(self, *words: str) -> str:
        return self._said([str(self.state.bin / "pulumi"), *words], None)

    def _said(self, command: list[str], stdin: str | None) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, **self.variables},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=UP_SECONDS + 60,
            check=False,
        )
        if done.returncode != 0:
            last = (done.stdout + done.stderr).strip().splitlines()[-5:]
            raise RunFailed("\n".join([f"{' '.join(Path(command[0]).name.split() + command[1:3])} failed:", *last]))
        return done.stdout


def first_up(state: State, repetitions: int) -> Comparison:
    """A tenancy's first ``up`` to a ready hub.

    Raises:
        RunFailed: one of the deployments failed.
    """
    with second_tenancy(state) as second:
        second.up()
        values = second.values()
        second.destroy()

        def up() -> float:
            seconds = second.up()
            second.destroy()
            return seconds

        def helm() -> float:
            seconds = second.helm(values)
            second.uninstall()
            return seconds

        return Comparison(
            name="first-up",
            what="first up of a tenancy to a ready hub",
            against="helm upgrade --install --wait of the same chart and values",
            at_most=AT_MOST,
            pairs=in_turn(up, helm, repetitions, warm_ups=0),
            notes=("up also starts an engine and plugins, makes four secrets, the group, the CRDs and the ingress",),
        )


@contextmanager
def second_tenancy(state: State) -> Iterator[Second]:
    """The workspace of a tenancy beside the local one; nothing of it is left after the block."""
    deployed = state.engine / "workspace"
    document = yaml.safe_load((deployed / "stacks" / f"Pulumi.{engine.STACK}.yaml").read_text())
    document["config"] |= {
        "pangeo:clusterName": STACK,
        "pangeo:domainSuffix": "bench.test",
        "pangeo:protect": False,
    }
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name) / "tenancy"
        (folder / "stacks").mkdir(parents=True)
        for part in PROGRAM:
            (folder / part).symlink_to(PROJECT / part)
        (folder / "chart").symlink_to((deployed / "chart").resolve())
        (folder / "stacks" / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump({"config": document["config"]}))
        backend = Path(name) / "backend"
        backend.mkdir()
        variables = {**engine.engine_environment(state), "PULUMI_BACKEND_URL": backend.as_uri()}
        second = Second(folder, variables, state)
        second.init()
        try:
            yield second
        finally:
            for undo in (second.destroy, second.uninstall):
                with suppress(RunFailed):
                    undo()
