"""Common parts of the program's dynamic resource providers.

A stack's state refers to each provider by the module and the name of its own class, never to this module.
"""

from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import ConfigureRequest, ResourceProvider


class ConfiguredProvider(ResourceProvider):
    """Provider that keeps one value of the stack's configuration, which may be a secret, in this process's memory."""

    serialize_as_secret_always = False  # the state contains only a reference to the class, which is no secret

    config_key: ClassVar[str]
    """Key of the value in the stack's configuration."""

    # Not set in ``__init__``, which is not called when an instance is restored from a state of an older version.
    _configured: str | None = None

    def __reduce__(self) -> str | tuple[Any, ...]:
        return (type(self), ())  # keeps the configured value out of the state

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the value, without a connection."""
        self._configured = req.config.get(self.config_key)


def is_unknown(value: object) -> bool:
    """Return whether a property has no value yet, as in a preview."""
    return isinstance(value, pulumi.output.Unknown)


def report(message: str) -> None:
    """Show a message to the operator: the engine prints the output of its plugins while the operation runs."""
    print(message, flush=True)
