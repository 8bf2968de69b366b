"""Run a program with a time limit and, if it fails, raise a ``Failure`` that names its log."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from local.failure import Failure

TAIL_LINES = 5
"""Lines of a log that a failure's message shows."""

_interruptible: set["subprocess.Popen[str]"] = set()


def run(
    command: Sequence[str | Path],
    *,
    log: Path,
    timeout_seconds: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    interruptible: bool = False,
) -> None:
    """Run ``command`` to its end, appending everything it prints to ``log``.

    Args:
        command: the program and its arguments; they are logged.
        log: the file to append to.
        timeout_seconds: the program is killed after this time.
        cwd: the working directory.
        env: variables added to this process's environment.
        stdin: text for standard input. A secret is passed here: it is neither logged nor visible in the process list.
        interruptible: whether ``interrupt_all`` may interrupt the program.

    Raises:
        Failure: the program is missing, failed, or ran past ``timeout_seconds``; names the log and its last lines.
    """
    words = [str(word) for word in command]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as out:
        out.write(f"$ {' '.join(words)}\n")
        out.flush()
        done = _done(words, cwd, env, stdin, timeout_seconds, out, subprocess.STDOUT, log, interruptible)
    if done.returncode != 0:
        raise Failure(
            f"{words[0]} failed with exit code {done.returncode}:\n{tail(log)}",
            fix="fix the cause shown in the log and run make up again",
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
    """Run ``command`` to its end and return its standard output; the arguments are those of ``run``.

    Raises:
        Failure: the program is missing, failed, or ran past ``timeout_seconds``; carries its standard error.
    """
    words = [str(word) for word in command]
    done = _done(words, cwd, env, stdin, timeout_seconds, subprocess.PIPE, subprocess.PIPE, None, False)
    if done.returncode != 0:
        raise Failure(
            f"{' '.join(words[:3])} failed: {done.stderr.strip()}", fix="run make status to see what does not run"
        )
    return done.stdout


def interrupt_all() -> None:
    """Interrupt, as Ctrl-C does, the programs that run now and were started as interruptible."""
    for process in tuple(_interruptible):
        process.send_signal(signal.SIGINT)


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """Return the last lines of a log, indented for display below a message."""
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
    interruptible: bool,
) -> subprocess.CompletedProcess[str]:
    try:
        with subprocess.Popen(
            words,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=stdout,
            stderr=stderr,
            text=True,
        ) as process:
            if interruptible:
                _interruptible.add(process)
            try:
                printed, errors = process.communicate(stdin, timeout=timeout_seconds)
            except BaseException:
                process.kill()
                raise
            finally:
                _interruptible.discard(process)
    except FileNotFoundError as error:
        raise Failure(f"{words[0]} is not installed", fix="run make up again", log=log) from error
    except subprocess.TimeoutExpired as error:
        raise Failure(
            f"{words[0]} did not finish within {timeout_seconds:g} s", fix="run make up again", log=log
        ) from error
    return subprocess.CompletedProcess(words, process.returncode, printed, errors)
