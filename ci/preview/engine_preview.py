"""One preview by the real engine: run it, hear all its events, make the report of them."""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from pulumi import automation
from pulumi.automation.errors import CommandError
from pulumi.automation.events import EngineEvent

from ci.preview.report import Preview, report

POLICIES = Path("policies")
POLICY_CONFIG = Path("stacks", "policies.json")
"""What the organisation tells the policies, for ``--policy-pack-config``."""

DNS_NOT_ASKED = (
    "The DNS was not relied on (PANGEO_DNS_CHECK=warn): a domain that leads elsewhere is only a warning here"
)
CLUSTER_NOT_ASKED = (
    "The cluster was not relied on (PANGEO_CLUSTER_CHECK=warn): where it gave no answer, this preview knows only what "
    "the state and the stack file say"
)


class CannotPreview(Exception):
    """The stack could not be opened; the text says why, and what to do."""


class Policies(NamedTuple):
    """A policy pack's folder and the file that configures it."""

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
    """Preview a stack; whatever stops the engine is part of the report.

    Args:
        stack: selected or created, its program and environment set.
        policies: the pack to run; a mandatory violation fails the preview.
        refresh: whether to ask the cluster and the directory for what is really there first.
        expect_no_changes: whether any change fails the preview, as in a search for drift.
        notes: how the preview is made, for its reader.
    """
    heard: list[EngineEvent] = []
    failure: list[str] | None = None
    try:
        stack.preview(
            on_event=heard.append,
            color="never",
            policy_packs=[str(policies.pack)] if policies else None,
            policy_pack_configs=[str(policies.config)] if policies and policies.config else None,
            refresh=refresh or None,
            expect_no_changes=expect_no_changes or None,
        )
    except CommandError as stopped:
        failure = last_words(str(stopped))
    except RuntimeError as silent:
        # The SDK's way to say that the engine ended well and told nothing.
        failure = [str(silent)]
    return report(stack.name, heard, failure=failure, notes=notes)


def policies_of(project: Path) -> Policies | None:
    """The project's policy pack and what the organisation tells it, where there are any."""
    pack, config = project / POLICIES, project / POLICY_CONFIG
    if not (pack / "PulumiPolicy.yaml").is_file():
        return None
    return Policies(pack, config if config.is_file() else None)


def last_words(output: str) -> list[str]:
    """What a failed command of the CLI said was wrong: its lines that begin with ``error:``, else its last line."""
    # The SDK puts "stderr: " before what the CLI said there.
    lines = [line.strip().removeprefix("stderr:").strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("error:").strip() for line in lines if line.startswith("error:")]
    return list(dict.fromkeys(errors)) or lines[-1:]
