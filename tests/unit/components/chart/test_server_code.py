"""The code in users' servers, as chart values."""

import ast
import json
import re
from pathlib import Path

from components.chart.code_text import without_prose
from components.chart.server_code import FILES, FOLDER, SERVER_COMMAND, SOURCE, server_code, server_settings
from components.chart.values import chart_values
from components.in_server.pangeo_server.settings import read_settings
from tests.support.tenancies import tenancy

OLDEST_PYTHON = (3, 9)


def mounted() -> dict[str, str]:
    return {file["mountPath"]: file["stringData"] for file in server_code(tenancy())["extraFiles"].values()}


def test_files_are_mounted_under_their_own_names_without_comments() -> None:
    files = mounted()
    for path in FILES:
        text = (SOURCE / path).read_text()
        assert files.pop(f"{FOLDER}/{path}") == (without_prose(text) if path.endswith(".py") else text)
    assert set(files) == {
        f"{FOLDER}/pangeo_server/settings.json",
        f"{FOLDER}/config/jupyter_server_config.d/pangeo_server.json",
    }


def test_all_modules_pages_and_extensions_are_mounted() -> None:
    kinds = (".py", ".html", ".js", ".json")
    here = {str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*") if path.suffix in kinds}
    assert here == {*FILES, "__init__.py"}


def test_mounted_files_have_valid_keys_and_are_not_empty() -> None:
    for key, file in server_code(tenancy())["extraFiles"].items():
        assert re.fullmatch(r"[-._a-zA-Z0-9]+", key)
        assert file["stringData"].strip()


def test_modules_run_with_the_oldest_supported_python() -> None:
    for path in FILES:
        if path.endswith(".py"):
            ast.parse((SOURCE / path).read_text(), feature_version=OLDEST_PYTHON)


def test_modules_import_nothing_of_this_project_but_their_neighbours() -> None:
    for path in FILES:
        if path.endswith(".py"):
            text = (SOURCE / path).read_text()
            assert not re.search(r"^\s*(from|import) components", text, re.MULTILINE), path


def test_extension_reads_the_settings_of_the_tenancy(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text(mounted()[f"{FOLDER}/pangeo_server/settings.json"])
    assert read_settings(file) == server_settings(tenancy())


def test_server_loads_the_extension() -> None:
    text = mounted()[f"{FOLDER}/config/jupyter_server_config.d/pangeo_server.json"]
    assert json.loads(text) == {"ServerApp": {"jpserver_extensions": {"pangeo_server": True}}}


def test_command_has_nothing_that_kubespawner_or_kubernetes_would_expand() -> None:
    for word in SERVER_COMMAND:
        assert "{" not in word
        assert "$(" not in word


def test_every_server_has_the_command_and_the_files() -> None:
    values = chart_values(tenancy())["jupyterhub"]["singleuser"]
    assert {key: values[key] for key in ("cmd", "extraFiles")} == server_code(tenancy())
