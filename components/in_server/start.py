"""Start a user's notebook server: the command of every server's container, ``python3 -I start.py <command> …``.

It needs only Python's standard library, version 3.9 or later. If the preparation fails, the command runs without it.
"""

from __future__ import annotations

import os
import re
import runpy
import shutil
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path

HERE = Path(__file__).resolve().parent

CONFIGURATION = HERE / "config"
"""Folder of the configuration that loads the extension ``pangeo_server``."""

SERVE = "--serve"
"""First argument of the process that runs the server's program with the extension among Python's modules."""


def main() -> None:
    """Prepare the server and replace this process by it."""
    words = sys.argv[1:]
    if words[0] == SERVE:
        serve(words[1:])
        return
    command = words
    try:
        command = prepare(words, os.environ)
    except Exception:  # the server must start
        traceback.print_exc()
        print("pangeo: the server starts without its preparation", file=sys.stderr, flush=True)
    os.execvp(command[0], command)  # noqa: S606 - the words of the container's command


def prepare(words: list[str], environment: MutableMapping[str, str]) -> list[str]:
    """Return the command that runs the server's program with the extension; change its variables.

    A program that is not written in Python runs as it is.
    """
    program = shutil.which(words[0])
    python = find_interpreter(program) if program else None
    if program is None or python is None:
        return words
    given = environment.get("JUPYTER_CONFIG_PATH")
    environment["JUPYTER_CONFIG_PATH"] = os.pathsep.join([str(CONFIGURATION), *([given] if given else [])])
    return [python, str(HERE / "start.py"), SERVE, program, *words[1:]]


def find_interpreter(program: str) -> str | None:
    """Return the Python interpreter in the first lines of an executable script; None if it is no Python script.

    Installers write a path that is too long for the first line behind ``exec`` in the second one.
    """
    with open(program, "rb") as file:  # noqa: PTH123 - a path or a name
        start = file.read(4096).decode("utf-8", "replace")
    found = re.match(r"#!\s*(/\S*python[0-9.]*)|#!/bin/sh\n'''exec' \"?(/[^\"\n]*?python[0-9.]*)\"? ", start)
    if found:
        return found[1] or found[2]
    return sys.executable if re.match(r"#!\s*/usr/bin/env (-S )?python", start) else None


def serve(words: list[str]) -> None:
    """Run the program as if it were started itself, with the extension's folder as the last among Python's modules."""
    sys.path.remove(str(HERE))
    sys.path.append(str(HERE))
    sys.argv = words
    runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    main()
