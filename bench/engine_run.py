"""``python -m bench.engine_run (preview|up) (tenancy|empty) STACK [ARGUMENT…]``: one run in the working directory.

The process that is measured: an interpreter that imports pulumi, one engine, the program and its plugins. The engine's
Python language host cannot be had from a package registry, so this process is the language host, for the tenancy and
for the baseline alike; the Automation API's own calls beside the operation (``pulumi version``, ``stack select``) are
left out, for they would make both longer and the ratio smaller.
"""

import runpy
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc  # type: ignore[import-untyped]
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2_grpc

CHANGED = 3
"""The exit code where the preview found something to change."""


def main(operation: str, program: str, stack: str, arguments: list[str]) -> int:
    """Run; the exit code is the engine's, or ``CHANGED`` for a preview."""
    # An interrupt is the engine's, which then ends what it has begun; this process ends with it.
    signal.signal(signal.SIGINT, lambda *_: None)
    server = grpc.server(ThreadPoolExecutor(4))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageServer(_PROGRAMS[program]), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    done = subprocess.run(
        [
            "pulumi",
            *_OPERATIONS[operation],
            f"--stack={stack}",
            f"--client=127.0.0.1:{port}",
            "--exec-kind=auto.inline",
            "--non-interactive",
            "--color=never",
            *arguments,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    server.stop(0)
    sys.stdout.write(done.stdout + done.stderr)
    if operation == "preview" and done.returncode == 0 and " to " in done.stdout.partition("\nResources:")[2]:
        return CHANGED
    return done.returncode


def _tenancy() -> None:
    runpy.run_path(str(Path("__main__.py")), run_name="__main__")


def _empty() -> None:
    return


_OPERATIONS = {"preview": ["preview"], "up": ["up", "--yes", "--skip-preview"]}
_PROGRAMS = {"tenancy": _tenancy, "empty": _empty}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]))
