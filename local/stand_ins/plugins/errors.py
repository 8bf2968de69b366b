"""Failures of an operation on a resource."""

from local.stand_ins.plugins.wire import Properties


class OperationFailed(Exception):
    """The operation failed and changed nothing: the engine prints the text and keeps its state."""


class PartialFailure(Exception):
    """The operation failed after it changed the resource, so the engine must store the resource's present outputs.

    The engine saves ``outputs`` under ``id`` together with the text, and tries an update in the next run.
    """

    def __init__(self, text: str, *, id: str, outputs: Properties) -> None:
        super().__init__(text)
        self.id = id
        self.outputs = outputs
