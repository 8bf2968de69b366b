"""Jumps of the clock: corrections of it, and times in which the hub or its whole machine stood still."""

import asyncio
import time
from collections.abc import Awaitable, Callable

TICK_SECONDS = 5.0
"""Interval in which the clock is read."""

JUMP_SECONDS = 60.0
"""Difference from that interval, in both directions, from which it is a jump."""


async def watch_clock(
    on_jump: Callable[[], None],
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Call a function after each jump, for ever. All work of the hub's event loop waits for it."""
    last = now()
    while True:
        await sleep(TICK_SECONDS)
        last, before = now(), last
        if abs(last - before - TICK_SECONDS) >= JUMP_SECONDS:
            on_jump()
