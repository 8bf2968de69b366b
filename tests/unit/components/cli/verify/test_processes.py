"""The check of the number of processes of a user's server."""

import json
import subprocess
import sys

from components.cli.diagnose.result import Status
from components.cli.verify.code_values import insert_values
from components.cli.verify.processes import CODE, assess_processes

THREADS = 50


def test_threads_are_started_up_to_the_number_and_end() -> None:
    code = insert_values(CODE, MOST=THREADS)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) == {"started": THREADS, "is_limited": False}


def test_a_refused_thread_proves_a_limit() -> None:
    result = assess_processes({"started": 4041, "is_limited": True})
    assert (result.status, result.message) == (Status.GOOD, "a server was refused more than 4041 threads")


def test_a_node_without_a_limit_causes_a_warning() -> None:
    result = assess_processes({"started": 4500, "is_limited": False})
    assert result.status is Status.WARNING
    assert result.message == "a server started 4500 threads, so nodes limit its processes to more, or not at all"
    assert result.fix == "set podPidsLimit in the configuration of the nodes' kubelets, for example to 4096"


def test_other_output_proves_nothing() -> None:
    assert assess_processes(None).status is assess_processes({"started": "x"}).status is Status.WARNING
