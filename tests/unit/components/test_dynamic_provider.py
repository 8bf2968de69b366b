"""The dynamic providers in the stacks' states: what is stored there identifies them and contains no secret."""

import base64
import pickle

import pytest
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.dynamic.dynamic import serialize_provider

from components.contract.resource import ContractProvider
from components.destroy_check.resource import DestroyCheckProvider
from components.dynamic_provider import ConfiguredProvider
from components.freeipa.group_resource import FreeIpaGroupProvider
from components.readiness.resource import HubReadyProvider

STORED = {
    ContractProvider: b"\x80\x04\x958\0\0\0\0\0\0\0\x8c\x1ccomponents.contract.resource\x94"
    b"\x8c\x10ContractProvider\x94\x93\x94)\x81\x94.",
    DestroyCheckProvider: b"\x80\x04\x95A\0\0\0\0\0\0\0\x8c!components.destroy_check.resource\x94"
    b"\x8c\x14DestroyCheckProvider\x94\x93\x94)R\x94.",
    FreeIpaGroupProvider: b"\x80\x04\x95A\0\0\0\0\0\0\0\x8c!components.freeipa.group_resource\x94"
    b"\x8c\x14FreeIpaGroupProvider\x94\x93\x94)R\x94.",
    HubReadyProvider: b"\x80\x04\x959\0\0\0\0\0\0\0\x8c\x1dcomponents.readiness.resource\x94"
    b"\x8c\x10HubReadyProvider\x94\x93\x94)R\x94.",
}
"""The providers as the states of deployed stacks contain them. Another content is an update of every stack."""

providers = pytest.mark.parametrize("provider", STORED, ids=lambda provider: provider.__name__)


@providers
def test_provider_is_stored_as_in_deployed_stacks(provider: type[ConfiguredProvider]) -> None:
    assert base64.b64decode(str(serialize_provider(provider()))) == STORED[provider]
    assert provider.serialize_as_secret_always is False


@providers
def test_provider_restored_from_a_state_keeps_its_configuration(provider: type[ConfiguredProvider]) -> None:
    restored: ConfiguredProvider = pickle.loads(STORED[provider])  # noqa: S301
    assert type(restored) is provider

    restored.configure(ConfigureRequest(Config({provider.config_key: "sesame-open"}, "pangeo")))

    assert restored._configured == "sesame-open"
