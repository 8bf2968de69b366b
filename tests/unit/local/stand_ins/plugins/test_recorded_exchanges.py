"""The stand-ins give the answers that the official plugins gave to the same requests."""

import pytest
from google.protobuf.json_format import ParseDict  # type: ignore[import-untyped]
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from local.stand_ins.plugins.kubernetes import objects
from local.stand_ins.plugins.kubernetes.kinds import OBJECT_KINDS
from local.stand_ins.plugins.kubernetes.pruning import split_state
from local.stand_ins.plugins.wire import Properties, from_struct, to_struct
from tests.unit.local.stand_ins.plugins.recorded import Exchange, Json, exchanges

DRAWN = ("id", "base64", "hex", "result", "bcryptHash")


def of(*names: str) -> pytest.MarkDecorator:
    found = [each for name in names for each in exchanges(name)]
    return pytest.mark.parametrize("exchange", found, ids=[each.case for each in found])


@of(
    "kubernetes-config",
    "kubernetes-cluster-identifier",
    "kubernetes-check",
    "kubernetes-crd",
    "kubernetes-diff",
    "kubernetes-refresh",
    "kubernetes-preview",
)
def test_kubernetes_answers_as_recorded(kubernetes: ResourceProviderStub, exchange: Exchange) -> None:
    assert exchange.replay(kubernetes) == exchange.response


@of("random")
def test_random_answers_as_recorded(random: ResourceProviderStub, exchange: Exchange) -> None:
    answer = exchange.replay(random)
    if exchange.method == "Create" and not exchange.request.get("preview"):
        assert shape(answer) == shape(exchange.response)
        assert answer["id"] == answer["properties"]["base64"]["value"] != exchange.response["id"]
    else:
        assert answer == exchange.response


@of("random-password")
def test_random_password_answers_as_recorded(random: ResourceProviderStub, exchange: Exchange) -> None:
    answer = exchange.replay(random)
    if exchange.method == "Create" and not exchange.request.get("preview"):
        assert shape(answer) == shape(exchange.response)
        assert answer["id"] == "none"
        assert answer["properties"]["result"] != exchange.response["properties"]["result"]
    else:
        assert answer == exchange.response


@of("kubernetes-outputs")
def test_live_objects_become_the_recorded_state(exchange: Exchange) -> None:
    kind = OBJECT_KINDS[exchange.type_token]
    outputs = properties(exchange.response["properties"])
    _, live = split_state(outputs)
    inputs = properties(exchange.request["inputs" if exchange.method == "Read" else "properties"])
    if exchange.method == "Read":
        inputs = objects.mark_confidential(kind, objects.refreshed_inputs(inputs, live))
        assert inputs == properties(exchange.response["inputs"])
    assert objects.outputs(kind, inputs, live, outputs["__fieldManager"]) == outputs
    assert objects.object_id(kind, live) == exchange.response["id"]


def properties(recorded: Json) -> Properties:
    return from_struct(ParseDict(recorded, to_struct({})))


def shape(answer: Json) -> Json:
    def drawn(key: str, value: object) -> object:
        if key in DRAWN:
            return len(value["value"] if isinstance(value, dict) else str(value))
        return {name: drawn(name, inner) for name, inner in value.items()} if isinstance(value, dict) else value

    return {key: drawn(key, value) for key, value in answer.items()}
