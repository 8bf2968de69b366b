"""The workflows checked by actionlint, whose version is pinned in local/tools."""

import subprocess
from pathlib import Path

import pytest

from tests.support.tools import link_tools

pytestmark = pytest.mark.engine

BROKEN = """\
on: pull_request
jobs:
  a:
    runs-on: ubuntu-24.04
    needs: missing
    steps:
      - run: echo "${{ github.event.pull_request.title }}"
"""


@pytest.fixture(scope="module")
def actionlint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return link_tools(tmp_path_factory.mktemp("actionlint") / "bin", ["actionlint"]) / "actionlint"


def lint(actionlint: Path, *files: Path) -> tuple[int, str]:
    # Without shellcheck and pyflakes, which only some machines have.
    words = [str(each) for each in (actionlint, "-no-color", "-shellcheck=", "-pyflakes=", *files)]
    finished = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return finished.returncode, finished.stdout


def test_actionlint_finds_no_error_in_the_workflows(actionlint: Path) -> None:
    assert lint(actionlint, *sorted(Path(".github/workflows").glob("*.yml"))) == (0, "")


def test_actionlint_finds_errors_in_a_broken_workflow(actionlint: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.yml").write_text(BROKEN)
    code, output = lint(actionlint, tmp_path / "broken.yml")

    assert code == 1
    assert 'needs job "missing" which does not exist' in output
    assert "is potentially untrusted" in output
