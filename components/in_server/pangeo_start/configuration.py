"""The user's configuration files of Jupyter: those that cannot be read are left out."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .problem import Problem
from .small_files import read_small_file, shell_words

DEEPEST = 3
"""Depth of folders below ``~/.jupyter`` with configuration of the server."""

NO_CONFIGURATION = ("lab",)
"""Folders in ``~/.jupyter`` with the state of pages, which JupyterLab checks itself."""

MAX_ENTRIES = 1000
"""Greatest number of entries of a folder that are looked at."""


@dataclass(frozen=True)
class BrokenFile:
    """A file that the server could not read."""

    path: Path
    reason: str


def find_broken(folder: Path) -> list[BrokenFile]:
    """Return the files in a configuration folder that are not valid JSON objects or Python code."""
    found = []
    for path in _files(folder, DEEPEST):
        reason = _reason(path)
        if reason:
            found.append(BrokenFile(path, reason))
    return found


def _files(folder: Path, depth: int) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            paths = sorted(Path(each.path) for each in itertools.islice(entries, MAX_ENTRIES))
    except OSError:
        return
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - false if its folder cannot be entered
            if depth > 1 and path.name not in NO_CONFIGURATION:
                yield from _files(path, depth - 1)
        elif path.suffix == ".json" or (path.suffix == ".py" and depth == DEEPEST):
            yield path


def _reason(path: Path) -> str:
    try:
        text = read_small_file(path)
        if path.suffix == ".py":
            compile(text, str(path), "exec")
        elif not isinstance(json.loads(text), dict):
            return "it is not a JSON object"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        return "it is no text in UTF-8"
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except json.JSONDecodeError as error:
        return f"line {error.lineno}: {error.msg}"
    except ValueError as error:
        return str(error)
    except (RecursionError, MemoryError):
        return "it is nested too deeply"
    return ""


def copy_without(folder: Path, broken: list[BrokenFile], target: Path) -> None:
    """Make ``target`` a copy of a folder without some files. Entries are links, so that JupyterLab's state is kept."""
    left_out = {each.path for each in broken}
    target.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path in left_out:
            continue
        if any(path in each.parents for each in left_out):
            copy_without(path, broken, target / path.name)
        else:
            os.symlink(path, target / path.name)  # noqa: PTH211 - Python 3.9


def describe(broken: BrokenFile, home: Path) -> Problem:
    """Return the problem of a file."""
    name = f"~/{broken.path.relative_to(home)}" if home in broken.path.parents else str(broken.path)
    word = shell_words(broken.path, home)
    return Problem.of(
        "configuration",
        f"The configuration file {name} is broken and was left out: {broken.reason}.",
        "Correct or delete the file" + (f", for example in a terminal: mv {word} {word}.broken" if word else ""),
    )
