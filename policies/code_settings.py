"""Settings of traitlets' classes in Python code, such as ``c.KubeSpawner.image = "…"`` in ``extraConfig``."""

import ast
import functools
from collections.abc import Iterator
from typing import Any, Final, NamedTuple


class Computed:
    """The type of :data:`COMPUTED`."""

    def __repr__(self) -> str:
        return "a computed value"


COMPUTED: Final = Computed()
"""A value, or a part of one, that is not written in the code as it is."""

ADDITIONS = ("update", "append", "extend", "insert")
"""Methods that add their last argument to a mapping or a list."""


class CodeSetting(NamedTuple):
    """An assignment, or an addition, to a setting of a class."""

    class_name: str
    trait: str
    value: Any


@functools.lru_cache(maxsize=64)  # most of the code is the same in every tenancy
def read_settings(code: str) -> tuple[CodeSetting, ...]:
    """Return the settings in a piece of configuration in the order of the code, of which the last one wins.

    Raises:
        SyntaxError: the code is not valid Python.
    """
    # ast.walk goes through all statements of a level before the blocks in them.
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.stmt | ast.expr)]
    nodes.sort(key=lambda node: (node.lineno, node.col_offset))
    return tuple(found for node in nodes for found in _settings(node))


def read_valid_settings(code: object) -> tuple[CodeSetting, ...]:
    """Return the settings in a piece of configuration; none if it is not valid Python, which the hub refuses."""
    try:
        return read_settings(code) if isinstance(code, str) else ()
    except SyntaxError:
        return ()


def _settings(node: ast.AST) -> Iterator[CodeSetting]:
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) and node.value is not None:
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            value = _read(node.value)
            if isinstance(target, ast.Subscript):
                key = _read(target.slice)
                target, value = target.value, {key: value} if isinstance(key, str) else [value]
            yield from _of_class(target, value)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ADDITIONS:
        named = {each.arg: _read(each.value) for each in node.keywords if each.arg}
        given = _read(node.args[-1]) if node.args else named
        yield from _of_class(node.func.value, given if node.func.attr in ("update", "extend") else [given])


def _of_class(target: ast.expr, value: Any) -> Iterator[CodeSetting]:  # noqa: ANN401 - a value of any kind
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Attribute):
        yield CodeSetting(target.value.attr, target.attr, value)


def _read(node: ast.expr) -> Any:  # noqa: ANN401 - a value of any kind
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return [_read(each) for each in node.elts]
    if isinstance(node, ast.Dict) and all(isinstance(each, ast.Constant) for each in node.keys):
        return {str(_read(key)): _read(each) for key, each in zip(node.keys, node.values, strict=True) if key}
    return COMPUTED
