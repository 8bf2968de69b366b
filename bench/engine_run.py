"""One run of the engine: ``python -m bench.engine_run (preview|up) (tenancy|empty) STACK [ARGUMENT…]``.

This is the measured process: an interpreter that imports pulumi, one engine, the program and its plugins. No package
registry has the engine's Python language host, so this process is the language host, both for the tenancy and for the
baseline. It does not make the Automation API's additional calls (``pulumi version``, ``stack select``): they would make
both longer and the ratio smaller.
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
"""Exit code if a preview found changes."""


def main(operation: str, program: str, stack: str, arguments: list[str]) -> int:
    """Run the engine; return its exit code, or ``CHANGED`` if a preview found changes."""
    # The engine handles an interrupt: it finishes what it has begun. This process ends after the engine.
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
