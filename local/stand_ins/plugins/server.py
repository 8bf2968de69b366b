"""A provider plugin's gRPC server: decode the engine's requests, call the resource type, encode the answers."""

# ruff: noqa: N802 - the protocol defines the names of the calls

import functools
import os
import signal
import sys
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf.any_pb2 import Any as AnyMessage  # type: ignore[import-untyped]
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from google.protobuf.message import Message  # type: ignore[import-untyped]
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as proto

from local.stand_ins.plugins.errors import OperationFailed, PartialFailure
from local.stand_ins.plugins.wire import Properties, from_struct, to_struct

THREADS = 8
MESSAGE_BYTES = 400 * 1024 * 1024
"""The engine's limit; gRPC's default of 4 MB is less than the state of a large release."""

LOG_TIMEOUT_SECONDS = 5

ENGINE_CHECK_SECONDS = 2.0
"""Interval of the check whether the engine still runs."""

LAST_CALL_SECONDS = 1000.0
"""Time for running calls to finish after the engine was killed."""

STATUS_DETAILS = "grpc-status-details-bin"
"""The trailer in which gRPC carries a structured error (https://grpc.io/docs/guides/error/#richer-error-model)."""

CheckFailures = dict[str, str]
"""Reasons why inputs are invalid, by property path."""


@dataclass(frozen=True)
class Call:
    """The circumstances of one call. A timeout of 0 seconds means the default of the resource type."""

    urn: str
    engine_address: str | None
    preview: bool = False
    timeout_seconds: float = 0

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.urn.rpartition("::")[2]

    def log(self, severity: str, text: str) -> None:
        """Print ``text`` under the resource; ``severity`` is INFO or WARNING."""
        if not self.engine_address:
            return
        from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

        request = engine_pb2.LogRequest(severity=engine_pb2.LogSeverity.Value(severity), message=text, urn=self.urn)
        with grpc.insecure_channel(self.engine_address) as channel:
            engine_pb2_grpc.EngineStub(channel).Log(request, timeout=LOG_TIMEOUT_SECONDS)


class Resource(ABC):
    """The operations on one resource type."""

    @abstractmethod
    def check(self, call: Call, olds: Properties, news: Properties) -> tuple[Properties, CheckFailures]:
        """Complete and validate the inputs of the program."""

    @abstractmethod
    def diff(self, olds: Properties, old_inputs: Properties, news: Properties) -> proto.DiffResponse:
        """Compare the new inputs with the state."""

    @abstractmethod
    def create(self, call: Call, inputs: Properties) -> tuple[str, Properties]:
        """Create the resource, or predict it in a preview. Returns id (empty in a preview) and outputs."""

    @abstractmethod
    def read(self, call: Call, id: str, olds: Properties, inputs: Properties) -> tuple[Properties, Properties] | None:
        """Return the present inputs and outputs, or None if the resource does not exist any more."""

    def update(self, call: Call, id: str, olds: Properties, old_inputs: Properties, news: Properties) -> Properties:
        """Change the resource in place, or predict the change in a preview. Returns the outputs."""
        raise OperationFailed("this resource type cannot be updated in place")

    @abstractmethod
    def delete(self, call: Call, id: str, olds: Properties) -> None:
        """Delete the resource and wait until it does not exist any more."""


def reporting_failures(method: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, grpc.ServicerContext], Any]:
    """Turn a method's exceptions into gRPC errors. As in the official plugins, secrets in their texts stay."""

    @functools.wraps(method)
    def wrapper(self: object, request: Message, context: grpc.ServicerContext) -> object:
        try:
            return method(self, request, context)
        except PartialFailure as error:
            _abort_with_outputs(context, str(error), error)
        except OperationFailed as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            text = f"the local stand-in plugin failed at {frame.name}:{frame.lineno}: {type(error).__name__}: {error}"
            context.abort(grpc.StatusCode.INTERNAL, text)
        return None

    return wrapper


def check_response(inputs: Properties, failures: CheckFailures) -> proto.CheckResponse:
    """Encode the answer to Check and CheckConfig."""
    return proto.CheckResponse(
        inputs=to_struct(inputs),
        failures=[proto.CheckFailure(property=key, reason=reason) for key, reason in failures.items()],
    )


class Plugin(provider_pb2_grpc.ResourceProviderServicer):
    """A provider of the given resource types, by type token.

    It answers UNIMPLEMENTED to all other calls, which the engine accepts.
    """

    def __init__(
        self,
        name: str,
        version: str,
        engine_address: str | None,
        resources: Mapping[str, Resource],
        configured: proto.ConfigureResponse,
    ) -> None:
        self._name = name
        self._version = version
        self._engine_address = engine_address
        self._resources = resources
        self._configured = configured

    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Return the version of the official plugin that this one replaces."""
        return plugin_pb2.PluginInfo(version=self._version)

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:
        """Stop waiting: the engine's last call in every run, and its reaction to an interrupt."""
        return Empty()

    def CheckConfig(self, request: proto.CheckRequest, context: grpc.ServicerContext) -> proto.CheckResponse:
        """Accept every configuration of the provider."""
        return proto.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: proto.DiffRequest, context: grpc.ServicerContext) -> proto.DiffResponse:
        """Report no differences between configurations of the provider."""
        return proto.DiffResponse()

    def Configure(self, request: proto.ConfigureRequest, context: grpc.ServicerContext) -> proto.ConfigureResponse:
        """Return the features of the protocol that the plugin uses."""
        return self._configured

    @reporting_failures
    def Check(self, request: proto.CheckRequest, context: grpc.ServicerContext) -> proto.CheckResponse:
        """Complete and validate a resource's inputs."""
        call = Call(request.urn, self._engine_address)
        return check_response(
            *self._resource(request.urn).check(call, from_struct(request.olds), from_struct(request.news))
        )

    @reporting_failures
    def Diff(self, request: proto.DiffRequest, context: grpc.ServicerContext) -> proto.DiffResponse:
        """Compare a resource's new inputs with the state."""
        olds, old_inputs, news = map(from_struct, (request.olds, request.old_inputs, request.news))
        return self._resource(request.urn).diff(olds, old_inputs, news)

    @reporting_failures
    def Create(self, request: proto.CreateRequest, context: grpc.ServicerContext) -> proto.CreateResponse:
        """Create a resource, or predict it in a preview."""
        call = Call(request.urn, self._engine_address, request.preview, request.timeout)
        id, outputs = self._resource(request.urn).create(call, from_struct(request.properties))
        return proto.CreateResponse(id=id, properties=to_struct(outputs))

    @reporting_failures
    def Read(self, request: proto.ReadRequest, context: grpc.ServicerContext) -> proto.ReadResponse:
        """Return a resource as it is now; an empty response if it does not exist any more."""
        resource = self._resource(request.urn)
        olds, inputs = from_struct(request.properties), from_struct(request.inputs)
        if not inputs:
            raise OperationFailed(
                f"the local stand-in for the {self._name} plugin cannot import resources; install the official plugin"
            )
        found = resource.read(Call(request.urn, self._engine_address), request.id, olds, inputs)
        if found is None:
            return proto.ReadResponse()
        inputs, outputs = found
        return proto.ReadResponse(id=request.id, inputs=to_struct(inputs), properties=to_struct(outputs))

    @reporting_failures
    def Update(self, request: proto.UpdateRequest, context: grpc.ServicerContext) -> proto.UpdateResponse:
        """Change a resource in place, or predict the change in a preview."""
        call = Call(request.urn, self._engine_address, request.preview, request.timeout)
        olds, old_inputs, news = map(from_struct, (request.olds, request.old_inputs, request.news))
        outputs = self._resource(request.urn).update(call, request.id, olds, old_inputs, news)
        return proto.UpdateResponse(properties=to_struct(outputs))

    @reporting_failures
    def Delete(self, request: proto.DeleteRequest, context: grpc.ServicerContext) -> Empty:
        """Delete a resource."""
        call = Call(request.urn, self._engine_address, timeout_seconds=request.timeout)
        self._resource(request.urn).delete(call, request.id, from_struct(request.properties))
        return Empty()

    def _resource(self, urn: str) -> Resource:
        type_token = urn.split("::")[2].rpartition("$")[2]
        resource = self._resources.get(type_token)
        if resource is None:
            raise OperationFailed(
                f"the local stand-in for the {self._name} plugin does not implement {type_token}; it implements "
                f"{', '.join(sorted(self._resources))}. Install the official plugin (pulumi plugin install resource "
                f"{self._name}), which then replaces the stand-in."
            )
        return resource


def serve(plugin: Plugin) -> None:
    """Print the port on standard output and answer the engine until this process is stopped.

    If the engine was killed, running calls are finished first.
    """
    engine = os.getppid()
    # The engine ends its plugins with SIGINT; a KeyboardInterrupt would print a traceback into the operator's output.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    server = grpc.server(
        ThreadPoolExecutor(THREADS),
        options=[
            ("grpc.max_receive_message_length", MESSAGE_BYTES),
            ("grpc.max_send_message_length", MESSAGE_BYTES),
            ("grpc.max_metadata_size", MESSAGE_BYTES),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(plugin, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while server.wait_for_termination(ENGINE_CHECK_SECONDS):  # true while the server runs
        if os.getppid() != engine:
            server.stop(LAST_CALL_SECONDS).wait()


def _abort_with_outputs(context: grpc.ServicerContext, text: str, error: PartialFailure) -> None:
    from pulumi.runtime.proto import errors_pb2, status_pb2  # noqa: F401 - needed after a failure only

    detail = AnyMessage()
    detail.Pack(proto.ErrorResourceInitFailed(id=error.id, properties=to_struct(error.outputs), reasons=[text]))
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=text, details=[detail])
    context.set_trailing_metadata(((STATUS_DETAILS, status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, text)
