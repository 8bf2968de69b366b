"""The lines that ``restore.sh`` prints for the command, and the messages about its failures. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.cli.restore.errors import RestoreRefused
from components.escape import escape_control_characters
from components.in_backup.causes import LOCK_SIGN, describe, find_cause
from components.in_backup.repository import Repository

MARK = "@"

GIB = 1024**3
LAST_LINES = 5


@dataclass(frozen=True)
class Output:
    """The lines of a step."""

    lines: tuple[str, ...]
    """Lines for the command, without their mark."""
    others: tuple[str, ...]
    """Lines of restic and of other programs."""

    @classmethod
    def read(cls, text: str) -> "Output":
        """Read a container's log."""
        lines = text.splitlines()
        return cls(
            tuple(each.removeprefix(MARK) for each in lines if each.startswith(MARK)),
            tuple(each for each in lines if each.strip() and not each.startswith(MARK)),
        )

    def values(self, word: str) -> list[str]:
        """Return the rest of each line that begins with a word."""
        return [each[len(word) + 1 :] for each in self.lines if each == word or each.startswith(f"{word} ")]

    def last(self, word: str) -> str | None:
        """Return the rest of the last line that begins with a word; None if there is none."""
        return next(iter(reversed(self.values(word))), None)

    def counts(self) -> tuple[int, int, int]:
        """Return how many files and folders were, or would be, added, replaced and not placed."""
        added, replaced, unplaced = (self.last("counts") or "0 0 0").split()
        return int(added), int(replaced), int(unplaced)


def failure(output: Output, subject: str, repository: Repository, reason: str = "", node: str = "") -> RestoreRefused:
    """Return the error about a failed step.

    Args:
        output: the step's output.
        subject: what was restored, for example ``the home of alice``.
        repository: the repository.
        reason: Kubernetes' reason for the end of the pod, if it is known.
        node: the pod's node.
    """
    word, *details = (output.last("failed") or "").split()[:3] or [""]
    repeat = "nothing that was there has changed; run the command again"
    match word:
        case "no-path":
            text = f"the backup of {subject} does not contain this path; the names of files are case-sensitive"
        case "no-space" if len(details) > 1:
            needed, free = (int(each) / GIB for each in details)
            text = (
                f"{subject} needs {needed:.2f} GB, and {free:.2f} GB are free in the volume; restore a part with "
                "--path, delete files, or let the home grow (pangeo:notebookStorageGb)"
            )
        case "unfinished":
            text = f"the fetched files of {subject} are gone; another restore has removed them; {repeat}"
        case "unplaced":
            kept = f"; replaced files are in {details[0]}" if details else ""
            text = f"not all files of {subject} could be put in place{kept}. Run the command again{_quoted(output)}"
        case "no-database":
            text = f"the backup of {subject} contains no database of SQLite; restore an older one with --before"
        case "volume" | "left-over":
            text = f"the volume of {subject} cannot be written; {repeat}{_quoted(output)}"
        case "unreadable":
            text = f"some files of {subject} cannot be read, so a backup would lack them; nothing was deleted"
            text += f"; correct them, or delete the home without an archive{_quoted(output)}"
        case "restic":
            text = f"{subject}: {_cause(output, repository, node)}; {repeat}"
        case _:
            text = f"the pod for {subject} was ended{f' ({reason})' if reason else ''}; {repeat}{_quoted(output)}"
    return RestoreRefused(text)


def _cause(output: Output, repository: Repository, node: str) -> str:
    text = "\n".join(output.others)
    if LOCK_SIGN in text:
        return "the repository is in use, for example by a backup run; try again when it has ended"
    cause = find_cause(text)
    return describe(cause, repository, node) if cause else f"restic failed{_quoted(output)}"


def _quoted(output: Output) -> str:
    last: Sequence[str] = output.others[-LAST_LINES:]
    return f": {'; '.join(escape_control_characters(each.strip()) for each in last)}" if last else ""


def progress_text(output: Output) -> str | None:
    """Return how far a running step is; None if it has not begun to fetch."""
    needs = output.last("needs")
    if needs is None:
        return None
    total = int(needs.split()[1])
    done = min(int(output.last("progress") or 0), total)
    return f"{done / GIB:.2f} of {total / GIB:.2f} GB"
