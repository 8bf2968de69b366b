"""Execute the example notebooks and check that each shows pictures; their own assertions check the results.

    python run_examples.py <folder of the examples> [<folder for the executed notebooks> [<name> …]]

A notebook is a file that jupytext reads: ``.ipynb``, or a script in the percent format; without names, all of the
folder are executed. Each prints one line; exit code 1: one failed. Needs only packages of the image.
"""

import base64
import io
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from PIL import Image

CELL_SECONDS = 300
"""Longest time of one cell, including the start of a Dask cluster."""

FEWEST_COLOURS = 10
"""Colours of a picture that is not blank."""

MOST_COLOURS = 1 << 24

INTERACTIVE = "application/vnd.holoviews_exec.v0+json"
"""Type of the results of cells that are interactive plots."""

FAILED = "failed:"


def find_outputs(notebook: nbformat.NotebookNode, kind: str, *output_types: str) -> Iterator[Any]:
    """Return the outputs of this kind, such as PNG pictures, of an executed notebook."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output["output_type"] in output_types and kind in output["data"]:
                yield output["data"][kind]


def is_blank(picture: str) -> bool:
    """Return whether a PNG picture, in base64, shows nothing."""
    with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
        colours = image.convert("RGB").getcolors(MOST_COLOURS)
        return len(colours or ()) < FEWEST_COLOURS


def describe_outputs(notebook: nbformat.NotebookNode) -> str:
    """Return how many pictures and interactive plots an executed notebook shows, or what is wrong with them."""
    pictures = list(find_outputs(notebook, "image/png", "display_data", "execute_result"))
    # The import of hvplot displays an output of the same kind, which is no cell's result.
    plots = list(find_outputs(notebook, INTERACTIVE, "execute_result"))
    blank = sum(map(is_blank, pictures))
    if not pictures:
        return f"{FAILED} it shows no picture"
    if blank:
        return f"{FAILED} {blank} of {len(pictures)} pictures are blank"
    return f"pictures: {len(pictures)}, interactive plots: {len(plots)}"


def describe_error(error: CellExecutionError) -> str:
    """Return an error of a cell in one line, with the statement that raised it."""
    lines = re.findall(r"^-+> \d+ (.*)$", re.sub(r"\x1b\[[0-9;]*m", "", error.traceback), re.MULTILINE)
    message = " ".join(error.evalue.split())
    return f"{error.ename}: {message} at: {lines[0].strip() if lines else 'unknown'}"


def execute(notebook: nbformat.NotebookNode) -> str:
    """Execute a notebook in place; return what it shows, or what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(notebook, timeout=CELL_SECONDS, resources={"metadata": {"path": folder}})
        try:
            client.execute()
        except CellExecutionError as error:
            return f"{FAILED} {describe_error(error)}"
        except (CellTimeoutError, DeadKernelError) as error:
            return f"{FAILED} {' '.join(str(error).split())}"
    return describe_outputs(notebook)


def execute_all(examples: Path, executed: Path | None = None, *names: str) -> bool:
    """Execute the notebooks of a folder, print a line for each, and return whether all passed."""
    files = sorted(file for file in examples.iterdir() if file.suffix in (".ipynb", ".py"))
    results = []
    for file in files:
        if names and file.stem not in names:
            continue
        notebook = jupytext.read(file)
        start = time.monotonic()
        result = execute(notebook)
        print(f"{file.stem}: {result} ({time.monotonic() - start:.0f} s)", flush=True)
        results.append(not result.startswith(FAILED))
        if executed:
            executed.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, executed / file.with_suffix(".ipynb").name)
    return bool(results) and all(results)


if __name__ == "__main__":
    folders, words = [Path(word) for word in sys.argv[1:3]], sys.argv[3:]
    sys.exit(0 if execute_all(*folders, *words) else 1)
