"""Imports point in one direction, and no module imports from a test module."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.paths import PROJECT

ROOTS = ("components", "policies", "ci", "docs", "images", "local", "monitoring", "bench", "tests")

LAYERS = (
    {"__main__", "cli"},
    {"preflight", "contract", "destroy_check"},
    {"pangeo_cluster"},
    {"readiness"},
    {"resources", "chart", "cluster"},
    {"backup"},
    {"in_backup"},
    {"in_hub", "in_gateway", "in_server"},
    {"capacity"},
    {"config"},
    {"freeipa"},
    {
        "address_ranges",
        "automation",
        "deadline",
        "deployed",
        "dns_label",
        "dynamic_provider",
        "escape",
        "folder_names",
        "https",
        "language_host",
        "monitoring",
        "ownership",
        "programs",
        "secret_commands",
        "source_positions",
        "tls",
        "version",
    },
)
"""The packages and modules of ``components/``, from the top. Each may import those of its own row and below."""

SHIM = "deployed"
"""Re-exports the contract's provider under the path in old states, so it alone imports upward."""


def modules(root: str) -> Iterator[tuple[str, Path]]:
    """Return each module's dotted name with its file."""
    for file in sorted((PROJECT / root).rglob("*.py")):
        if "stand_ins/charts" not in str(file):
            yield ".".join(file.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"), file


MODULES = {name: file for root in ROOTS for name, file in modules(root)}


def statements(block: ast.AST) -> Iterator[ast.stmt]:
    """Return all statements of a module, at any depth, without visiting expressions, which are most of the nodes."""
    for name in ("body", "orelse", "handlers", "finalbody", "cases"):
        for each in getattr(block, name, ()):
            if isinstance(each, ast.stmt):
                yield each
            yield from statements(each)


def imports(file: Path) -> Iterator[str]:
    """Return the project's modules that a file imports, inside functions too."""
    for node in statements(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{each.name}" for each in node.names]
            yield from (name for name in inner if name in MODULES)
            if node.module in MODULES and any(name not in MODULES for name in inner):
                yield node.module


@functools.cache
def all_imports() -> dict[str, set[str]]:
    """Return each module's imports. The tests read them when they run: every worker collects this file."""
    return {name: set(imports(file)) - {name} for name, file in MODULES.items()}


def part(module: str) -> str:
    """Return the part of ``components/`` that a module belongs to."""
    return module.split(".")[1] if "." in module else module


def layer(name: str) -> int:
    return next(position for position, names in enumerate(LAYERS) if name in names)


def test_every_part_of_components_has_a_layer() -> None:
    parts = {part(name) for name in MODULES if name.startswith("components.")}

    assert parts == set().union(*LAYERS)


def test_components_import_their_own_layer_or_lower_ones() -> None:
    upward = [
        f"{name} imports {other}"
        for name, others in all_imports().items()
        for other in others
        if name.startswith("components.") and other.startswith("components.") and part(name) != SHIM
        if layer(part(other)) < layer(part(name))
    ]

    assert upward == []


@pytest.mark.parametrize("root", ROOTS)
def test_modules_have_no_import_cycles(root: str) -> None:
    reached: dict[str, set[str]] = {}

    def reach(name: str, above: tuple[str, ...]) -> set[str]:
        assert name not in above, f"import cycle: {' → '.join([*above[above.index(name) :], name])}"
        if name not in reached:
            inner = {other for other in all_imports()[name] if other.startswith(f"{root}.")}
            reached[name] = inner.union(*(reach(other, (*above, name)) for other in inner))
        return reached[name]

    for name in MODULES:
        if name.startswith(f"{root}."):
            reach(name, ())


def test_parts_of_components_form_no_cycles() -> None:
    parts: dict[str, set[str]] = {}
    for name, others in all_imports().items():
        if name.startswith("components.") and part(name) != SHIM:
            inner = {part(other) for other in others if other.startswith("components.")}
            parts.setdefault(part(name), set()).update(inner - {part(name)})
    finished: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, f"import cycle: {' → '.join([*above, name])}"
        if name not in finished:
            for other in parts.get(name, ()):
                visit(other, (*above, name))
            finished.add(name)

    for name in parts:
        visit(name, ())


def test_components_import_no_other_folder_of_the_project() -> None:
    others = {
        f"{name} imports {other}"
        for name, imported in all_imports().items()
        for other in imported
        if name.startswith("components.") and not other.startswith("components")
    }

    assert others == set()


def test_no_module_imports_from_a_test_module() -> None:
    found = [
        f"{name} imports {other}"
        for name, others in all_imports().items()
        for other in others
        if other.rpartition(".")[2].startswith("test_")
    ]

    assert found == []


def test_the_pattern_of_a_dns_label_is_defined_once() -> None:
    pattern = re.compile(r"\[a-z0-9\]\((\?:)?\[(-a-z0-9|a-z0-9-)\]\{0,61\}")
    found = [
        name for name, file in MODULES.items() if name.startswith("components.") and pattern.search(file.read_text())
    ]

    assert found == ["components.dns_label"]
