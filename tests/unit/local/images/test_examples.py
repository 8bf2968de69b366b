"""The run of the example notebooks in the Pangeo image, with buildah replaced."""

from pathlib import Path
from typing import Any

import pytest

from local.failure import Failure
from local.images import examples
from local.images.definitions import PANGEO
from local.paths import State
from local.progress import Report

RESULTS = "iris-cubes: pictures: 2, interactive plots: 0 (8 s)\nexit code 0\n"


class Runs:
    """Takes the place of ``run`` and ``clean_up``; the program in the image writes its results to the log."""

    def __init__(self, failure: Failure | None = None) -> None:
        self.commands: list[list[str]] = []
        self.failure = failure

    def run(self, command: list[str | Path], *, log: Path, **_: Any) -> None:
        self.commands.append([str(word) for word in command])
        if "run" in self.commands[-1]:
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text(RESULTS)
            if self.failure:
                raise self.failure

    def clean_up(self, _: State) -> None:
        self.commands.append(["clean up"])


def run_examples(monkeypatch: pytest.MonkeyPatch, folder: Path, runs: Runs) -> None:
    monkeypatch.setattr(examples, "run", runs.run)
    monkeypatch.setattr(examples, "clean_up", runs.clean_up)
    examples.run_examples(State(folder), Report())


def test_the_notebooks_run_in_a_new_container_without_a_network(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = Runs()

    run_examples(monkeypatch, tmp_path, runs)

    before, container, program, after = runs.commands
    assert before == after == ["clean up"]
    assert container[-1] == PANGEO.reference
    assert program[:2] == ["unshare", "--net"]
    assert program[-3:] == ["python", "/opt/run_examples.py", "/opt/examples"]
    assert "iris-cubes: pictures: 2" in capsys.readouterr().out
    assert (PANGEO.folder / "run_examples.py").is_file()


def test_a_failed_notebook_is_a_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    runs = Runs(Failure("a notebook failed", fix="read the log"))

    with pytest.raises(Failure, match="a notebook failed"):
        run_examples(monkeypatch, tmp_path, runs)
