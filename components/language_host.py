"""The end of the program under Pulumi's language host: one message, and no traceback around it.

The engine cancels the program when a policy or a provider's check refuses a resource, and when the operator presses
Ctrl-C. By then it has printed the reason. The language host passes the cancellation on as SIGINT, which Python turns
into a ``KeyboardInterrupt`` somewhere in the SDK: two tracebacks, 30 lines around the one sentence that matters.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

import pulumi

REASON_WAS_SHOWN = 32
"""Exit code with which a program tells the language host to print nothing more. The engine's own is still an error's.

``pythonProcessExitedAfterShowingUserActionableMessage`` in ``sdk/python/cmd/pulumi-language-python/main.go`` of
https://github.com/pulumi/pulumi, v3.259.0.
"""


def run_quietly(program: Callable[[], None]) -> None:
    """Run the program. If it is refused or cancelled, only the reason is printed; other errors keep their traceback.

    An inline program runs in a thread of a process that is not its own, where its ``RunError`` passes through.
    """
    if threading.current_thread() is not threading.main_thread():
        program()
        return
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)
    try:
        program()
    except pulumi.RunError as refusal:
        # Raised, it would be followed by "an unhandled error occurred: program exited with non-zero exit code: 1".
        pulumi.log.error(str(refusal))
        sys.exit(REASON_WAS_SHOWN)


def _end(_signal: int, _frame: FrameType | None) -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(RuntimeError, OSError, ValueError):  # RuntimeError: interrupted while writing
            stream.flush()
    # Threads of the SDK still wait for answers that will not come, so an orderly end would wait for them.
    os._exit(REASON_WAS_SHOWN)
