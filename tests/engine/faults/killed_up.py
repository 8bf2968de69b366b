"""An ``up`` of the real engine that stops at a certain point, and is killed there with all its plugins."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pulumi.automation.errors import CommandError

from tests.engine.faults import processes
from tests.support.tenancy_stack import TenancyStack

LIMIT_SECONDS = 600.0
HOOK = "templates/hook.yaml"
BLOCKING_HOOK = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: never-ends
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: a, image: a}]
"""
"""Helm waits for a hook's job, whatever the release waits for; no controller here runs jobs."""


@contextmanager
def blocking_hook(stack: TenancyStack) -> Iterator[None]:
    """Let the chart contain a hook that never ends."""
    file = stack.folder / "chart" / HOOK
    file.write_text(BLOCKING_HOOK)
    try:
        yield
    finally:
        file.unlink()


@contextmanager
def running_up(stack: TenancyStack, reached: Callable[[], bool]) -> Iterator[None]:
    """Run an ``up`` until a point, then the block, and then kill the engine with its plugins and helm."""
    errors: list[str] = []

    def run() -> None:
        try:
            stack.up()
        except CommandError as error:
            errors.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        deadline = time.monotonic() + LIMIT_SECONDS
        while not reached():
            assert thread.is_alive(), errors or "the up ended before the point"
            assert time.monotonic() < deadline, "the up did not reach the point"
            time.sleep(0.1)
        yield
    finally:
        engine = processes.engine()
        if engine is not None:
            processes.kill(engine, *processes.below(engine))
        thread.join(LIMIT_SECONDS)
    assert not thread.is_alive(), "the killed up hangs"


def kill_up(stack: TenancyStack, reached: Callable[[], bool]) -> None:
    """Run an ``up`` until a point, and kill it there."""
    with running_up(stack, reached):
        pass


def drop_empty_attributes(stacks: Path) -> None:
    """Delete the empty files that an engine leaves if it is killed while saving, as docs/faults.md says.

    Args:
        stacks: the folder of the states in a backend.
    """
    for file in stacks.glob("*.attrs"):
        if not file.stat().st_size:
            file.unlink()
