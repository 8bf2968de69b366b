"""Does what is deployed still look as the stack says? A preview after a refresh; it changes nothing."""

import contextlib
import os
import runpy
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from components.cli.diagnose.result import Finding, good, unknown, warning

if TYPE_CHECKING:
    from pulumi.automation import LocalWorkspace

WHAT = "drift"
PROGRAM = Path("__main__.py")
TIMEOUT_SECONDS = 300.0

_SAME = "same"


def drift(stack: str, folder: Path, environment: Mapping[str, str]) -> Finding:
    """What ``pulumi preview --refresh`` would change.

    Args:
        stack: the stack's name.
        folder: where ``Pulumi.yaml`` is.
        environment: PATH with the ``pulumi`` program, and what else an ``up`` needs.
    """
    if shutil.which("pulumi", path=environment.get("PATH", os.defpath)) is None:
        return unknown(WHAT, "the pulumi program is not on PATH", "install the Pulumi CLI")
    found: list[Finding] = []
    # The engine has no time-out of its own; a thread that waits for ever does not keep this process alive.
    thread = threading.Thread(target=lambda: found.append(_preview(stack, folder, environment)), daemon=True)
    thread.start()
    thread.join(TIMEOUT_SECONDS)
    if not found:
        return unknown(WHAT, f"the preview had no end within {TIMEOUT_SECONDS:g} s", f"pulumi preview --stack {stack}")
    return found[0]


def _preview(stack: str, folder: Path, environment: Mapping[str, str]) -> Finding:
    from pulumi import automation

    changes: list[str] = []
    errors: list[str] = []

    def hear(event: automation.EngineEvent) -> None:
        if event.resource_pre_event and event.resource_pre_event.metadata.op.value not in (_SAME, "refresh", "read"):
            about = event.resource_pre_event.metadata
            changes.append(f"{about.op.value} {about.type.rpartition(':')[2]} {about.urn.rpartition('::')[2]}")
        if event.diagnostic_event and event.diagnostic_event.severity == "error":
            errors.append(event.diagnostic_event.message.strip())

    # The engine asks this process for the program: so it needs no language plugin, and a stack that others run does.
    try:
        with contextlib.chdir(folder):
            workspace = _unselected(automation.LocalWorkspace)(
                work_dir=str(folder), env_vars=dict(environment), program=lambda: _run(folder)
            )
            selected = automation.Stack.select(stack, workspace)
            selected.preview(refresh=True, color="never", on_event=hear)
    except Exception as failure:  # whatever the engine or the program made of it is worth a line here, and no more
        said = errors or [line for line in str(failure).splitlines() if "error:" in line] or [str(failure)]
        return unknown(
            WHAT, said[0].splitlines()[0].strip(), f"pulumi preview --refresh --stack {stack} says all of it"
        )
    if changes:
        told = f"what is deployed differs from the stack: {', '.join(sorted(changes))}"
        return warning(WHAT, told, f"pulumi preview --refresh --diff --stack {stack}, then pulumi up", changes=changes)
    return good(WHAT, "what is deployed is what the stack says", changes=[])


def _unselected(kind: "type[LocalWorkspace]") -> "type[LocalWorkspace]":
    """A workspace that opens a stack without making it the one that the operator's next command would go to."""

    class Unselected(kind):  # type: ignore[valid-type,misc]
        def select_stack(self, stack_name: str) -> None:
            self.pulumi_command.run(["stack", "--stack", stack_name], self.work_dir, self.env_vars)

    return Unselected


def _run(folder: Path) -> None:
    with contextlib.chdir(folder):
        runpy.run_path(str(PROGRAM), run_name="__main__")
