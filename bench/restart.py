"""From a stopped tenancy to a logged-in notebook. It stops the tenancy that runs."""

import os
import subprocess
import time

from bench.measurements import Amounts
from bench.members import scientists
from bench.process import RunFailed
from local.paths import PROJECT, State

AT_MOST_SECONDS = 60.0
MAKE_SECONDS = 900


def down_to_notebook(state: State, repetitions: int) -> Amounts:
    """Seconds of ``make up`` after ``make down``, and on to a notebook over HTTPS; tools and images are there.

    Raises:
        RunFailed: ``make`` failed.
        HubFailed: there was no notebook.
    """
    seconds = {}
    with scientists(state, 1) as (one,):
        one.log_in_to_notebook()
        one.stop()
        for turn in range(1, repetitions + 1):
            _make("down")
            started = time.perf_counter()
            _make("up")
            up = time.perf_counter() - started
            one.log_in_to_notebook()
            seconds[f"make up, {turn}"] = round(up, 1)
            seconds[f"to a notebook, {turn}"] = round(time.perf_counter() - started, 1)
            one.stop()
    limits = {name: AT_MOST_SECONDS for name in seconds if name.startswith("to a notebook")}
    return Amounts("down-to-notebook", "make up after make down, to a logged-in notebook", "seconds", seconds, limits)


def _make(target: str) -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", target],
        cwd=PROJECT,
        env={**os.environ},
        capture_output=True,
        text=True,
        timeout=MAKE_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stdout + done.stderr).strip().splitlines()[-8:]
        raise RunFailed("\n".join([f"make {target} failed:", *last]))
