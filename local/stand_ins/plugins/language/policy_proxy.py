"""A policy pack behind a proxy, as the official language host runs it.

The engine names the stack and its configuration by a call to the running pack, but the pack reads them from environment
variables when it starts. So the proxy answers first, starts the pack at that call, and passes all calls on.
Source: ``sdk/policy_proxy.go`` of https://github.com/pulumi/pulumi, v3.259.0.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto import analyzer_pb2

CONFIGURE = "/pulumirpc.Analyzer/ConfigureStack"
START_SECONDS = 60.0
_ANY_LENGTH = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def run_pack(engine: str, folder: str, on_start: Callable[[subprocess.Popen[bytes]], object]) -> Iterator[bytes]:
    """Run the pack in a folder for the engine at an address; yields its output, first the proxy's port."""
    proxy = _Proxy()
    server = grpc.server(ThreadPoolExecutor(4), handlers=[proxy], options=_ANY_LENGTH)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"{port}\n".encode()
    variables = {**os.environ, **_variables(proxy.stack.result())}
    words = [sys.executable, "-u", "-m", "pulumi.policy", engine, folder]
    with subprocess.Popen(words, env=variables, stdout=subprocess.PIPE) as pack:
        on_start(pack)
        assert pack.stdout is not None  # noqa: S101 - narrows the type; it is a pipe
        own_port = int(pack.stdout.readline())
        proxy.pack.set_result(grpc.insecure_channel(f"127.0.0.1:{own_port}", _ANY_LENGTH))
        yield from pack.stdout


class _Proxy(grpc.GenericRpcHandler):  # type: ignore[misc]
    def __init__(self) -> None:
        self.stack: Future[analyzer_pb2.AnalyzerStackConfigureRequest] = Future()
        self.pack: Future[grpc.Channel] = Future()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            if details.method == CONFIGURE and not self.stack.done():
                self.stack.set_result(analyzer_pb2.AnalyzerStackConfigureRequest.FromString(request))
            elif not self.stack.done():
                context.abort(grpc.StatusCode.UNIMPLEMENTED, "before the stack is known")
            call: Callable[..., bytes] = self.pack.result(START_SECONDS).unary_unary(details.method)
            try:
                return call(request)
            except grpc.RpcError as refused:
                context.abort(refused.code(), refused.details())
                raise

        # Without a serializer the messages stay bytes.
        return grpc.unary_unary_rpc_method_handler(answer)


def _variables(stack: analyzer_pb2.AnalyzerStackConfigureRequest) -> dict[str, str]:
    return {
        "PULUMI_ORGANIZATION": stack.organization,
        "PULUMI_PROJECT": stack.project,
        "PULUMI_STACK": stack.stack,
        "PULUMI_DRY_RUN": "true" if stack.dry_run else "false",
        "PULUMI_CONFIG": json.dumps(dict(stack.config)),
    }
