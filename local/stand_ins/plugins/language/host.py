"""The language host: runs the project's program and its policy pack for the engine, with the SDK's own server.

The engine starts it as ``python -m local.stand_ins.plugins.language.host [options] ENGINE_ADDRESS``.
"""

# ruff: noqa: N802 - the protocol defines the names of the calls
# ruff: noqa: ANN401 - gRPC has no types for its contexts, and the generated messages have none for requests

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from local.stand_ins.plugins.language.policy_proxy import run_pack
from local.stand_ins.plugins.language.program import REASON_WAS_SHOWN


class LanguageHost(LanguageServer):
    """Runs ``__main__.py`` of the folder that the engine names, as the official host does: in a process of its own."""

    def __init__(self) -> None:
        super().__init__(lambda: None)
        self.programs: list[subprocess.Popen[str]] = []

    def GetPluginInfo(self, _request: Any, _context: Any) -> plugin_pb2.PluginInfo:
        """Return a version; the engine requires none."""
        return plugin_pb2.PluginInfo(version="0.0.0")

    def Run(self, request: Any, context: Any) -> language_pb2.RunResponse:
        """Run the program in a process of its own, and pass a cancellation on as SIGINT."""
        settings = {
            "monitor": request.monitor_address,
            "engine": sys.argv[-1],
            "project": request.project,
            "stack": request.stack,
            "parallel": request.parallel,
            "dry_run": request.dryRun,
            "organization": request.organization,
        }
        with subprocess.Popen(
            [sys.executable, "-u", "-m", "local.stand_ins.plugins.language.program"],
            cwd=request.info.program_directory or request.pwd,
            stdin=subprocess.PIPE,
            # This process's standard output is the engine's, too.
            text=True,
        ) as program:
            context.add_callback(lambda: _interrupt(program))
            self.programs.append(program)
            config = {"config": dict(request.config), "secret_keys": list(request.configSecretKeys)}
            if program.stdin:
                program.stdin.write(json.dumps({**config, "settings": settings}))
                program.stdin.close()
            code = program.wait()
        if code in (0, REASON_WAS_SHOWN):
            return language_pb2.RunResponse(bail=code != 0)
        return language_pb2.RunResponse(error=f"program exited with non-zero exit code: {code}")

    def Cancel(self, _request: Any, _context: Any) -> empty_pb2.Empty:
        """Interrupt the programs."""
        for program in self.programs:
            _interrupt(program)
        return empty_pb2.Empty()

    def RunPlugin(self, request: Any, context: Any) -> Iterator[language_pb2.RunPluginResponse]:
        """Run a policy pack, and pass on what it prints."""
        folder = request.info.program_directory
        for line in run_pack(request.args[0], folder, lambda pack: context.add_callback(pack.kill)):
            yield language_pb2.RunPluginResponse(stdout=line)


def serve() -> None:
    """Print the port for the engine, and answer until the engine ends this process."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    # The host must end if its engine was killed.
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    # The engine ends its plugins with SIGINT.
    with contextlib.suppress(KeyboardInterrupt):
        server.wait_for_termination()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        threading.Event().wait(1)
    os._exit(0)


def _interrupt(program: subprocess.Popen[str]) -> None:
    if program.poll() is None:
        program.send_signal(signal.SIGINT)


if __name__ == "__main__":
    serve()
