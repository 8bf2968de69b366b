"""The files that differ between two revisions, asked of git."""

import subprocess
from pathlib import Path

from ci.affected import Change, parse_name_status

TIMEOUT_SECONDS = 60.0


class GitFailed(Exception):
    """git could not tell; the text is what it said."""


def changed_files(base: str, head: str, repository: Path) -> list[Change]:
    """Every file that ``head`` has otherwise than ``base``.

    Raises:
        GitFailed: a revision is not in this clone, or git did not answer within ``TIMEOUT_SECONDS``.
    """
    # --end-of-options: a revision is never taken for an option.
    words = ["git", "diff", "--name-status", "--no-renames", "-z", "--end-of-options", base, head, "--"]
    try:
        asked = subprocess.run(
            words, cwd=repository, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
    except (FileNotFoundError, subprocess.TimeoutExpired) as failure:
        raise GitFailed(f"git diff {base} {head} in {repository}: {failure}") from None
    if asked.returncode != 0:
        said = asked.stderr.strip().splitlines()
        raise GitFailed(f"git diff {base} {head} in {repository}: {said[0] if said else 'failed'}")
    return list(parse_name_status(asked.stdout))
