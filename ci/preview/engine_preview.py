"""The preview of one stack by the real engine, described by a report of the engine's events."""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from pulumi import automation
from pulumi.automation.errors import CommandError
from pulumi.automation.events import EngineEvent

from ci.policy_review import POLICY_CONFIG
from ci.preview.report import Preview, report_of_events

POLICIES = Path("policies")
"""Folder of the project's policy pack."""

DNS_NOT_REQUIRED = (
    "PANGEO_DNS_CHECK=warn: a domain that does not resolve to externalIp is only a warning in this preview"
)
CLUSTER_NOT_REQUIRED = (
    "PANGEO_CLUSTER_CHECK=warn: where the cluster did not answer, this preview is based on the state and the stack "
    "file only"
)
DIRECTORY_NOT_REQUIRED = (
    "PANGEO_DIRECTORY_CHECK=warn: a new group, and changed settings in identity, are not tried where the directory did "
    "not answer"
)


class CannotPreview(Exception):
    """The stack could not be opened; the text names the cause and the fix."""


class Policies(NamedTuple):
    """A policy pack's folder and the file with its settings."""

    pack: Path
    config: Path | None


def preview(
    stack: automation.Stack,
    *,
    policies: Policies | None = None,
    refresh: bool = False,
    expect_no_changes: bool = False,
    notes: Collection[str] = (),
) -> Preview:
    """Preview a stack. An error of the engine is part of the report and is not raised.

    Args:
        stack: a stack with its program and environment.
        policies: the pack to run; a mandatory violation fails the preview.
        refresh: whether to read the present state of the cluster and the directory first.
        expect_no_changes: whether any change fails the preview, as in a check for drift.
        notes: sentences for the reader about how the preview is made.
    """
    events: list[EngineEvent] = []
    failure: list[str] | None = None
    try:
        stack.preview(
            on_event=events.append,
            color="never",
            policy_packs=[str(policies.pack)] if policies else None,
            policy_pack_configs=[str(policies.config)] if policies and policies.config else None,
            refresh=refresh or None,
            expect_no_changes=expect_no_changes or None,
        )
    except CommandError as error:
        failure = error_lines(str(error))
    except RuntimeError as error:
        # Raised by the SDK if the engine ended without an error and without a summary.
        failure = [str(error)]
    return report_of_events(stack.name, events, failure=failure, notes=notes)


def find_policies(project: Path) -> Policies | None:
    """Return the project's policy pack with the organisation's settings, or None if there is no pack."""
    pack, config = project / POLICIES, project / POLICY_CONFIG
    if not (pack / "PulumiPolicy.yaml").is_file():
        return None
    return Policies(pack, config if config.is_file() else None)


def error_lines(output: str) -> list[str]:
    """Return the errors of a failed CLI command: its lines that begin with ``error:``, or its last line."""
    # The SDK puts "stderr: " before the CLI's error output.
    lines = [line.strip().removeprefix("stderr:").strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("error:").strip() for line in lines if line.startswith("error:")]
    return list(dict.fromkeys(errors)) or lines[-1:]
