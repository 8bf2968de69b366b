"""A stand-in for the official CLI's ``pulumi-language-python``: runs the project's program and its policy pack.

The real ``pulumi`` starts it as its language host; it uses the SDK's own server.
"""

import contextlib
import os
import runpy
import sys
import threading
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from tests.engine.ci.policy_proxy import run_pack


class LanguageHost(LanguageServer):
    """Runs ``__main__.py`` of the folder that the engine names."""

    def GetPluginInfo(self, _request: Any, _context: Any) -> plugin_pb2.PluginInfo:  # noqa: N802 - gRPC's name
        return plugin_pb2.PluginInfo(version="0.0.0")

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        self.program = lambda: _run(Path(request.info.program_directory or request.pwd))
        return super().Run(request, context)  # type: ignore[no-untyped-call]

    def RunPlugin(self, request: Any, context: Any) -> Iterator[language_pb2.RunPluginResponse]:  # noqa: N802
        """Run a policy pack, and pass on what it prints."""
        folder = request.info.program_directory
        for line in run_pack(request.args[0], folder, lambda pack: context.add_callback(pack.kill)):
            yield language_pb2.RunPluginResponse(stdout=line)


def launcher(folder: Path) -> Path:
    """Create a folder for PATH with a launcher under the name that the engine looks for."""
    folder.mkdir()
    script = folder / "pulumi-language-python"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.engine.ci.language_host "$@"\n')
    script.chmod(0o755)
    return folder


def serve() -> None:
    """Print the port for the engine, and answer until the engine ends this process."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(lambda: None), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    # The host must end if its engine was killed.
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    server.wait_for_termination()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        threading.Event().wait(1)
    os._exit(0)


def _run(folder: Path) -> None:
    with contextlib.chdir(folder):
        runpy.run_path(str(folder / "__main__.py"), run_name="__main__")


if __name__ == "__main__":
    serve()
