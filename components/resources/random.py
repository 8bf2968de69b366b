"""Random secrets that are stored in the stack's state only, encrypted.

Type token and inputs are those of ``pulumi_random``, which is not imported because that takes 0.1 s of every preview.
"""

import functools
from importlib.metadata import version
from typing import Any

import pulumi

SDK = "pulumi-random"
"""Resources request the provider plugin in the version of this installed package, as the SDK's own classes do."""


class RandomHex(pulumi.CustomResource):
    """A random hexadecimal number.

    It is a ``RandomPassword`` of the characters 0-9 and a-f: the id of a ``RandomPassword`` is ``none``. The id of a
    ``RandomBytes`` is its value, and ids are stored in plain text.
    """

    result: pulumi.Output[str]
    """The number. It is secret."""

    def __init__(self, resource_name: str, digits: int, opts: pulumi.ResourceOptions) -> None:
        """Declare a number with ``digits`` hexadecimal digits."""
        props = {**hex_inputs(digits), "result": None, "bcryptHash": None}
        secret = pulumi.ResourceOptions(version=_sdk_version(), additional_secret_outputs=["result", "bcryptHash"])
        super().__init__(
            "random:index/randomPassword:RandomPassword",
            resource_name,
            props,
            pulumi.ResourceOptions.merge(secret, opts),
        )


def hex_inputs(digits: int) -> dict[str, Any]:
    """Return the inputs of a ``RandomPassword`` of ``digits`` hexadecimal digits."""
    return {
        "length": digits,
        "lower": False,
        "upper": False,
        "numeric": True,
        "special": True,
        "overrideSpecial": "abcdef",
    }


@functools.cache  # version() reads and parses a file in every call
def _sdk_version() -> str:
    return version(SDK)
