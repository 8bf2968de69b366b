"""Serves a provider to the engine that started the plugin: prints its port, answers until it is stopped."""

import functools
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf.any_pb2 import Any as AnyMessage  # type: ignore[import-untyped]
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from google.protobuf.message import Message  # type: ignore[import-untyped]
from google.protobuf.struct_pb2 import Struct  # type: ignore[import-untyped]
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from local.stand_ins.plugins.diff import Difference, Kind
from local.stand_ins.plugins.errors import HalfDone, Refused
from local.stand_ins.plugins.wire import Properties, from_struct, redacted, to_struct

WORKERS = 8
MESSAGE_BYTES = 400 * 1024 * 1024
"""What the engine allows; gRPC's default of 4 MB is less than a large release's state."""

LOG_TIMEOUT_SECONDS = 5

ENGINE_CHECK_SECONDS = 2.0
LAST_CALL_SECONDS = 1000.0
"""More than the longest wait for a release."""

STATUS_DETAILS = "grpc-status-details-bin"
"""The trailer in which gRPC carries a structured error (https://grpc.io/docs/guides/error/#richer-error-model)."""


class Engine:
    """The engine that started this plugin, as somebody to tell things."""

    def __init__(self, address: str | None) -> None:
        self.address = address

    def info(self, urn: str, text: str) -> None:
        """Print ``text`` under the resource ``urn``."""
        self._log("INFO", urn, text)

    def warn(self, urn: str, text: str) -> None:
        """Print ``text`` as a warning under the resource ``urn``."""
        self._log("WARNING", urn, text)

    def _log(self, severity: str, urn: str, text: str) -> None:
        if not self.address:
            return
        from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

        request = engine_pb2.LogRequest(severity=engine_pb2.LogSeverity.Value(severity), message=text, urn=urn)
        with grpc.insecure_channel(self.address) as channel:
            engine_pb2_grpc.EngineStub(channel).Log(request, timeout=LOG_TIMEOUT_SECONDS)


class Plugin(provider_pb2_grpc.ResourceProviderServicer):
    """What every provider answers alike. Other calls answer UNIMPLEMENTED, which the engine accepts."""

    def __init__(self, version: str, engine: Engine) -> None:
        self.version = version
        self.engine = engine

    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:  # noqa: N802
        """The version of the official plugin this one stands in for."""
        return plugin_pb2.PluginInfo(version=self.version)

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> Empty:  # noqa: N802
        """A plugin started by hand learns here which engine it serves."""
        self.engine.address = request.address
        return Empty()

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:  # noqa: N802
        """The engine's last call in every run, and its request to stop at an interrupt."""
        return Empty()


def answering(method: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, grpc.ServicerContext], Any]:
    """Turn a method's failures into gRPC errors whose texts hold none of the request's secrets."""

    @functools.wraps(method)
    def wrapper(self: object, request: Message, context: grpc.ServicerContext) -> object:
        try:
            return method(self, request, context)
        except HalfDone as error:
            _fail_half_done(context, redacted(str(error), *_properties(request)), error)
        except Refused as error:
            context.abort(grpc.StatusCode.UNKNOWN, redacted(str(error), *_properties(request)))
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            text = f"the local stand-in plugin failed at {place.name}:{place.lineno}: {type(error).__name__}: {error}"
            context.abort(grpc.StatusCode.INTERNAL, redacted(text, *_properties(request)))
        return None

    return wrapper


def check_response(inputs: Properties, failures: dict[str, str]) -> provider_pb2.CheckResponse:
    """The answer to Check and CheckConfig."""
    return provider_pb2.CheckResponse(
        inputs=to_struct(inputs),
        failures=[provider_pb2.CheckFailure(property=key, reason=reason) for key, reason in failures.items()],
    )


def diff_response(difference: Difference) -> provider_pb2.DiffResponse:
    """The answer to Diff."""
    answer = provider_pb2.DiffResponse
    if not difference.entries:
        return answer(changes=answer.DIFF_NONE, hasDetailedDiff=difference.always_detailed)
    return answer(
        changes=answer.DIFF_SOME,
        replaces=difference.replaces,
        deleteBeforeReplace=difference.delete_before_replace,
        diffs=difference.top_level or [],
        hasDetailedDiff=True,
        detailedDiff={
            path: provider_pb2.PropertyDiff(
                kind=provider_pb2.PropertyDiff.Kind.ValueType(entry.kind.value + entry.replaces),
                inputDiff=entry.kind is Kind.DELETE,
            )
            for path, entry in difference.entries.items()
        },
    )


def serve(plugin: Plugin) -> None:
    """Answer the engine until this process is stopped, or the engine was killed and what it last asked for is done.

    The first line on standard output is the port.
    """
    engine = os.getppid()
    server = grpc.server(
        ThreadPoolExecutor(WORKERS),
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
    while server.wait_for_termination(ENGINE_CHECK_SECONDS):  # true while it serves
        if os.getppid() != engine:
            server.stop(LAST_CALL_SECONDS).wait()


def _fail_half_done(context: grpc.ServicerContext, text: str, error: HalfDone) -> None:
    from pulumi.runtime.proto import errors_pb2, status_pb2  # noqa: F401 - only where something failed

    detail = AnyMessage()
    detail.Pack(provider_pb2.ErrorResourceInitFailed(id=error.id, properties=to_struct(error.outputs), reasons=[text]))
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=text, details=[detail])
    context.set_trailing_metadata(((STATUS_DETAILS, status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, text)


def _properties(request: Message) -> Iterator[Properties]:
    for _, value in request.ListFields():
        if isinstance(value, Struct):
            # A release's __inputs is marked secret as a whole, its namespace included; what is really secret in it
            # is so in its values too.
            yield {key: inner for key, inner in from_struct(value).items() if key != "__inputs"}
