"""``python -m ci preview --base`` of a commit that changes the policies, with the engine and the project's pack."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from ci.__main__ import main
from local.paths import PROJECT

pytestmark = pytest.mark.engine

SETTINGS = json.loads((PROJECT / "stacks" / "policies.json").read_text())


@pytest.fixture
def repository(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a commit; the organisation's settings are those of this repository."""
    for key in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(key, "/dev/null")
    document = yaml.safe_load((PROJECT / "stacks" / "Pulumi.ocean.yaml").read_text())
    (project / "stacks" / "Pulumi.ocean.yaml").write_text(yaml.safe_dump({"config": document["config"]}))
    (project / "policies").symlink_to(PROJECT / "policies")
    git("init", "--quiet")
    commit(SETTINGS)
    return project


def git(*words: str) -> None:
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], check=True)


def commit(settings: dict[str, object]) -> None:
    Path("stacks", "policies.json").write_text(json.dumps(settings))
    git("add", "--all")
    git("commit", "--quiet", "--message", "a")


def preview(folder: Path) -> tuple[int, str]:
    code = main(["preview", "ocean", "--base", "HEAD^", "--markdown", str(folder / "preview.md")])
    return code, (folder / "preview.md").read_text()


def test_a_disabled_critical_policy_is_in_the_summary(repository: Path, tmp_path: Path) -> None:
    commit({**SETTINGS, "log-in-by-group": "disabled", "guaranteed-resources": {"mostCpus": 512}})
    code, text = preview(tmp_path)

    assert code == 0, text
    assert "**Policies** `pangeo-tenancy " in text
    assert "- `log-in-by-group is disabled (default: mandatory, before this change: mandatory)`\n" in text
    assert "- `guaranteed-resources: mostCpus is 512 (default: 64, before this change: 64)`\n" in text


def test_a_misspelt_policy_is_refused_before_the_engine_ignores_it(repository: Path, tmp_path: Path) -> None:
    commit({**SETTINGS, "log-in-by-grup": "disabled"})
    code, text = preview(tmp_path)

    assert code == 1
    assert "is not the name of a policy, and would be ignored; did you mean log-in-by-group?" in text
