"""The running tenancy with alice at work in it: what she has, how all comes back, what must not be lost."""

import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from uuid import uuid4

import requests
import yaml
from pulumi.automation import OpType
from pulumi.automation.errors import CommandError
from rich.console import Console

from local import cluster, directory, lifecycle
from local.failure import Failure
from local.host import supervisor
from local.host.commands import output
from local.paths import State
from local.progress import Report
from local.tenancy import engine, web
from tests.support.person import Person, local_person

BACK_SECONDS = 180.0
MEND_SECONDS = 120
PODS = ("hub", "proxy")
KEPT, WRITTEN = "faults.txt", "faults-counter.txt"


class Tenancy:
    """The running tenancy, and alice, who has a server and a file."""

    def __init__(self, state: State, random: Random) -> None:
        self.state = state
        self.random = random
        directory.grant(state, "alice", lifecycle.NOTEBOOK_USERS)
        self.alice = local_person(state, "alice")
        self.alice.log_in()
        self.alice.start_server()
        self.alice.write(KEPT, uuid4().hex)

    def belongings(self) -> tuple[str, list[str]]:
        """What alice wrote, as her server reads it, and who is in the group."""
        return self.alice.read(KEPT), sorted(directory.members(self.state, lifecycle.NOTEBOOK_USERS))

    @contextmanager
    def nothing_lost(self) -> Iterator[None]:
        """alice writes all through the block. After it all comes back, and she has every write she was told had worked.

        Raises:
            AssertionError: something did not come back, or is lost.
        """
        before, writing = self.belongings(), _Writing(self.alice)
        try:
            with writing.going_on():
                yield
        finally:
            self.comes_back()
        assert self.belongings() == before
        found = int(self.alice.read(WRITTEN))
        assert writing.told <= found <= writing.tried, f"told {writing.told}, found {found}, tried {writing.tried}"

    def comes_back(self) -> None:
        """Wait until every part answers and alice, logged in anew, has her server."""
        until("the node is ready", lambda: cluster.is_ready(self.state))
        until("the directory is ready", lambda: directory.is_ready(self.state))
        for name in PODS:
            self.kubectl("rollout", "status", f"deployment/{name}", f"--timeout={BACK_SECONDS:.0f}s")
        until("the hub answers", lambda: web.answers(self.state))
        until("alice is in", lambda: self.alice.log_in() == requests.codes.ok)
        self.alice.start_server()

    def is_as_declared(self) -> None:
        """A preview has nothing to change."""
        changes = engine.preview(self.state, _quiet())
        assert set(changes) <= {OpType.SAME}, changes

    def changing_up(self) -> bool:
        """``up`` with a setting of the hub changed, so that Helm has work; whether the engine succeeded."""
        stack = engine.prepare(self.state)
        file = self.state.engine / "workspace" / "stacks" / f"Pulumi.{engine.STACK}.yaml"
        document = yaml.safe_load(file.read_text())
        document["config"]["pangeo:notebook"]["startTimeoutSeconds"] = self.random.randint(301, 900)
        file.write_text(yaml.safe_dump(document, sort_keys=False))
        try:
            engine.reviewed_up(stack, on_event=lambda _event: None, **engine.POLICIES)
        except CommandError:
            return False
        return True

    def next_up(self) -> str:
        """``up`` of what is declared, as an operator goes on after a fault; how that went.

        Raises:
            AssertionError: it failed, and the way on that it named did not help.
        """
        said = self._tried_up()
        if not said:
            return "the next was clean"
        assert "components.cli.repair" in said, said
        self._mend()
        again = self._tried_up()
        assert not again, again
        return "the next was clean after components.cli.repair"

    def kubectl(self, *words: str) -> str:
        """As the cluster's administrator."""
        command: list[str | Path] = [self.state.bin / "kubectl", "--kubeconfig", self.state.kubeconfig]
        return output([*command, "--namespace", web.NAMESPACE, *words], timeout_seconds=BACK_SECONDS)

    def process(self, name: str) -> int:
        """The id of a supervised process."""
        (found,) = (each for each in supervisor.status(self.state) if each.name == name)
        return int(found.pid)

    def _tried_up(self) -> str:
        heard = io.StringIO()
        try:
            engine.up(self.state, Report(Console(file=heard, soft_wrap=True)))
        except Failure as failure:
            return f"{heard.getvalue()}\n{failure.what}"
        return ""

    def _mend(self) -> None:
        workspace = self.state.engine / "workspace"
        subprocess.run(
            [sys.executable, "-m", "components.cli.repair", engine.STACK, "--yes"],
            cwd=workspace,
            env={**os.environ, **engine.engine_environment(self.state)},
            timeout=MEND_SECONDS,
            capture_output=True,
            check=True,
        )


class _Writing:
    """Numbers written to one file, one after the other, through the ingress, the proxy and the user's server."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self.tried = 0
        self.told = 0
        """The last number whose writing was answered with success."""

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Write in the background; the first number is there before the block begins."""
        self._write()
        assert self.told, "alice can write"
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
        self.told = self.tried


def until(what: str, check: Callable[[], bool]) -> None:
    """Wait until ``check`` says yes; what it raises is a no.

    Raises:
        AssertionError: it did not within ``BACK_SECONDS``.
    """
    deadline = time.monotonic() + BACK_SECONDS
    while True:
        with suppress(Exception):
            if check():
                return
        assert time.monotonic() < deadline, f"not within {BACK_SECONDS:g} s: {what}"
        time.sleep(0.5)


def _quiet() -> Report:
    return Report(Console(file=io.StringIO()))
