"""The ``random`` provider as the engine calls it."""

import binascii

import grpc  # type: ignore[import-untyped]
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2 as proto

from local.stand_ins.plugins.errors import Refused
from local.stand_ins.plugins.random import random_bytes
from local.stand_ins.plugins.server import Plugin, answering, check_response
from local.stand_ins.plugins.wire import from_struct, to_struct


class RandomPlugin(Plugin):
    """RandomBytes. There is nothing outside state to read or delete."""

    @answering
    def CheckConfig(self, request: proto.CheckRequest, context: grpc.ServicerContext) -> proto.CheckResponse:  # noqa: N802
        """The provider has no configuration of its own."""
        return check_response(from_struct(request.news), {})

    @answering
    def DiffConfig(self, request: proto.DiffRequest, context: grpc.ServicerContext) -> proto.DiffResponse:  # noqa: N802
        """The provider has no configuration of its own."""
        return proto.DiffResponse()

    @answering
    def Configure(self, request: proto.ConfigureRequest, context: grpc.ServicerContext) -> proto.ConfigureResponse:  # noqa: N802
        """The provider has no configuration of its own."""
        return proto.ConfigureResponse(
            supportsPreview=True, acceptResources=True, supports_autonaming_configuration=True
        )

    @answering
    def Check(self, request: proto.CheckRequest, context: grpc.ServicerContext) -> proto.CheckResponse:  # noqa: N802
        """Inputs, or what is wrong with them."""
        _known(request.urn)
        return check_response(*random_bytes.check(request.urn.rpartition("::")[2], from_struct(request.news)))

    @answering
    def Diff(self, request: proto.DiffRequest, context: grpc.ServicerContext) -> proto.DiffResponse:  # noqa: N802
        """Any changed input makes new bytes."""
        keys = random_bytes.replaces(from_struct(request.old_inputs), from_struct(request.news))
        changes = proto.DiffResponse.DIFF_SOME if keys else proto.DiffResponse.DIFF_NONE
        return proto.DiffResponse(changes=changes, replaces=keys, diffs=keys)

    @answering
    def Create(self, request: proto.CreateRequest, context: grpc.ServicerContext) -> proto.CreateResponse:  # noqa: N802
        """Draw the bytes; not in preview."""
        inputs = from_struct(request.properties)
        if request.preview:
            return proto.CreateResponse(properties=to_struct(random_bytes.expected(inputs)))
        id, outputs = random_bytes.generated(inputs)
        return proto.CreateResponse(id=id, properties=to_struct(outputs))

    @answering
    def Read(self, request: proto.ReadRequest, context: grpc.ServicerContext) -> proto.ReadResponse:  # noqa: N802
        """The bytes the id stands for."""
        _known(request.urn)
        try:
            inputs, outputs = random_bytes.read(request.id, from_struct(request.inputs))
        except binascii.Error:
            raise Refused("the id of a RandomBytes is its bytes in base64; this one is not base64") from None
        return proto.ReadResponse(id=request.id, inputs=to_struct(inputs), properties=to_struct(outputs))

    @answering
    def Delete(self, request: proto.DeleteRequest, context: grpc.ServicerContext) -> Empty:  # noqa: N802
        """Nothing to do: the bytes are in state alone."""
        return Empty()


def _known(urn: str) -> None:
    type_token = urn.split("::")[2].rpartition("$")[2]
    if type_token != random_bytes.TYPE:
        raise Refused(
            f"the local stand-in for the random plugin does not know {type_token}; it knows {random_bytes.TYPE}. "
            "Install the official plugin (pulumi plugin install resource random), which then takes its place."
        )
