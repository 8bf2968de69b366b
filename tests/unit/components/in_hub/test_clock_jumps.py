"""The watch for jumps of the hub's clock, with a clock of numbers."""

import asyncio
from collections.abc import Sequence

import pytest

from components.in_hub.clock_jumps import watch_clock


class Stop(Exception):
    """The clock has no further times."""


@pytest.mark.parametrize(
    ("times", "jumps"),
    [
        ([0, 5, 10, 15.5], 0),
        ([0, 5, 60, 65], 0),  # the hub was busy
        ([0, 5, 7200, 7205], 1),  # the machine was suspended, or the clock was late
        ([7200, 7205, 0, 5], 1),  # the clock was ahead
    ],
)
def test_jumps_in_both_directions_are_noticed(times: Sequence[float], jumps: int) -> None:
    rest = list(times)
    noticed: list[float] = []

    def now() -> float:
        return rest.pop(0)

    async def sleep(_: float) -> None:
        if not rest:
            raise Stop

    with pytest.raises(Stop):
        asyncio.run(watch_clock(lambda: noticed.append(1), now, sleep))
    assert len(noticed) == jumps
