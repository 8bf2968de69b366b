"""Mounted code: Python source without the text that only its readers need."""

import ast
import functools
import io
import tokenize
from pathlib import Path


@functools.cache  # the same for all tenancies of a process, and each rule of the policies asks again
def mounted_text(file: Path) -> str:
    """Return a file's text as it is mounted: Python source without comments and documentation strings."""
    text = file.read_text(encoding="utf-8")
    return without_prose(text) if file.suffix == ".py" else text


def without_prose(source: str) -> str:
    """Return source code without comments and documentation strings; every statement keeps its line and column.

    Tracebacks therefore name the lines of the repository's file.
    """
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            _blank(lines, node)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    # YAML keeps one line break at the end of a text.
    return "\n".join(lines).rstrip() + "\n"


def _blank(lines: list[str], text: ast.Expr) -> None:
    """Replace a statement that is only a string: a block may have no other statement, so an empty string remains."""
    first, last = text.lineno - 1, (text.end_lineno or text.lineno) - 1
    lines[first] = f'{lines[first][: text.col_offset]}""'
    lines[first + 1 : last + 1] = [""] * (last - first)
