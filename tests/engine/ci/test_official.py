"""``python -m ci preview`` as CI runs it: the ``pulumi`` of PATH, a back-end, a passphrase, a language host."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ci.__main__ import main
from local.charts.assemble import assemble
from local.paths import PROJECT, State
from local.plugins.choose import prepared
from tests.engine.ci.language_host import launcher

pytestmark = pytest.mark.engine


@pytest.fixture
def project(tmp_path: Path, tools: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout, the CLI's programs on PATH, and an empty back-end."""
    folder = tmp_path / "project"
    (folder / "stacks").mkdir(parents=True)
    for name in ("Pulumi.yaml", "__main__.py", "components"):
        (folder / name).symlink_to(PROJECT / name)
    (folder / "chart").symlink_to(assemble(State()))
    plugins = prepared(tmp_path / "plugins", tmp_path / "home", Path(sys.executable), os.environ["PATH"])
    host = launcher(tmp_path / "host")
    (tmp_path / "backend").mkdir()
    variables = {
        "PATH": os.pathsep.join([str(host), str(plugins), str(tools), os.environ["PATH"]]),
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": (tmp_path / "backend").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "only for this test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_PYTHON_CMD": sys.executable,
        "PYTHONPATH": str(PROJECT),
        "KUBECONFIG": "no-cluster",
        "PANGEO_DNS_CHECK": "warn",
        "PANGEO_CLUSTER_CHECK": "warn",
    }
    for key, value in variables.items():
        monkeypatch.setenv(key, value)
    monkeypatch.chdir(folder)
    return folder


def pulumi(*words: str) -> str:
    asked = subprocess.run(["pulumi", *words, "--non-interactive"], capture_output=True, text=True, timeout=60)
    assert asked.returncode == 0, asked.stderr
    return asked.stdout.strip()


def test_a_stack_new_to_the_back_end_is_previewed_against_an_empty_one_and_nothing_stays_behind(
    project: Path, tmp_path: Path
) -> None:
    stack_file = project / "stacks" / "Pulumi.ocean.yaml"
    document = yaml.safe_load((PROJECT / "stacks" / "Pulumi.ocean.yaml").read_text())
    stack_file.write_text(yaml.safe_dump({"config": document["config"]}))
    as_written = stack_file.read_bytes()

    code = main(["preview", "ocean", "--markdown", str(tmp_path / "preview.md"), "--commit", "0123456789abcdef"])
    text = (tmp_path / "preview.md").read_text()

    assert code == 0, text
    assert "### Preview of `ocean` at `0123456789ab`" in text
    assert "+ create <code>kubernetes:helm.sh/v3:Release pangeo</code>" in text
    assert "The back-end has no stack ocean yet" in text
    assert stack_file.read_bytes() == as_written
    assert [*(tmp_path / "backend").rglob("*ocean*")] == []
    assert '"stack"' not in "".join(file.read_text() for file in (tmp_path / "home" / "workspaces").glob("*.json"))


def test_a_wrong_passphrase_is_a_sentence_that_names_stack_and_back_end(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(PROJECT / "stacks" / "Pulumi.ocean.yaml", project / "stacks")
    pulumi("stack", "init", "chosen")

    assert main(["preview", "ocean"]) == 1
    said = capsys.readouterr().err

    assert said.startswith("the stack ocean could not be opened in file://")
    assert "incorrect passphrase" in said
    assert "Traceback" not in said
    assert "only for this test" not in said
    assert pulumi("stack", "--show-name") == "chosen", "the operator's own choice of stack is kept"
