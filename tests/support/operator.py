"""An operator who runs commands in the folder of a deployed stack."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.tenancy_stack import STACK, TenancyStack
from tests.support.waiting import wait_until

TIMEOUT_SECONDS = 300.0


class Operator:
    """Runs commands on a stack."""

    def __init__(self, stack: TenancyStack, tools: Path) -> None:
        self._stack = stack
        self._helm = tools / "helm"
        self._environment = {**os.environ, **stack.variables, "KUBECONFIG": str(stack.kubeconfig)}

    def repair(self, *options: str) -> subprocess.CompletedProcess[str]:
        return self.command("repair", *options)

    def command(self, name: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run a command on the stack, without a terminal."""
        return subprocess.run(
            [sys.executable, "-m", "components", name, STACK, *options],
            cwd=self._stack.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )

    def statuses(self, name: str) -> list[str]:
        done = subprocess.run(
            [self._helm, "history", name, "--namespace", name, "--output", "json"],
            env=self._environment,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        return [each["status"] for each in json.loads(done.stdout)] if done.returncode == 0 else []

    def kill_in_the_middle(self, words: Sequence[str], name: str) -> None:
        """Start a helm operation on the release, and kill it while it waits."""
        values = json.dumps({"neverReady": True, "jupyterhub": {"singleuser": {"storage": {"capacity": "10Gi"}}}})
        process = subprocess.Popen(
            [self._helm, *words, name, "chart", "--namespace", name, "--wait", "--values", "-"],
            cwd=self._stack.folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        process.stdin.write(values)
        process.stdin.close()
        wait_until(lambda: self.statuses(name)[-1:] == [f"pending-{words[0]}"], lambda: self.statuses(name))
        process.kill()
        process.wait()
