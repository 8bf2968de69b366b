"""What programs of this process tell their engines."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pulumi.log


@contextlib.contextmanager
def without_debug_messages() -> Iterator[None]:
    """Inside the block no debug message is told; all others are.

    The SDK tells about a hundred for each tenancy, what it is about to do with every resource. Each is a call to the
    engine for whose answer the program waits, a tenth of a warm preview's CPU seconds, and the engine shows them with
    ``--debug`` alone, which no preview here asks for. The SDK has no setting for it (v3.259, ``pulumi/log.py``).
    """
    told = pulumi.log.debug
    pulumi.log.debug = _untold
    try:
        yield
    finally:
        pulumi.log.debug = told


def _untold(
    msg: str,
    resource: Any = None,  # noqa: ANN401 - the SDK's own signature
    stream_id: int | None = None,
    ephemeral: bool | None = None,
) -> None:
    pass
