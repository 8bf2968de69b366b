"""The stand-ins answer what the official plugins answered to the same requests."""

import re

import pytest
from google.protobuf.json_format import ParseDict  # type: ignore[import-untyped]
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from local.stand_ins.plugins.kubernetes import objects
from local.stand_ins.plugins.kubernetes.kinds import OBJECT_KINDS
from local.stand_ins.plugins.wire import Properties, from_struct, plain, to_struct
from tests.unit.local.stand_ins.plugins.recorded import Exchange, Json, exchanges

RANDOM_SUFFIX = re.compile(r"-[0-9a-f]{8}$")
DRAWN = ("id", "base64", "hex")


def of(*names: str) -> pytest.MarkDecorator:
    found = [each for name in names for each in exchanges(name)]
    return pytest.mark.parametrize("exchange", found, ids=[each.case for each in found])


@of("kubernetes-config", "kubernetes-check", "kubernetes-diff", "kubernetes-refresh", "kubernetes-preview")
def test_kubernetes_answers_as_recorded(kubernetes: ResourceProviderStub, exchange: Exchange) -> None:
    assert without_autoname(exchange.replay(kubernetes)) == without_autoname(exchange.response)


@of("random")
def test_random_answers_as_recorded(random: ResourceProviderStub, exchange: Exchange) -> None:
    answer = exchange.replay(random)
    if exchange.method == "Create" and not exchange.request.get("preview"):
        assert shape(answer) == shape(exchange.response)
        assert answer["id"] == answer["properties"]["base64"]["value"] != exchange.response["id"]
    else:
        assert answer == exchange.response


@of("kubernetes-outputs")
def test_live_objects_become_the_recorded_state(exchange: Exchange) -> None:
    kind = OBJECT_KINDS[exchange.request["urn"].split("::")[2]]
    outputs = properties(exchange.response["properties"])
    live = plain({key: value for key, value in outputs.items() if not key.startswith("__")})
    inputs = properties(exchange.request["inputs" if exchange.method == "Read" else "properties"])
    if exchange.method == "Read":
        inputs = objects.refreshed_inputs(kind, inputs, live)
        assert inputs == properties(exchange.response["inputs"])
    assert objects.outputs(kind, inputs, live, outputs["__fieldManager"]) == outputs
    assert objects.object_id(kind, live) == exchange.response["id"]


def properties(recorded: Json) -> Properties:
    return from_struct(ParseDict(recorded, to_struct({})))


def without_autoname(answer: Json) -> Json:
    metadata = answer.get("inputs", {}).get("metadata", {})
    if "pulumi.com/autonamed" in metadata.get("annotations", {}):
        metadata["name"] = RANDOM_SUFFIX.sub("-random", metadata["name"])
    return answer


def shape(answer: Json) -> Json:
    def drawn(key: str, value: object) -> object:
        if key in DRAWN:
            return len(value["value"] if isinstance(value, dict) else str(value))
        return {name: drawn(name, inner) for name, inner in value.items()} if isinstance(value, dict) else value

    return {key: drawn(key, value) for key, value in answer.items()}
