"""Run a program of the machine: output to a log file, a deadline, a failure that names the log."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from local.failure import Failure

TAIL_LINES = 5


def run(
    command: Sequence[str | Path],
    *,
    log: Path,
    timeout_seconds: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
) -> None:
    """Run ``command`` to its end, appending everything it prints to ``log``.

    ``env`` is added to this process's environment. ``stdin`` is how a secret reaches a program:
    unlike an argument it is in no process list, and it is not logged.

    Raises:
        Failure: the program is missing, failed, or ran past ``timeout_seconds``; names the log and its last lines.
    """
    words = [str(word) for word in command]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as out:
        out.write(f"$ {' '.join(words)}\n")
        out.flush()
        done = _done(words, cwd, env, stdin, timeout_seconds, out, subprocess.STDOUT, log)
    if done.returncode != 0:
        raise Failure(
            f"{words[0]} failed with exit code {done.returncode}:\n{tail(log)}",
            way_on="mend what the log names and run make up again",
            log=log,
        )


def output(
    command: Sequence[str | Path],
    *,
    timeout_seconds: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
) -> str:
    """What a program prints on standard output.

    Raises:
        Failure: the program is missing, failed, or ran past ``timeout_seconds``; carries its standard error.
    """
    words = [str(word) for word in command]
    done = _done(words, cwd, env, stdin, timeout_seconds, subprocess.PIPE, subprocess.PIPE, None)
    if done.returncode != 0:
        raise Failure(f"{' '.join(words[:3])} failed: {done.stderr.strip()}", way_on="look at make status")
    return done.stdout


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, indented for display below a message."""
    last = log.read_text(errors="replace").splitlines()[-lines:]
    return "\n".join(f"    {line}" for line in last)


def _done(
    words: Sequence[str],
    cwd: Path | None,
    env: Mapping[str, str] | None,
    stdin: str | None,
    timeout_seconds: float,
    stdout: int | IO[str],
    stderr: int,
    log: Path | None,
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            words,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            stdout=stdout,
            stderr=stderr,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )
    except FileNotFoundError as error:
        raise Failure(f"{words[0]} is not on this machine", way_on="run make up again", log=log) from error
    except subprocess.TimeoutExpired as error:
        raise Failure(
            f"{words[0]} did not finish within {timeout_seconds:g} s", way_on="run make up again", log=log
        ) from error
