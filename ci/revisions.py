"""Files of a Git revision, and the files that differ between two."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

GIT_TIMEOUT_SECONDS = 60.0
"""Limit for one run of git."""


class GitFailed(Exception):
    """git did not answer; the text is its error."""


class Change(NamedTuple):
    """A file that a change touches, by its path from the repository's root."""

    path: str
    deleted: bool = False


def changed_files(base: str, head: str, repository: Path) -> list[Change]:
    """Return the files that differ between two revisions.

    Raises:
        GitFailed: a revision is not in this clone, or git did not finish within ``GIT_TIMEOUT_SECONDS``.
    """
    # --end-of-options: git takes no revision for an option.
    words = ("diff", "--name-status", "--no-renames", "-z", "--end-of-options", base, head, "--")
    return list(parse_name_status(_git(repository, *words)))


def parse_name_status(listing: str) -> Iterator[Change]:
    """Return the changes in the output of ``git diff --name-status --no-renames -z``: status, NUL, path, NUL."""
    fields = listing.split("\0")[:-1]
    for status, path in zip(fields[::2], fields[1::2], strict=True):
        yield Change(path, deleted=status == "D")


def file_at(repository: Path, revision: str, path: Path) -> str | None:
    """Return the text of a file in a revision; None if the revision has no such file.

    Raises:
        GitFailed: the revision is not in this clone, or git did not finish within ``GIT_TIMEOUT_SECONDS``.
    """
    name = path.as_posix()
    listed = _git(repository, "ls-tree", "--name-only", "--end-of-options", revision, "--", name)
    return _git(repository, "show", "--end-of-options", f"{revision}:{name}") if listed.strip() else None


def _git(repository: Path, *words: str) -> str:
    command = " ".join(word for word in words if not word.startswith("-"))
    try:
        finished = subprocess.run(
            ["git", *words],
            cwd=repository,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=GIT_TIMEOUT_SECONDS,
            check=False,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired) as failure:
        raise GitFailed(f"git {command} in {repository}: {failure}") from None
    if finished.returncode != 0:
        raise GitFailed(f"git {command} in {repository}: {finished.stderr.strip() or 'failed'}")
    return finished.stdout
