"""A suite run in the background, as CI may run it, can interrupt what it starts."""

from pathlib import Path

from tests.support.nested_pytest import inner_run

IN_THE_BACKGROUND = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")
A_RUN = """
import signal
import subprocess
import sys

def test_interrupted():
    asleep = [sys.executable, "-c", "import time; print(1, flush=True); time.sleep(60)"]
    with subprocess.Popen(asleep, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        try:
            _, said = process.communicate(timeout=20)
        finally:
            process.kill()
    assert b"KeyboardInterrupt" in said
"""


def test_what_a_test_starts_is_interrupted_although_the_run_was_started_with_interrupts_ignored(tmp_path: Path) -> None:
    run = inner_run(tmp_path, A_RUN, launcher=IN_THE_BACKGROUND)

    assert run.returncode == 0, run.stdout
