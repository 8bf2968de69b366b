"""A run says at its end why tests were skipped; a suite of several runs, what failed in any of them."""

from pathlib import Path

from tests.support.nested_pytest import inner_run

A_RUN = """
import pytest

def test_good():
    assert True

def test_wrong():
    assert 1 == 2, "one is not two"

@pytest.fixture
def broken():
    raise OSError("no directory server")

def test_without_what_it_needs(broken):
    pass

@pytest.mark.parametrize("user", ["alice", "bob", "carol"])
def test_with_what_is_not_here(user):
    pytest.skip("no charts in this folder")

@pytest.mark.parametrize("user", ["alice", "bob"])
def test_with_what_is_not_there(user):
    pytest.skip("no charts in this folder")
"""


def test_why_tests_were_skipped_is_one_line_however_many_they_are(tmp_path: Path) -> None:
    said = inner_run(tmp_path, A_RUN).stdout.splitlines()
    assert [line for line in said if "no charts in this folder" in line] == ["5 skipped: no charts in this folder"]


def test_what_failed_and_why_is_added_to_the_file_and_what_passed_is_not(tmp_path: Path) -> None:
    failures = tmp_path / "logs" / "failures.txt"
    for _ in ("one run", "and another"):
        inner_run(tmp_path, A_RUN, f"--failures-to={failures}")
    said = failures.read_text()
    assert said.count("FAILED test_a_run.py::test_wrong (call)") == 2
    assert "one is not two" in said
    assert said.count("ERROR test_a_run.py::test_without_what_it_needs (setup)") == 2
    assert "no directory server" in said
    assert "test_good" not in said
