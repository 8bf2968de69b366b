"""The workflows by actionlint's own judgement; its module is pinned in local/tools."""

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
    needs: nobody
    steps:
      - run: echo "${{ github.event.pull_request.title }}"
"""


@pytest.fixture(scope="module")
def actionlint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return link_tools(tmp_path_factory.mktemp("actionlint") / "bin", ["actionlint"]) / "actionlint"


def lint(actionlint: Path, *files: Path) -> tuple[int, str]:
    # Without the two programs that it would run where a machine happens to have them.
    words = [str(each) for each in (actionlint, "-no-color", "-shellcheck=", "-pyflakes=", *files)]
    asked = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return asked.returncode, asked.stdout


def test_every_workflow_is_well_formed(actionlint: Path) -> None:
    assert lint(actionlint, *sorted(Path(".github/workflows").glob("*.yml"))) == (0, "")


def test_a_workflow_that_is_not_is_found(actionlint: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.yml").write_text(BROKEN)
    code, said = lint(actionlint, tmp_path / "broken.yml")

    assert code == 1
    assert 'needs job "nobody" which does not exist' in said
    assert "is potentially untrusted" in said
