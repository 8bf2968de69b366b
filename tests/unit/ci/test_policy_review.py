"""The sentences about policies for the reviewer of a pull request."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ci.policy_review import KNOWN, Review, describe_edits, review_policies
from ci.revisions import Change

DISABLED = "log-in-by-group is disabled (default: mandatory, before this change: mandatory)"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone whose commit has a setting of the organisation."""
    for key, value in {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}.items():
        monkeypatch.setenv(key, value)
    git(tmp_path, "init", "--quiet")
    (tmp_path / "policies" / "rules").mkdir(parents=True)
    (tmp_path / "policies" / "rules" / "identity.py").write_text("")
    write(tmp_path, {"guaranteed-resources": {"mostCpus": 8}})
    return tmp_path


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=folder, check=True)


def write(project: Path, settings: Any) -> None:
    """Commit these settings of policies."""
    (project / "stacks").mkdir(exist_ok=True)
    (project / "stacks" / "policies.json").write_text(settings if isinstance(settings, str) else json.dumps(settings))
    commit(project)


def commit(project: Path) -> None:
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--allow-empty", "--message", "a")


def test_a_disabled_policy_and_changed_settings_are_named_with_the_base(project: Path) -> None:
    write(project, {"log-in-by-group": "disabled", "guaranteed-resources": {"mostCpus": 32}})
    assert set(review_policies(project, "HEAD^").sentences) == {
        DISABLED,
        f"guaranteed-resources: mostCpus is 32 (default: {KNOWN['guaranteed-resources'].settings['mostCpus']}, "
        "before this change: 8)",
    }


def test_a_deleted_file_is_a_change_of_its_settings(project: Path) -> None:
    (project / "stacks" / "policies.json").unlink()
    commit(project)
    (sentence,) = review_policies(project, "HEAD^").sentences
    assert sentence.startswith("guaranteed-resources: mostCpus is ")
    assert sentence.endswith("before this change: 8)")


def test_a_new_file_is_compared_with_the_defaults(project: Path) -> None:
    (project / "stacks" / "policies.json").unlink()
    commit(project)
    write(project, {"log-in-by-group": "disabled"})
    assert review_policies(project, "HEAD^").sentences == (DISABLED,)


def test_an_unchanged_file_has_no_sentences(project: Path) -> None:
    commit(project)
    assert review_policies(project, "HEAD^") == Review()


def test_a_misspelt_name_is_an_error(project: Path) -> None:
    write(project, {"log-in-by-grup": "mandatory"})
    (error,) = review_policies(project, "HEAD^").errors
    assert error.startswith("stacks/policies.json:  log-in-by-grup")
    assert "did you mean log-in-by-group?" in error


def test_edited_rules_are_named(project: Path) -> None:
    (project / "policies" / "rules" / "identity.py").write_text("RULES = ()")
    commit(project)
    assert review_policies(project, "HEAD^").sentences == (
        "this change edits the policies themselves: policies/rules/identity.py",
    )


def test_edits_of_the_review_itself_are_named() -> None:
    paths = [f"ci/output/{number}.py" for number in range(7)] + [".github/workflows/deploy.yml", "docs/ci.md", "cix/a"]
    assert list(describe_edits([Change(path) for path in paths])) == [
        "this change edits the program that makes this preview: ci/output/0.py, ci/output/1.py, ci/output/2.py, "
        "ci/output/3.py, ci/output/4.py and 2 more",
        "this change edits the workflows, which run the previews and pass on the policies: "
        ".github/workflows/deploy.yml",
    ]


@pytest.mark.parametrize("base", ["nope", "--output=/x"])
def test_an_unknown_base_is_told(project: Path, base: str) -> None:
    write(project, {"log-in-by-group": "disabled"})
    unknown, disabled = review_policies(project, base).sentences
    assert unknown.startswith(f"the policies could not be compared with {base}: git diff")
    assert disabled == "log-in-by-group is disabled (default: mandatory)"


def test_an_invalid_base_is_told(project: Path) -> None:
    write(project, "{")
    write(project, {"log-in-by-group": "disabled"})
    assert review_policies(project, "HEAD^").sentences == (
        "stacks/policies.json at HEAD^ is not valid, so the settings are compared with the defaults",
        "log-in-by-group is disabled (default: mandatory)",
    )
