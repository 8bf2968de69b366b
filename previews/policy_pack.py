"""``policy_pack.py FOLDER ENGINE``: run the policy pack in a folder for the engine at an address.

For every preview the official language host starts ``python -m pulumi.policy ENGINE FOLDER``, which imports the policy
SDK and the models: 0.7 CPU seconds. The engine also takes an executable for a pack (https://github.com/pulumi/pulumi,
pkg/resource/plugin/analyzer_plugin.go, v3.259.0), so a pack can be a launcher of the nursery's, which has imported all
of that.

The pack learns its stack from variables when it starts, the engine tells it by a call when it has started. So this
answers first, and hands on to the pack from that call on, as the official host does (sdk/policy_proxy.go there).
"""

import json
import os
import runpy
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto import analyzer_pb2

LAUNCHER = "policy-pack"
PROJECT_FILE = "PulumiPolicy.yaml"
"""Beside the launcher too: the engine reads the pack's version there."""

IMPORTED = ("pulumi_policy", "components.config.stack_file")
"""What a pack imports, beside its own rules."""

START_SECONDS = 60.0
CONFIGURE = "/pulumirpc.Analyzer/ConfigureStack"
_ANY_LENGTH = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def runs(folder: Path) -> tuple[str, ...]:
    """What Python runs for the launcher of the pack in ``folder``, short of the engine's address."""
    return str(Path(__file__).resolve()), str(folder.resolve())


def main(folder: str, engine: str) -> None:
    """Serve the pack until the engine is done."""
    door = _Door()
    server = grpc.server(ThreadPoolExecutor(4), handlers=[door], options=_ANY_LENGTH)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    os.environ.update(_variables(door.told.result()))
    threading.Thread(target=_behind, args=(door, *_standard_output()), daemon=True).start()
    os.chdir(folder)
    sys.argv = ["pulumi.policy", engine, "."]
    # As with ``python -m`` there, and not this file's folder.
    sys.path[0] = ""
    runpy.run_module("pulumi.policy", run_name="__main__", alter_sys=True)


class _Door(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Answers the engine until the pack behind it can."""

    def __init__(self) -> None:
        self.told: Future[analyzer_pb2.AnalyzerStackConfigureRequest] = Future()
        self.pack: Future[grpc.Channel] = Future()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            if details.method == CONFIGURE and not self.told.done():
                self.told.set_result(analyzer_pb2.AnalyzerStackConfigureRequest.FromString(request))
            elif not self.told.done():
                context.abort(grpc.StatusCode.UNIMPLEMENTED, "before the stack is known")
            call: Callable[..., bytes] = self.pack.result(START_SECONDS).unary_unary(details.method)
            try:
                return call(request)
            except grpc.RpcError as refused:
                context.abort(refused.code(), refused.details())
                raise

        # Without a serializer the messages stay bytes.
        return grpc.unary_unary_rpc_method_handler(answer)


def _variables(told: analyzer_pb2.AnalyzerStackConfigureRequest) -> dict[str, str]:
    return {
        "PULUMI_ORGANIZATION": told.organization,
        "PULUMI_PROJECT": told.project,
        "PULUMI_STACK": told.stack,
        "PULUMI_DRY_RUN": "true" if told.dry_run else "false",
        "PULUMI_CONFIG": json.dumps(dict(told.config)),
    }


def _standard_output() -> tuple[int, int]:
    """What the pack prints from now on, and where it would have gone."""
    real, (reading, writing) = os.dup(1), os.pipe()
    os.dup2(writing, 1)
    os.close(writing)
    return reading, real


def _behind(door: _Door, printed: int, real: int) -> None:
    """The pack prints its port first; the rest is for the engine's user."""
    with os.fdopen(printed, "rb") as lines, os.fdopen(real, "wb", buffering=0) as out:
        door.pack.set_result(grpc.insecure_channel(f"127.0.0.1:{int(lines.readline())}", _ANY_LENGTH))
        for line in lines:
            out.write(line)


if __name__ == "__main__":
    main(*sys.argv[1:])
