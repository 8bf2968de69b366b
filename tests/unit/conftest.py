"""The event loop of every unit test."""

import asyncio
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def new_event_loop() -> Iterator[None]:
    """Set a new current loop, which Pulumi's mocks need: ``asyncio.run`` in an earlier test leaves none."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()
