"""Security rules that every workflow must keep."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

WORKFLOWS = sorted(Path(".github/workflows").glob("*.yml"))
ACTIONS = sorted(Path(".github/actions").glob("*/action.yml"))
PINNED = re.compile(r"uses: ([\w.-]+/[\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)")
SECRETS = re.compile(r"\$\{\{[^}]*\b(?:secrets\.|github\.token\b)")
UNTRUSTED = re.compile(r"\$\{\{[^}]*\b(?:github\.event|github\.head_ref|inputs|matrix|needs|steps)\b")

every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
every_file = pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=str)


def workflow(path: Path) -> dict[str, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(path.read_text())
    # YAML 1.1 reads the key `on` as true.
    return {"on" if key is True else key: value for key, value in loaded.items()}


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = workflow(path)["jobs"]
    return found


def steps(path: Path) -> Iterator[dict[str, Any]]:
    loaded = yaml.safe_load(path.read_text())
    for holder in loaded["jobs"].values() if "jobs" in loaded else [loaded["runs"]]:
        yield from holder["steps"]


def job(stem: str, name: str) -> dict[str, Any]:
    return jobs(Path(f".github/workflows/{stem}.yml"))[name]


def step(holder: dict[str, Any], name: str) -> dict[str, Any]:
    [found] = [each for each in holder["steps"] if each.get("name") == name]
    return dict(found)


def test_there_are_four_workflows() -> None:
    assert [path.stem for path in WORKFLOWS] == ["deploy", "drift", "previews", "pull-request"]


@every_file
def test_foreign_actions_are_pinned_by_commit(path: Path) -> None:
    used = [line.strip().removeprefix("- ") for line in path.read_text().splitlines() if "uses:" in line]

    assert [line for line in used if not PINNED.fullmatch(line) and not line.startswith("uses: ./.github/")] == []


def test_action_has_the_same_pin_in_all_files() -> None:
    pins: dict[str, set[tuple[str, str]]] = {}
    for path in [*WORKFLOWS, *ACTIONS]:
        for name, commit, version in PINNED.findall(path.read_text()):
            pins.setdefault(name, set()).add((commit, version))

    assert {name: found for name, found in pins.items() if len(found) > 1} == {}


@every_workflow
def test_only_the_comment_job_has_write_permission(path: Path) -> None:
    assert workflow(path)["permissions"] == {}
    for name, each in jobs(path).items():
        written = {scope for scope, access in each["permissions"].items() if access != "read"}
        assert written <= ({"pull-requests"} if name == "comment" else set()), name


@every_workflow
def test_no_trigger_gives_rights_to_foreign_code(path: Path) -> None:
    assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(workflow(path)["on"])


@every_file
def test_checkouts_do_not_keep_their_token(path: Path) -> None:
    checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]

    assert [step for step in checkouts if step["with"]["persist-credentials"] is not False] == []


@every_file
def test_commands_contain_no_secret_or_untrusted_value(path: Path) -> None:
    commands = [step["run"] for step in steps(path) if "run" in step]

    assert [command for command in commands if SECRETS.search(command) or UNTRUSTED.search(command)] == []


@every_workflow
def test_jobs_with_secrets_have_an_environment(path: Path) -> None:
    for name, each in jobs(path).items():
        used = re.findall(r"secrets\.\w+", yaml.safe_dump(each))
        assert not used or "environment" in each, name


@every_workflow
def test_jobs_have_a_timeout_and_a_fixed_system(path: Path) -> None:
    assert [name for name, each in jobs(path).items() if "timeout-minutes" not in each] == []
    assert {each["runs-on"] for each in jobs(path).values()} == {"ubuntu-24.04"}


@pytest.mark.parametrize("name", ["checks", "affected"])
def test_forks_get_the_checks_without_secrets(name: str) -> None:
    each = job("pull-request", name)

    assert "if" not in each
    assert "secrets." not in yaml.safe_dump(each)


def test_forks_get_no_preview() -> None:
    assert "github.event.pull_request.head.repo.full_name == github.repository" in job("pull-request", "preview")["if"]


def test_no_job_has_both_secrets_and_write_permission() -> None:
    comment, preview = job("pull-request", "comment"), job("pull-request", "preview")

    assert "secrets." not in yaml.safe_dump(comment)
    assert "environment" not in comment
    assert preview["permissions"] == {"contents": "read"}


@pytest.mark.parametrize(("stem", "name"), [("pull-request", "preview"), ("previews", "previews")])
def test_previews_have_no_cluster_and_directory_secrets(stem: str, name: str) -> None:
    text = yaml.safe_dump(job(stem, name))

    assert "FREEIPA" not in text
    assert "KUBECONFIG" not in text
    assert "PANGEO_CLUSTER_CHECK: warn" in text
    assert "PANGEO_DNS_CHECK: warn" in text


@pytest.mark.parametrize(
    ("stem", "name"), [("pull-request", "affected"), ("deploy", "affected"), ("drift", "tenancies")]
)
def test_credentials_in_stack_files_are_refused_unless_a_variable_allows_them(stem: str, name: str) -> None:
    [step] = [step for step in job(stem, name)["steps"] if "ci affected" in step.get("run", "")]

    assert step["env"]["PANGEO_STACK_SECRETS"] == "${{ vars.PANGEO_STACK_SECRETS }}"


def test_previews_of_pull_requests_are_compared_with_their_base() -> None:
    [checkout] = [step for step in job("pull-request", "preview")["steps"] if "checkout" in step.get("uses", "")]

    assert checkout["with"]["fetch-depth"] == 2
    assert "--base HEAD^1" in yaml.safe_dump(job("pull-request", "preview"))


def test_deployment_runs_all_checks_and_policies() -> None:
    up = job("deploy", "up")

    assert "PANGEO_CLUSTER_CHECK" not in yaml.safe_dump(up)
    assert "PANGEO_DNS_CHECK" not in yaml.safe_dump(up)
    assert "--policy-pack policies --policy-pack-config stacks/policies.json" in step(up, "Deploy")["run"]


def test_deployment_ends_with_its_verification() -> None:
    names = [each.get("name") for each in job("deploy", "up")["steps"]]

    assert names[-2:] == ["Deploy", "Verify"]
    verify = step(job("deploy", "up"), "Verify")
    assert "if" not in verify, "it runs only after a successful deployment, and its failure fails the job"
    assert "FREEIPA" not in yaml.safe_dump(verify), "it logs in as nobody"


@pytest.mark.parametrize(("given", "expected"), [(0, 0), (1, 1), (3, 0), (143, 143)])
def test_verification_is_in_the_summary_and_its_failure_fails_the_job(
    given: int, expected: int, tmp_path: Path
) -> None:
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\necho '✗  dask  of '$4' ```<b>'\nexit {given}\n")
    python.chmod(0o755)
    summary = tmp_path / "summary"
    environment = {"PATH": "/usr/bin:/bin", "STACK": "vis", "GITHUB_STEP_SUMMARY": str(summary)}
    words = ["bash", "-e", "-c", step(job("deploy", "up"), "Verify")["run"]]
    ran = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert ran.returncode == expected
    assert "✗  dask  of vis" in ran.stdout
    assert summary.read_text() == "### Verification of vis\n\n    ✗  dask  of vis ```<b>\n"
    assert ("::notice::" in ran.stdout) is (given == 3)


def test_deployments_of_a_tenancy_are_never_concurrent() -> None:
    assert job("deploy", "up")["concurrency"] == {"group": "tenancy-${{ matrix.stack }}", "cancel-in-progress": False}
    assert "concurrency" not in workflow(Path(".github/workflows/deploy.yml"))


def test_only_deployments_wait_in_their_group() -> None:
    """GitHub keeps only the newest waiting job of a group, so another job could replace a waiting deployment."""
    groups = [
        each["concurrency"]["group"]
        for path in WORKFLOWS
        for name, each in jobs(path).items()
        if "concurrency" in each and name != "up"
    ]

    assert [group for group in groups if group.startswith("tenancy-")] == []


def test_deployment_takes_the_present_main() -> None:
    [checkout] = [step for step in job("deploy", "up")["steps"] if "checkout" in step.get("uses", "")]

    assert checkout["with"]["ref"] == "main"
    assert workflow(Path(".github/workflows/deploy.yml"))["on"]["push"]["branches"] == ["main"]


@pytest.mark.parametrize(("stem", "name"), [("pull-request", "preview"), ("deploy", "up"), ("drift", "drift")])
def test_failure_of_a_tenancy_does_not_stop_others(stem: str, name: str) -> None:
    assert job(stem, name)["strategy"]["fail-fast"] is False


def test_all_passphrases_are_used_only_in_manual_runs() -> None:
    assert set(workflow(Path(".github/workflows/previews.yml"))["on"]) == {"workflow_dispatch"}
    assert [path.stem for path in WORKFLOWS if "PULUMI_CONFIG_PASSPHRASES" in path.read_text()] == ["previews"]


def test_command_of_the_previews_workflow_is_valid(tmp_path: Path) -> None:
    """The command runs until it finds that the official CLI is missing."""
    [step] = [step for step in job("previews", "previews")["steps"] if "run" in step]
    for stacks, message in {"": "not on PATH", "climate ocean": "not on PATH", "viz": "there is no stack viz"}.items():
        environment = {
            "PATH": "/usr/bin:/bin",
            "PASSPHRASES": str(tmp_path),
            "STACKS": stacks,
            "GITHUB_SHA": "0" * 40,
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        }
        command = step["run"].replace(".venv/bin/python", sys.executable)
        ran = subprocess.run(["bash", "-e", "-c", command], env=environment, capture_output=True, text=True, timeout=60)
        assert ran.returncode != 0
        assert message in ran.stderr


def passphrases(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The result of the action's script for this secret."""
    action = yaml.safe_load(Path(".github/actions/passphrases/action.yml").read_text())
    environment = {
        "PATH": "/usr/bin:/bin",
        "TEXT": text,
        "RUNNER_TEMP": str(folder),
        "GITHUB_OUTPUT": str(folder / "output"),
    }
    words = ["bash", "-e", "-o", "pipefail", "-c", action["runs"]["steps"][0]["run"]]
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=30, check=False)


def test_passphrases_are_in_private_files_and_masked(tmp_path: Path) -> None:
    ran = passphrases("vis correct horse\n\nocean  $(id) 'x\n", tmp_path)

    assert ran.returncode == 0, ran.stderr
    folder = Path((tmp_path / "output").read_text().strip().removeprefix("folder="))
    assert {file.name: file.read_text() for file in folder.iterdir()} == {
        "vis": "correct horse",
        "ocean": "$(id) 'x",
    }
    assert {path.stat().st_mode & 0o077 for path in [folder, *folder.iterdir()]} == {0}
    assert ran.stdout.splitlines() == ["::add-mask::correct horse", "::add-mask::$(id) 'x"]


def test_missing_secret_gives_an_empty_folder(tmp_path: Path) -> None:
    assert passphrases("", tmp_path).returncode == 0
    assert list(Path((tmp_path / "output").read_text().strip().removeprefix("folder=")).iterdir()) == []


@pytest.mark.parametrize("line", ["vis", "../vis phrase", "a/b phrase", ". phrase", ".. phrase"])
def test_malformed_passphrase_line_is_refused_and_hidden(line: str, tmp_path: Path) -> None:
    ran = passphrases(f"{line}\n", tmp_path)

    assert ran.returncode == 1
    assert "has a line that is not a stack's name, a space and a passphrase" in ran.stdout
    assert line not in ran.stdout


def test_drift_is_checked_every_night() -> None:
    assert len(workflow(Path(".github/workflows/drift.yml"))["on"]["schedule"]) == 1
    assert '-m ci preview "$STACK" --drift' in yaml.safe_dump(job("drift", "drift"))
