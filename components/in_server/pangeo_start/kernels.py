"""Kernels: the image's own kernel also works if the user's packages or kernel descriptions would break it."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path

from .problem import Problem
from .small_files import read_small_file, shell_words

NAME = "python3"
"""Name of the image's kernel."""

MAX_KERNELS = 1000
"""Greatest number of kernels that are looked at."""


def find_broken_kernels(data: Path) -> list[tuple[str, str]]:
    """Return the names of the user's kernels that cannot start, with the reason."""
    found = []
    try:
        folders = sorted(itertools.islice((data / "kernels").iterdir(), MAX_KERNELS))
    except OSError:
        return []
    for folder in folders:
        file = folder / "kernel.json"
        try:
            argv = json.loads(read_small_file(file))["argv"]
            program = argv[0]
            if program.startswith("/") and shutil.which(program) is None:
                found.append((folder.name, f"its program {program} does not exist"))
        except FileNotFoundError:
            continue
        except OSError as error:
            found.append((folder.name, f"kernel.json cannot be read: {error.strerror}"))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
            found.append((folder.name, "kernel.json is not valid"))
    return found


def describe(data: Path, home: Path, name: str, reason: str, *, replaced: bool) -> Problem:
    """Return the problem of a kernel."""
    word = shell_words(data / "kernels" / name, home)
    instead = "The image's own kernel is used instead. " if replaced else ""
    return Problem.of(
        "kernel",
        f"Your kernel {name} does not start: {reason}. {instead}".strip(),
        f"Remove it, in a terminal: rm -r {word}" if word else "Remove its folder in ~/.local/share/jupyter/kernels.",
    )


def write_own_kernel(prefix: Path, target: Path, python_path: str | None) -> bool:
    """Write the image's kernel into a data folder of higher priority than the user's; return whether there is one.

    Args:
        prefix: the folder of the image's environment.
        target: the data folder.
        python_path: packages that come before the user's own; None to leave their order as it is.
    """
    source = prefix / "share" / "jupyter" / "kernels" / NAME
    if not (source / "kernel.json").is_file():
        return False
    folder = target / "kernels" / NAME
    shutil.copytree(source, folder, dirs_exist_ok=True)
    spec = json.loads((folder / "kernel.json").read_text(encoding="utf-8"))
    if python_path:
        spec.setdefault("env", {})["PYTHONPATH"] = python_path
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    return True
