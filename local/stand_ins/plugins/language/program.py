"""The process in which the language host runs the project's program.

It ends as the official one does: with 0 after success, 1 after a ``RunError``, 32 after an unexpected error, and with a
``KeyboardInterrupt`` and its traceback after SIGINT. Source: ``sdk/python/cmd/pulumi-language-python-exec`` of
https://github.com/pulumi/pulumi, v3.259.0.
"""

import asyncio
import json
import logging
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pulumi
from pulumi import runtime

REASON_WAS_SHOWN = 32
THREADS_PER_OPERATION = 4


def main() -> None:
    """Run the program in the working directory. Standard input contains the engine's request as JSON."""
    request = json.load(sys.stdin)
    runtime.set_all_config(request["config"], request["secret_keys"])
    runtime.configure(runtime.Settings(**request["settings"]))
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    sys.exit(_run(request["settings"]["parallel"]))


def _run(parallel: int) -> int:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    executor = ThreadPoolExecutor(max(parallel, 1) * THREADS_PER_OPERATION)
    loop.set_default_executor(executor)
    try:
        loop.run_until_complete(runtime.run_in_stack(_program))
    except pulumi.RunError as refusal:
        pulumi.log.error(str(refusal))
        return 1
    except Exception:
        pulumi.log.error(f"Program failed with an unhandled exception:\n{traceback.format_exc()}")
        return REASON_WAS_SHOWN
    finally:
        executor.shutdown(wait=True)
        loop.close()
    return 0


def _program() -> None:
    runpy.run_path(str(Path.cwd() / "__main__.py"), run_name="__main__")


if __name__ == "__main__":
    main()
