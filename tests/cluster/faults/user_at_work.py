"""The running tenancy with a working user: its recovery after a fault, and the data that must not be lost."""

import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from random import Random
from uuid import uuid4

import requests
import yaml
from pulumi.automation import OpType
from pulumi.automation.errors import CommandError
from rich.console import Console

from components.config.stack_file import STACKS, stack_path
from local import cluster, directory, lifecycle
from local.failure import Failure
from local.host import supervisor
from local.paths import State
from local.progress import Report
from local.tenancy import engine, web
from local.tenancy.engine_environment import engine_environment
from tests.support.kubectl import kubectl
from tests.support.person import Person, local_person

RECOVERY_SECONDS = 180.0
REPAIR_TIMEOUT_SECONDS = 120
PODS = ("hub", "proxy")
KEPT, WRITTEN = "faults.txt", "faults-counter.txt"


class Tenancy:
    """The running tenancy, and its user alice with a server and a file."""

    def __init__(self, state: State, random: Random) -> None:
        self.state = state
        self.random = random
        directory.grant(state, "alice", lifecycle.NOTEBOOK_USERS)
        self.alice = local_person(state, "alice")
        self.alice.log_in()
        self.alice.start_server()
        self.alice.write(KEPT, uuid4().hex)

    def user_data(self) -> tuple[str, list[str]]:
        """Return the content of alice's file and the members of the group."""
        return self.alice.read(KEPT), sorted(directory.members(self.state, lifecycle.NOTEBOOK_USERS))

    @contextmanager
    def nothing_lost(self) -> Iterator[None]:
        """Let alice write during the block; afterwards wait for the recovery and check her data.

        Raises:
            AssertionError: something did not recover, or data or a confirmed write is lost.
        """
        before, writing = self.user_data(), _Writing(self.alice)
        try:
            with writing.in_background():
                yield
        finally:
            self.wait_for_recovery()
        assert self.user_data() == before
        found = int(self.alice.read(WRITTEN))
        assert writing.confirmed <= found <= writing.tried, (writing.confirmed, found, writing.tried)

    def wait_for_recovery(self) -> None:
        """Wait until every component answers and alice, after another log-in, has her server."""
        wait_until("the node is ready", lambda: cluster.is_ready(self.state))
        wait_until("the directory is ready", lambda: directory.is_ready(self.state))
        for name in PODS:
            self.kubectl("rollout", "status", f"deployment/{name}", f"--timeout={RECOVERY_SECONDS:.0f}s")
        wait_until("the hub answers", lambda: web.answers(self.state))
        wait_until("alice can log in", lambda: self.alice.log_in() == requests.codes.ok)
        self.alice.start_server()

    def assert_no_changes(self) -> None:
        """Check that a preview finds nothing to change."""
        changes = engine.preview(self.state, _quiet())
        assert set(changes) <= {OpType.SAME}, changes

    def up_with_change(self) -> bool:
        """Run ``up`` with a changed setting of the hub, so that Helm is at work; return whether it succeeded."""
        stack = engine.prepare(self.state)
        file = stack_path(engine.STACK, self.state.engine / "workspace" / STACKS)
        document = yaml.safe_load(file.read_text())
        document["config"]["pangeo:notebook"]["startTimeoutSeconds"] = self.random.randint(301, 900)
        file.write_text(yaml.safe_dump(document, sort_keys=False))
        try:
            engine.preview_and_up(stack, on_event=lambda _event: None, **engine.POLICIES)
        except CommandError:
            return False
        return True

    def next_up(self) -> str:
        """Run ``up`` after a fault, and the repair that its message names; return the outcome.

        Raises:
            AssertionError: the ``up`` failed, also after the repair.
        """
        error = self._up_error()
        if not error:
            return "the next was clean"
        assert "components repair" in error, error
        self._repair()
        error = self._up_error()
        assert not error, error
        return "the next was clean after components repair"

    def kubectl(self, *words: str) -> str:
        """Run kubectl as the cluster's administrator; return its output."""
        return kubectl(self.state, *words, timeout_seconds=RECOVERY_SECONDS)

    def process(self, name: str) -> int:
        """Return the id of a supervised process."""
        (found,) = (each for each in supervisor.status(self.state) if each.name == name)
        return int(found.pid)

    def _up_error(self) -> str:
        printed = io.StringIO()
        try:
            engine.up(self.state, Report(Console(file=printed, soft_wrap=True)))
        except Failure as failure:
            return f"{printed.getvalue()}\n{failure.message}"
        return ""

    def _repair(self) -> None:
        workspace = self.state.engine / "workspace"
        subprocess.run(
            [sys.executable, "-m", "components", "repair", engine.STACK, "--yes", "--interrupted"],
            cwd=workspace,
            env={**os.environ, **engine_environment(self.state)},
            timeout=REPAIR_TIMEOUT_SECONDS,
            capture_output=True,
            check=True,
        )


class _Writing:
    """Writes of increasing numbers to one file, through the ingress, the proxy and the user's server."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self.tried = 0
        self.confirmed = 0
        """The last number whose write was answered with success."""

    @contextmanager
    def in_background(self) -> Iterator[None]:
        """Write during the block; the first number is written before it."""
        self._write()
        ended = threading.Event()

        def write() -> None:
            while not ended.wait(0.2):
                with suppress(requests.RequestException):
                    self._write()

        background = threading.Thread(target=write)
        background.start()
        try:
            yield
        finally:
            ended.set()
            background.join()

    def _write(self) -> None:
        self.tried += 1
        self._person.write(WRITTEN, str(self.tried))
        self.confirmed = self.tried


def wait_until(description: str, condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; an exception counts as false.

    Raises:
        AssertionError: it does not hold within ``RECOVERY_SECONDS``.
    """
    deadline = time.monotonic() + RECOVERY_SECONDS
    while True:
        with suppress(Exception):
            if condition():
                return
        assert time.monotonic() < deadline, f"not within {RECOVERY_SECONDS:g} s: {description}"
        time.sleep(0.5)


def _quiet() -> Report:
    return Report(Console(file=io.StringIO()))
