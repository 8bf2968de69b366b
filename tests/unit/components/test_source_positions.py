import sys
import traceback

import pytest

from components.source_positions import without_source_positions


def test_call_stack_is_hidden_only_inside_the_block() -> None:
    with without_source_positions():
        assert len(traceback.extract_stack()) == 1
    assert len(traceback.extract_stack()) > 1


def test_limit_of_tracebacks_is_restored_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "tracebacklimit", 7, raising=False)
    with pytest.raises(ValueError, match="wrong"), without_source_positions():
        raise ValueError("wrong")
    assert sys.tracebacklimit == 7
