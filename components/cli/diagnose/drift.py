"""Comparison of a stack with its deployment: a preview after a refresh. It changes nothing."""

import os
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path

from components.cli.diagnose.result import CheckResult, good, unknown, warning

SUBJECT = "drift"
TIMEOUT_SECONDS = 300.0

_NO_CHANGE = ("same", "refresh", "read")
"""Operations of the engine that change nothing."""


def check_drift(stack: str, folder: Path, environment: Mapping[str, str]) -> CheckResult:
    """Check what ``pulumi preview --refresh`` would change.

    Args:
        stack: the stack's name.
        folder: the folder of ``Pulumi.yaml``.
        environment: variables of the engine, with the ``pulumi`` program on ``PATH``.
    """
    if shutil.which("pulumi", path=environment.get("PATH", os.defpath)) is None:
        return unknown(SUBJECT, "the pulumi program is not on PATH", "install the Pulumi CLI")
    results: list[CheckResult] = []
    # The engine has no timeout. A daemon thread that never ends does not keep this process alive.
    thread = threading.Thread(target=lambda: results.append(_preview(stack, folder, environment)), daemon=True)
    thread.start()
    thread.join(TIMEOUT_SECONDS)
    if not results:
        message = f"the preview did not end within {TIMEOUT_SECONDS:g} s"
        return unknown(SUBJECT, message, f"pulumi preview --stack {stack}")
    return results[0]


def _preview(stack: str, folder: Path, environment: Mapping[str, str]) -> CheckResult:
    from pulumi import automation

    from components.automation import open_stack

    changes: list[str] = []
    errors: list[str] = []

    def collect(event: automation.EngineEvent) -> None:
        if event.resource_pre_event and event.resource_pre_event.metadata.op.value not in _NO_CHANGE:
            metadata = event.resource_pre_event.metadata
            changes.append(f"{metadata.op.value} {metadata.type.rpartition(':')[2]} {metadata.urn.rpartition('::')[2]}")
        if event.diagnostic_event and event.diagnostic_event.severity == "error":
            errors.append(event.diagnostic_event.message.strip())

    # The program runs in this process: it needs no language plugin, and an operation of another user does not block it.
    try:
        opened = open_stack(stack, folder, variables=environment, inline=True)
        opened.preview(refresh=True, color="never", on_event=collect)
    except Exception as failure:  # any error of the engine or the program
        named = [line[line.index("error:") :] for line in str(failure).splitlines() if "error:" in line]
        lines = errors or named or [str(failure)]
        fix = f"pulumi preview --refresh --stack {stack} shows the whole output"
        return unknown(SUBJECT, "\n".join(dict.fromkeys(lines)), fix)
    if changes:
        message = f"the deployment differs from the stack: {', '.join(sorted(changes))}"
        fix = f"pulumi preview --refresh --diff --stack {stack}, then pulumi up"
        return warning(SUBJECT, message, fix, changes=changes)
    return good(SUBJECT, "the deployment matches the stack", changes=[])
