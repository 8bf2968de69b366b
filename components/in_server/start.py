"""Start a user's notebook server: the command of every server's container, ``python3 -I start.py <command> …``.

It needs only Python's standard library, version 3.9 or later. If the preparation fails, the command runs without it.
The server runs as a child of this process. If it ends before it can answer, it is started once more, without anything
of the user's own.
"""

from __future__ import annotations

import os
import re
import runpy
import shutil
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent

SERVE = "--serve"
"""First argument of the process that runs the server's program with the extension among Python's modules."""

LIMIT_SECONDS = 75
"""Time in which a server must answer that reads Python code of the user; the hub waits for 120 seconds."""


def main() -> None:
    """Prepare the server and run it."""
    words = sys.argv[1:]
    if words[0] == SERVE:
        serve(words[1:])
        return
    program = shutil.which(words[0])
    try:
        python = find_interpreter(program) if program else None
        if program and python:
            run = Path(tempfile.mkdtemp(prefix="pangeo-"))
            sys.path.insert(0, str(HERE))
            sys.exit(run_server(python, [program, *words[1:]], run, os.environ))
    except Exception:  # the server must start
        traceback.print_exc()
        print("pangeo: the server starts without its preparation", file=sys.stderr, flush=True)
    os.execvp(words[0], words)  # noqa: S606 - the words of the container's command


def find_interpreter(program: str) -> str | None:
    """Return the Python interpreter in the first lines of an executable script; None if it is no Python script.

    Installers write a path that is too long for the first line behind ``exec`` in the second one.
    """
    with open(program, "rb") as file:  # noqa: PTH123 - a name
        start = file.read(4096).decode("utf-8", "replace")
    found = re.match(r"#!\s*(/\S*python[0-9.]*)|#!/bin/sh\n'''exec' \"?(/[^\"\n]*?python[0-9.]*)\"? ", start)
    if found:
        return found[1] or found[2]
    return sys.executable if re.match(r"#!\s*/usr/bin/env (-S )?python", start) else None


def run_server(python: str, words: list[str], run: Path, given: Mapping[str, str]) -> int:
    """Run the server, and once more if it does not start; return its exit code.

    Args:
        python: the interpreter.
        words: the program and its arguments.
        run: a new folder for temporary files.
        given: the container's environment.
    """
    from pangeo_start.prepare import has_code, prepare, restrict  # type: ignore[import-not-found,unused-ignore]
    from pangeo_start.problem import READY, write_problems  # type: ignore[import-not-found,unused-ignore]
    from pangeo_start.supervise import Supervisor, explain  # type: ignore[import-not-found,unused-ignore]

    supervisor = Supervisor()
    prepared = prepare(python, run, given, HERE)
    for attempt in (1, 2):
        prepared.write_config()
        write_problems(run, prepared.problems)
        options = ["-s"] if prepared.ignores_user_packages else []
        command = [python, *options, str(HERE / "start.py"), SERVE, *words]
        limit = LIMIT_SECONDS if attempt == 1 and has_code(prepared) else 0
        ending = supervisor.run(command, prepared.environment, run / READY, limit)
        if not ending.is_failed_start:
            break
        if attempt == 1:
            print("pangeo: the server did not start; it is started without the user's settings", file=sys.stderr)
            reason = f"ended with code {ending.exit_code}" if ending.exit_code >= 0 else "did not answer"
            restrict(prepared, reason, explain(ending.log))
    code: int = ending.exit_code
    return code if code >= 0 else 128 - code


def serve(words: list[str]) -> None:
    """Run the program as if it were started itself, with the extension's folder as the last among Python's modules."""
    sys.path.remove(str(HERE))
    sys.path.append(str(HERE))
    sys.argv = words
    runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    main()
