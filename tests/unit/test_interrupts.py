"""A suite run in the background, as CI may run it, can interrupt what it starts."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
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
    (tmp_path / "test_a_run.py").write_text(A_RUN)
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", f"--rootdir={tmp_path}", str(tmp_path)]
    in_the_background = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *pytest]

    run = subprocess.run(in_the_background, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60)

    assert run.returncode == 0, run.stdout
