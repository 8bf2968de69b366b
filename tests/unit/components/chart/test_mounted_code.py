"""The Python that runs inside the hub, as values of its chart."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from components.chart.mounted_code import COMPONENTS, HUB_FOLDER, MODULES, hub_code


def imported(source: str) -> Iterator[str]:
    """The modules of ours that ``source`` imports, as files."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield str(node.module)
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_every_module_is_mounted_as_it_is_under_its_own_name() -> None:
    files = hub_code()["extraFiles"].values()

    assert {file["mountPath"]: file["stringData"] for file in files} == {
        f"{HUB_FOLDER}/components/{module}": (COMPONENTS / module).read_text() for module in MODULES
    }


def test_the_whole_room_is_mounted() -> None:
    here = {f"in_hub/{path.name}" for path in (COMPONENTS / "in_hub").glob("*.py")}

    assert here == {module for module in MODULES if module.startswith("in_hub/")}


def test_what_a_mounted_module_imports_of_ours_is_mounted_too() -> None:
    for module in MODULES:
        for name in imported((COMPONENTS / module).read_text()):
            file = COMPONENTS.parent / f"{name.replace('.', '/')}.py"
            if name.startswith("components.") and file.exists():
                assert str(file.relative_to(COMPONENTS)) in MODULES, f"{module} imports {name}"


def test_nothing_of_ours_but_these_rooms_is_needed_in_the_hub() -> None:
    rooms = {PurePosixPath(module).parts[0] for module in MODULES}
    assert rooms == {"in_hub", "freeipa", "deadline.py", "escape.py"}


def test_the_keys_can_be_keys_of_a_kubernetes_secret_and_no_file_is_empty() -> None:
    for key, file in hub_code()["extraFiles"].items():
        assert re.fullmatch(r"[-._a-zA-Z0-9]+", key)
        assert file["stringData"]


def test_the_hubs_configuration_calls_the_door() -> None:
    [code] = hub_code()["extraConfig"].values()

    compile(code, "pangeo", "exec")
    assert "configure(c)" in code
