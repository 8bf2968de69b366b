"""What a reviewer must know about the policies of a change: levels and settings, and whether the rules are edited.

A pull request is previewed with its own policies. Its preview alone does not show that it disabled one of them.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ci.revisions import Change, GitFailed, changed_files, file_at
from components.config.policy_settings import (
    NO_FILE,
    KnownPolicy,
    PolicyFile,
    describe_policy_changes,
    read_policy_file,
)
from components.config.problems import InvalidTenancy, format_problems
from policies.rules import RULES

POLICY_CONFIG = Path("stacks", "policies.json")
"""The organisation's settings of the policies, for ``--policy-pack-config``."""

KNOWN: Mapping[str, KnownPolicy] = {rule.id: KnownPolicy(rule.level, rule.defaults) for rule in RULES}

GUARDS = {
    "policies": "the policies themselves",
    "chart": "the chart, from which Helm renders objects that no policy sees",
    "ci": "the program that makes this preview",
    ".github": "the workflows, which run the previews and pass on the policies",
}
"""Folders whose content decides what a preview checks and shows, with a description."""

MAX_FILES = 5
"""Number of edited files that a sentence names."""


class Review(NamedTuple):
    """The result of a review."""

    sentences: tuple[str, ...] = ()
    """For the reader of the preview."""
    errors: tuple[str, ...] = ()
    """Mistakes in the file of settings; the preview must not run with it."""


def review_policies(project: Path, base: str | None) -> Review:
    """Review the policies in a checkout.

    Args:
        project: the checkout.
        base: the revision before the change; None if there is none, and settings are compared with the defaults.
    """
    path = project / POLICY_CONFIG
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        now = read_policy_file(text, KNOWN, source=str(POLICY_CONFIG))
    except InvalidTenancy as invalid:
        return Review(errors=tuple(f"{invalid.source}:{line}" for line in format_problems(invalid.problems)))
    except (OSError, UnicodeDecodeError):
        return Review(errors=(f"{POLICY_CONFIG}: cannot be read as UTF-8 text",))
    if base is None:
        return Review(tuple(describe_policy_changes(now, None, KNOWN)))
    try:
        edited = tuple(describe_edits(changed_files(base, "HEAD", project)))
        before = _policies_at(project, base)
    except GitFailed as failure:
        unknown = f"the policies could not be compared with {base}: {failure}"
        return Review((unknown, *describe_policy_changes(now, None, KNOWN)))
    except InvalidTenancy:
        unknown = f"{POLICY_CONFIG} at {base} is not valid, so the settings are compared with the defaults"
        return Review((*edited, unknown, *describe_policy_changes(now, None, KNOWN)))
    return Review((*edited, *describe_policy_changes(now, before, KNOWN)))


def describe_edits(changes: list[Change]) -> Iterator[str]:
    """Yield a sentence for each part of the review that a change edits."""
    for folder, description in GUARDS.items():
        files = sorted({change.path for change in changes if change.path.startswith(f"{folder}/")})
        if files:
            more = f" and {len(files) - MAX_FILES} more" if len(files) > MAX_FILES else ""
            yield f"this change edits {description}: {', '.join(files[:MAX_FILES])}{more}"


def _policies_at(project: Path, revision: str) -> PolicyFile:
    text = file_at(project, revision, POLICY_CONFIG)
    return NO_FILE if text is None else read_policy_file(text, KNOWN, source=str(POLICY_CONFIG))
