"""The command line as a process of its own: interrupts and the terminal's encoding."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.paths import PROJECT
from tests.support.tenancies import stack_text

SECONDS = 300
"""Limit of a command, also on a busy machine."""

CTRL_C_WHILE_TYPER_IS_IMPORTED = """
import os, signal, sys
class Finder:
    def find_spec(self, name, *rest):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
"""


def test_ctrl_c_during_start_prints_no_traceback(stacks: Path) -> None:
    (stacks / "sitecustomize.py").write_text(CTRL_C_WHILE_TYPER_IS_IMPORTED)
    with run_command("check", PYTHONPATH=os.pathsep.join([str(stacks), str(PROJECT)])) as process:
        output, _ = process.communicate(timeout=SECONDS)

    assert process.returncode == -signal.SIGINT
    assert output == ""


def test_ctrl_c_during_a_request_prints_no_traceback(stacks: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        kubeconfig = stacks.parent / "kubeconfig"
        server = f"https://127.0.0.1:{silent.getsockname()[1]}"
        entry = {"name": "silent", "context": {"cluster": "silent"}, "cluster": {"server": server}}
        kubeconfig.write_text(json.dumps({"current-context": "silent", "contexts": [entry], "clusters": [entry]}))
        with run_command("status", "vis", "--no-drift", KUBECONFIG=str(kubeconfig)) as process:
            silent.settimeout(SECONDS)
            client, _ = silent.accept()
            with client:
                process.send_signal(signal.SIGINT)
                output, _ = process.communicate(timeout=SECONDS)

    assert process.returncode == 130
    assert "Traceback" not in output


def test_ascii_terminal_does_not_break_a_command(stacks: Path) -> None:
    (stacks / "Pulumi.vis.yaml").write_text(stack_text())
    with run_command("capacity", PYTHONIOENCODING="ascii") as process:
        output, _ = process.communicate(timeout=SECONDS)

    assert process.returncode == 0, output
    assert "nodes needed" in output


@contextmanager
def run_command(*words: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "components", *words],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
