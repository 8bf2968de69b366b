"""Which tenancies a change can reach: a pure function of the files it touches."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from components.config.stack_file import stack_name, stack_path

SCAFFOLDING_STACK = "local"
"""The stack of one machine's own tenancy; no CI deploys it."""

EVERY_TENANCY = (
    "Pulumi.yaml",
    "__main__.py",
    "chart",
    "components",
    "constraints.txt",
    "policies",
    "requirements.txt",
    "stacks/policies.json",
)
"""What every tenancy's program, chart and policies are made of. A folder stands for all below it."""

NO_TENANCY = (
    ".ci",
    ".github",
    ".gitignore",
    "LICENSE",
    "Makefile",
    "README.md",
    "bench",
    "ci",
    "docs",
    "local",
    "pyproject.toml",
    "stacks/schema.json",
    "tests",
)
"""What no deployed tenancy is made of."""


class Change(NamedTuple):
    """A file that a change touches, by its path from the repository's root."""

    path: str
    deleted: bool = False


class Affected(NamedTuple):
    """Stacks to look at, sorted, and sentences for the reviewer about what was not plain."""

    stacks: tuple[str, ...]
    notices: tuple[str, ...]


def tenancies(stacks: Iterable[str]) -> list[str]:
    """Those that are somebody's: all but the local machine's."""
    return [name for name in stacks if name != SCAFFOLDING_STACK]


def affected(changes: Iterable[Change], stacks: Collection[str]) -> Affected:
    """The tenancies that ``changes`` can reach.

    Args:
        changes: every file touched; a renamed one is a deletion and an addition.
        stacks: the stacks that have a file after the change.

    A file that is in neither list above reaches every tenancy, with a notice: too many previews are read, a missing
    one is not. A stack whose file is deleted has nothing to preview; the notice says what deleting it does not do.
    """
    everyone = sorted(set(tenancies(stacks)))
    found: set[str] = set()
    notices: list[str] = []
    for change in sorted(set(changes)):
        stack = _stack_of(change.path)
        if stack == SCAFFOLDING_STACK or (stack is None and _is_below(change.path, NO_TENANCY)):
            continue
        if stack is not None and stack in stacks:
            found.add(stack)
        elif stack is not None:
            notices.append(
                f"{change.path} is deleted: nothing is previewed or changed for it. The tenancy runs on until "
                f"`pulumi destroy --stack {stack}` is run with the file still there"
            )
        else:
            found.update(everyone)
            if not _is_below(change.path, EVERY_TENANCY):
                notices.append(f"{change.path} is not known to ci/affected.py, so all tenancies are previewed")
    return Affected(tuple(sorted(found)), tuple(notices))


def parse_name_status(listing: str) -> Iterator[Change]:
    """The changes in the output of ``git diff --name-status --no-renames -z``: status and path, each ended by NUL."""
    fields = listing.split("\0")[:-1]
    for status, path in zip(fields[::2], fields[1::2], strict=True):
        yield Change(path, deleted=status == "D")


def _stack_of(path: str) -> str | None:
    name = stack_name(PurePosixPath(path))
    return name if stack_path(name).as_posix() == path else None


def _is_below(path: str, roots: Iterable[str]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)
