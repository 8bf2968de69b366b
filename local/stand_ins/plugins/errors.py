"""How an operation ends when it does not succeed."""

from local.stand_ins.plugins.wire import Properties


class Refused(Exception):
    """The operation failed and left nothing behind: the engine prints the text and keeps its state."""


class HalfDone(Exception):
    """The operation failed but left something behind, which the engine must keep in state as it now is.

    The engine saves ``outputs`` under ``id`` together with the text, and tries an update the next time.
    """

    def __init__(self, text: str, *, id: str, outputs: Properties) -> None:
        super().__init__(text)
        self.id = id
        self.outputs = outputs
