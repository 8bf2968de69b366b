"""Stack files that a change renames. The engine knows nothing of it: it would take the new name for a new stack."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ci.affected import stack_of
from ci.revisions import Change, file_at
from components.config.claims import read_claims, read_claims_text
from components.config.collisions import Claims, compare_names
from components.config.problems import InvalidTenancy
from components.config.stack_file import stack_path


class Rename(NamedTuple):
    """A deleted stack file, and a new one with its names."""

    before: str
    after: str

    def __str__(self) -> str:
        return (
            f"{stack_path(self.after)} takes the place of {stack_path(self.before)}: it has the same names. A file's "
            f"name is the stack's name, so {self.after} would be deployed as a new stack, which pulumi up refuses "
            f"while {self.before} owns these names. To rename the tenancy, run `pulumi stack rename {self.after} "
            f"--stack {self.before}` with this branch checked out, right before the merge, and rename its GitHub "
            f"environments. For a new tenancy, destroy {self.before} first"
        )


def find_renames(changes: Iterable[Change], base: str, project: Path) -> list[Rename]:
    """Return the renamed stack files of a change.

    Args:
        changes: every touched file; a renamed file is a deletion and an addition.
        base: the revision before the change.
        project: the checkout after the change.

    Raises:
        GitFailed: the revision is not in this clone.
    """
    stacks = {stack: change.deleted for change in changes if (stack := stack_of(change.path)) is not None}
    deleted = {name: _claims_at(project, base, name) for name, is_deleted in stacks.items() if is_deleted}
    if not any(deleted.values()):
        return []
    added = [name for name, is_deleted in stacks.items() if not is_deleted and _is_new(project, base, name)]
    return [
        Rename(before, after)
        for after in sorted(added)
        for before, claims in sorted(deleted.items())
        if claims is not None and _share_names(_claims(project, after), claims)
    ]


def _share_names(one: Claims | None, other: Claims) -> bool:
    if one is None:
        return False
    compared = compare_names(one, {"": other})
    return bool(compared.problems or compared.warnings)


def _is_new(project: Path, base: str, stack: str) -> bool:
    return file_at(project, base, stack_path(stack)) is None


def _claims(project: Path, stack: str) -> Claims | None:
    try:
        return read_claims(project / stack_path(stack))
    except InvalidTenancy:
        return None


def _claims_at(project: Path, base: str, stack: str) -> Claims | None:
    text = file_at(project, base, stack_path(stack))
    try:
        return None if text is None else read_claims_text(text, source=stack)
    except InvalidTenancy:
        return None
