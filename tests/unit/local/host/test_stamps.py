"""A finished step runs again only if its inputs changed."""

from pathlib import Path

import pytest

from local.host.stamps import digest, is_done, mark_done
from local.paths import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path)


def test_step_is_done_once_it_is_recorded(state: State) -> None:
    assert not is_done(state, "hub", "made-from")
    mark_done(state, "hub", "made-from")
    assert is_done(state, "hub", "made-from")


def test_changed_input_makes_the_step_due(state: State) -> None:
    mark_done(state, "hub", "made-from")
    assert not is_done(state, "hub", "something-else")


def test_digest_depends_on_content_and_name(tmp_path: Path) -> None:
    folder = tmp_path / "definition"
    folder.mkdir()
    (folder / "a").write_text("1")
    first = digest(files=[folder])
    (folder / "a").write_text("2")
    second = digest(files=[folder])
    (folder / "a").rename(folder / "b")

    assert len({first, second, digest(files=[folder])}) == 3


def test_digest_separates_its_inputs() -> None:
    assert digest(texts=["ab", "c"]) != digest(texts=["a", "bc"])
