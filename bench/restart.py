"""Time from a stopped tenancy to a notebook. This figure stops the running tenancy."""

import os
import subprocess
import time

from bench.measurements import Amounts
from bench.members import local_members
from bench.process import RunFailed
from local.paths import PROJECT, State

LIMIT_SECONDS = 60.0
"""Limit of the time from ``make running`` to a notebook."""

MAKE_TIMEOUT_SECONDS = 900


def measure_restart(state: State, repetitions: int) -> Amounts:
    """Measure ``make running`` after ``make down``, and on to a notebook; tools and images exist already.

    Raises:
        RunFailed: ``make`` failed.
        HubFailed: no notebook started.
    """
    seconds = {}
    with local_members(state, 1) as (person,):
        person.time_log_in_to_notebook()
        person.take_token()
        person.stop_server()
        for number in range(1, repetitions + 1):
            _make("down")
            started = time.perf_counter()
            _make("running")
            up_seconds = time.perf_counter() - started
            person.time_log_in_to_notebook()
            seconds[f"make running, {number}"] = round(up_seconds, 1)
            seconds[f"to a notebook, {number}"] = round(time.perf_counter() - started, 1)
            person.take_token()
            person.stop_server()
    limits = {name: LIMIT_SECONDS for name in seconds if name.startswith("to a notebook")}
    return Amounts(
        "down-to-notebook", "make running after make down, to a logged-in notebook", "seconds", seconds, limits
    )


def _make(target: str) -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", target],
        cwd=PROJECT,
        env={**os.environ},
        capture_output=True,
        text=True,
        timeout=MAKE_TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        last_lines = (done.stdout + done.stderr).strip().splitlines()[-8:]
        raise RunFailed("\n".join([f"make {target} failed:", *last_lines]))
