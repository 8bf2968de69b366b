"""The Python modules that are mounted into the hub's pod."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from components.chart.code_text import without_prose
from components.chart.mounted_code import (
    COMPONENTS,
    HUB_FOLDER,
    METRICS_MODULES,
    MODULES,
    PAGE_MODULES,
    TEMPLATES,
    hub_code,
)


def list_imports(source: str) -> Iterator[str]:
    """Names of the modules that ``source`` imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield str(node.module)
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_modules_are_mounted_under_their_own_names_without_comments() -> None:
    mounted = {file["mountPath"]: file["stringData"] for file in hub_code()["extraFiles"].values()}

    for path in MODULES:
        assert mounted.pop(f"{HUB_FOLDER}/components/{path}") == without_prose((COMPONENTS / path).read_text())
    assert mounted == {f"{HUB_FOLDER}/components/{path}": (COMPONENTS / path).read_text() for path in TEMPLATES}


def test_all_modules_of_in_hub_are_mounted() -> None:
    files = (path for path in (COMPONENTS / "in_hub").rglob("*") if path.suffix in (".py", ".html"))
    here = {str(path.relative_to(COMPONENTS)) for path in files}

    every = (*MODULES, *METRICS_MODULES, *PAGE_MODULES, *TEMPLATES)
    assert here == {file for file in every if file.startswith("in_hub/")}


def test_imports_of_mounted_modules_are_mounted() -> None:
    further = {**dict.fromkeys(METRICS_MODULES, METRICS_MODULES), **dict.fromkeys(PAGE_MODULES, PAGE_MODULES)}
    for module in (each for each in (*MODULES, *further) if each.endswith(".py")):
        available = (*MODULES, *further.get(module, ()))
        for name in list_imports((COMPONENTS / module).read_text()):
            file = COMPONENTS.parent / f"{name.replace('.', '/')}.py"
            if name.startswith("components.") and file.exists():
                assert str(file.relative_to(COMPONENTS)) in available, f"{module} imports {name}"


def test_mounted_modules_are_of_few_packages() -> None:
    packages = {PurePosixPath(module).parts[0] for module in MODULES}
    assert packages == {"in_hub", "freeipa", "deadline.py", "dns_label.py", "escape.py", "folder_names.py", "tls.py"}


def test_mounted_files_have_valid_keys_and_are_not_empty() -> None:
    for key, file in hub_code()["extraFiles"].items():
        assert re.fullmatch(r"[-._a-zA-Z0-9]+", key)
        assert file["stringData"]


def test_hub_configuration_calls_the_entry_point() -> None:
    [code] = hub_code()["extraConfig"].values()

    compile(code, "pangeo", "exec")
    assert "configure(c)" in code
