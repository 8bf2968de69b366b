"""Keeps the paths of one machine's Python installation out of the stack's state.

The SDK sends with each resource the call stack that declared it, and the engine stores it. Beside the program's own
files, it has the paths of the SDK and of Python, which may lie in an operator's home folder. Nothing uses them.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_source_positions() -> Iterator[None]:
    """Let resources declared in this block have no call stack. The stack resource, declared before, still has one.

    ``sys.tracebacklimit`` limits the stack that the SDK reads. Tracebacks printed after the block are complete.
    """
    before = getattr(sys, "tracebacklimit", None)
    sys.tracebacklimit = 1
    try:
        yield
    finally:
        if before is None:
            del sys.tracebacklimit
        else:
            sys.tracebacklimit = before
