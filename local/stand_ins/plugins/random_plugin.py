"""The ``random`` stand-in: the provider of the two random resource types that states of this program contain."""

from pulumi.runtime.proto import provider_pb2

from local.stand_ins.plugins import random_bytes, random_password
from local.stand_ins.plugins.server import Plugin


class RandomPlugin(Plugin):
    """The ``random`` provider, which has no configuration."""

    def __init__(self, version: str, engine_address: str | None) -> None:
        configured = provider_pb2.ConfigureResponse(
            supportsPreview=True, acceptResources=True, supports_autonaming_configuration=True
        )
        resources = {
            random_bytes.TYPE: random_bytes.RandomBytes(),
            random_password.TYPE: random_password.RandomPassword(),
        }
        super().__init__("random", version, engine_address, resources, configured)
