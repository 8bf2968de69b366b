"""The table in a folder whose stack files are all invalid, so that no server is contacted."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from components.cli.app import app

NAMES = ["ant", "bee", "cat"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stacks").mkdir()
    for name in reversed(NAMES):
        (tmp_path / "stacks" / f"Pulumi.{name}.yaml").write_text("config: {pangeo:clusterName: 1}")
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["status", *words])


def test_every_stack_file_has_a_row_in_stable_order() -> None:
    done = run()

    assert done.exit_code == 1
    rows = [line.split()[0] for line in done.stdout.splitlines() if line.partition(" ")[0] in NAMES]
    assert rows == NAMES
    problems = [line for line in done.stdout.splitlines() if ": stack file: stacks/Pulumi." in line]
    assert [line.split(":")[0] for line in problems] == NAMES, "a line for each, which only the terminal folds"
    assert all("clusterName" in line and "notebookCpus" in line for line in problems)
    assert "3 stacks, 3 with a problem; python -m components status ant shows what to do" in done.stdout
    assert "3/3" in done.stderr, "the progress"


def test_json_has_the_same_rows_and_the_exit_code() -> None:
    done = run("--all", "--json")
    found = json.loads(done.stdout)

    assert [each["stack"] for each in found["tenancies"]] == NAMES
    assert found["exitCode"] == done.exit_code == 1


def test_only_stack_has_its_detailed_status_unless_all_are_wanted(folder: Path) -> None:
    for name in NAMES[1:]:
        (folder / "stacks" / f"Pulumi.{name}.yaml").unlink()

    assert "with a problem" not in run().output
    assert "1 stack, 1 with a problem" in run("--all").output


def test_all_with_a_name_is_refused() -> None:
    assert run("ant", "--all").exit_code == 2
    assert run("--concurrency", "0").exit_code == 2


@pytest.mark.parametrize("seconds", ["0", "nan", "inf", "1e12"])
def test_time_limit_that_no_clock_can_reach_is_refused(seconds: str) -> None:
    assert run("--timeout", seconds).exit_code == 2
