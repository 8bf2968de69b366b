"""The tenancies that a change affects, decided by the files it touches."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from ci.revisions import Change
from components.config.stack_file import stack_name, stack_path

SCAFFOLDING_STACK = "local"
"""The stack of the tenancy on a developer's own machine; no CI deploys it."""

EVERY_TENANCY = (
    "Pulumi.yaml",
    "__main__.py",
    "chart",
    "components",
    "constraints.txt",
    "policies",
    # Holds the version, which is an output of every stack.
    "pyproject.toml",
    "requirements.txt",
    "stacks/policies.json",
)
"""Files and folders that are part of every tenancy's program, chart or policies."""

NO_TENANCY = (
    ".ci",
    ".github",
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "bench",
    "ci",
    "docs",
    "images",
    "local",
    "monitoring",
    "stacks/policies.schema.json",
    "stacks/schema.json",
    "tests",
)
"""Files and folders that are part of no deployed tenancy."""


class Affected(NamedTuple):
    """The affected stacks, sorted, and notices for the reviewer about unusual changes."""

    stacks: tuple[str, ...]
    notices: tuple[str, ...]


def tenancies(stacks: Iterable[str]) -> list[str]:
    """Return the deployed stacks: all except the one of a developer's machine."""
    return [name for name in stacks if name != SCAFFOLDING_STACK]


def affected_tenancies(
    changes: Iterable[Change], stacks: Collection[str], renamed: Mapping[str, str] | None = None
) -> Affected:
    """Return the tenancies that ``changes`` can affect.

    A file that is in neither list above affects every tenancy, and a notice names it: an unnecessary preview does less
    harm than a missing one. A stack whose file is deleted cannot be previewed; a notice says that it is not destroyed.

    Args:
        changes: every touched file; a renamed file is a deletion and an addition.
        stacks: the stacks that have a file after the change.
        renamed: the notice for each deleted stack file that another one replaces, by stack.
    """
    all_stacks = sorted(set(tenancies(stacks)))
    found: set[str] = set()
    notices: list[str] = []
    for change in sorted(set(changes)):
        stack = stack_of(change.path)
        if stack == SCAFFOLDING_STACK or (stack is None and _is_below(change.path, NO_TENANCY)):
            continue
        if stack is not None and stack in stacks:
            found.add(stack)
        elif stack is not None and renamed and stack in renamed:
            notices.append(renamed[stack])
        elif stack is not None:
            notices.append(
                f"{change.path} is deleted, so there is no preview for it. This does not remove the tenancy: it keeps "
                f"running until `pulumi destroy --stack {stack}` is run with the file restored"
            )
        else:
            found.update(all_stacks)
            if not _is_below(change.path, EVERY_TENANCY):
                notices.append(f"{change.path} is not listed in ci/affected.py, so all tenancies are previewed")
    return Affected(tuple(sorted(found)), tuple(notices))


def stack_of(path: str) -> str | None:
    """Return the stack whose file this is, by its path from the repository's root; None for another file."""
    name = stack_name(PurePosixPath(path))
    return name if stack_path(name).as_posix() == path else None


def _is_below(path: str, roots: Iterable[str]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)
