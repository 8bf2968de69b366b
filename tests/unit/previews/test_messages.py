"""Programs in a warm process tell their engines what an operator is to read, and nothing of the SDK's own doings."""

from typing import Any

import pulumi
import pytest
from pulumi.runtime import settings

from previews.messages import without_debug_messages


class Engine:
    """Hears what it is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def Log(self, request: Any) -> None:  # noqa: N802 - as gRPC has it
        self.heard.append(request.message)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine()
    monkeypatch.setattr(settings, "get_engine", lambda: engine)
    return engine


def test_an_engine_hears_warnings_and_no_debug_messages(engine: Engine) -> None:
    with without_debug_messages():
        pulumi.log.debug("about to register")
        pulumi.log.info("6 notebooks fit")
        pulumi.log.warn("one worker too few")
        pulumi.log.error("no such group")

    assert engine.heard == ["6 notebooks fit", "one worker too few", "no such group"]


def test_after_it_debug_messages_are_told_again(engine: Engine) -> None:
    with pytest.raises(ValueError, match="of the block's own"), without_debug_messages():
        raise ValueError("of the block's own")
    pulumi.log.debug("about to register")

    assert engine.heard == ["about to register"]
