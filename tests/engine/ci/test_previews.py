"""``python -m ci previews`` with real engines, the project's program and policies, and several stacks at once."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ci.__main__ import main
from components.config.stack_file import stack_path
from local.paths import PROJECT
from tests.engine.ci.checkout import pulumi

pytestmark = pytest.mark.engine

SOUND = {"clusterName": "calm", "externalIp": "192.0.2.41", "notebookRamGb": 3}
UNAPPROVED = {"clusterName": "open", "externalIp": "192.0.2.42", "storage": {"className": "unapproved"}}
UNFIT = {"clusterName": "unfit", "externalIp": "192.0.2.43", "notebookRamGb": "2Gi"}
STACKS: dict[str, dict[str, Any]] = {
    "calm": SOUND,
    "open": UNAPPROVED,
    "unfit": UNFIT,
    "broken": SOUND,
    "closed": SOUND,
}
PHRASES = {name: f"the passphrase of {name}" for name in STACKS}


def write(project: Path, name: str, changes: dict[str, Any]) -> None:
    document = yaml.safe_load((PROJECT / "stacks" / "Pulumi.ocean.yaml").read_text())
    config = {**document["config"], **{f"pangeo:{key}": value for key, value in changes.items()}}
    stack_path(name, project / "stacks").write_text(yaml.safe_dump({"config": config}))


@pytest.fixture
def passphrases(project: Path, tmp_path: Path) -> Path:
    """One stack is correct, one violates a policy, one is new, and the others fail for different reasons."""
    (project / "policies").symlink_to(PROJECT / "policies")
    (project / "stacks" / "policies.json").symlink_to(PROJECT / "stacks" / "policies.json")
    folder = tmp_path / "passphrases"
    folder.mkdir()
    for name, changes in STACKS.items():
        write(project, name, changes)
        pulumi("stack", "init", name, "--no-select", PULUMI_CONFIG_PASSPHRASE=PHRASES[name])
        (folder / name).write_text(f"{PHRASES[name]}\n")
    (project / "stacks" / "Pulumi.broken.yaml").write_text("config: [\n")
    (folder / "closed").unlink()
    write(project, "unmade", SOUND)
    return folder


def test_every_stack_is_reported_despite_failures(
    project: Path, passphrases: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = {file.name: file.read_bytes() for file in (project / "stacks").iterdir()}
    words = ["--passphrases", str(passphrases), "--summary", str(tmp_path / "table.md"), "--markdown", "summaries"]

    code = main(["previews", *words])

    shown = "".join(capfd.readouterr())
    summaries = {file.stem: file.read_text() for file in (project / "summaries").iterdir()}
    assert code == 1, shown
    assert sorted(summaries) == ["broken", "calm", "closed", "open", "unfit", "unmade"]
    assert "+ create <code>kubernetes:helm.sh/v3:Release pangeo</code>" in summaries["calm"], shown
    assert "**Policies** `pangeo-tenancy " in summaries["calm"]
    assert "mandatory" not in summaries["calm"]
    assert "calm_notebook_users" in summaries["calm"]
    assert "open_notebook_users" not in summaries["calm"]
    assert "open_notebook_users" in summaries["open"]
    assert "**mandatory** `retained-expandable-volumes`" in summaries["open"]
    assert "pangeo:notebookRamGb" in summaries["unfit"]
    assert "invalid YAML file: yaml: line 1" in summaries["broken"]
    assert "the stack closed has a passphrase" in summaries["closed"]
    assert "The backend has no stack unmade yet" in summaries["unmade"]
    assert "mandatory" not in summaries["unmade"]
    results = dict(
        re.findall(r"^\| `(\w+)` \|.*\| `*\s?(\w+)[^|]*\|$", (tmp_path / "table.md").read_text(), re.MULTILINE)
    )
    assert results == {
        "broken": "failed",
        "calm": "changes",
        "closed": "failed",
        "open": "refused",
        "unfit": "failed",
        "unmade": "changes",
    }
    assert "Traceback" not in shown
    assert not any(phrase in text for phrase in PHRASES.values() for text in (shown, *summaries.values()))
    assert before == {file.name: file.read_bytes() for file in (project / "stacks").iterdir()}
