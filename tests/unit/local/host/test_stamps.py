"""A finished step is not done again, and is done again when what it is made from changed."""

from pathlib import Path

import pytest

from local.host.stamps import digest, is_done, mark_done
from local.paths import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path)


def test_a_step_is_done_only_after_it_was_marked(state: State) -> None:
    assert not is_done(state, "hub", "made-from")
    mark_done(state, "hub", "made-from")
    assert is_done(state, "hub", "made-from")


def test_a_changed_input_makes_the_step_due_again(state: State) -> None:
    mark_done(state, "hub", "made-from")
    assert not is_done(state, "hub", "something-else")


def test_the_digest_changes_with_content_and_with_name(tmp_path: Path) -> None:
    folder = tmp_path / "definition"
    folder.mkdir()
    (folder / "a").write_text("1")
    first = digest(files=[folder])
    (folder / "a").write_text("2")
    second = digest(files=[folder])
    (folder / "a").rename(folder / "b")

    assert len({first, second, digest(files=[folder])}) == 3


def test_text_cannot_move_between_two_inputs_unnoticed() -> None:
    assert digest(texts=["ab", "c"]) != digest(texts=["a", "bc"])
