"""A stack's secrets during operations of the real engine: only encrypted, or in memory."""

import base64
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path

import pytest
import yaml

from components.chart.secrets import HubSecrets
from local.tenancy.engine_environment import uses_stand_in
from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.engine_logs import restore_logs
from tests.support.tenancy_stack import STACK, TenancyStack

pytestmark = pytest.mark.engine

CLUSTER = "hidden"
RANDOM = "random:index/randomPassword:RandomPassword"
POLL_SECONDS = 0.02
PULUMI_SECONDS = 60


@dataclass
class ArgumentMonitor:
    """Collects the arguments of all processes periodically during a block."""

    seen: set[bytes] = field(default_factory=set)
    _ended: threading.Event = field(default_factory=threading.Event)

    def _collect(self) -> None:
        while not self._ended.wait(POLL_SECONDS):
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(process.read_bytes())
                except OSError:
                    continue

    @classmethod
    @contextmanager
    def running(cls) -> Iterator["ArgumentMonitor"]:
        monitor = cls()
        thread = threading.Thread(target=monitor._collect)
        thread.start()
        try:
            yield monitor
        finally:
            monitor._ended.set()
            thread.join()


@dataclass
class Run:
    """Output and process arguments of a preview and an ``up``, and the stack's secrets, hidden in test failures."""

    stack: TenancyStack
    printed: str = field(repr=False)
    arguments: set[bytes] = field(repr=False)
    secrets: dict[str, bytes] = field(repr=False)


@pytest.fixture(scope="module")
def run(
    tmp_path_factory: pytest.TempPathFactory, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer
) -> Run:
    """Preview and deploy a tenancy whose kubeconfig and bind password are secrets of its stack."""
    folder = tmp_path_factory.mktemp("hidden")
    stack = TenancyStack(folder, tools, directory, api_server.kubeconfig, clusterName=CLUSTER)
    restore_logs(stack.variables)
    del stack.variables["FREEIPA_BIND_PASSWORD"]
    kubeconfig = api_server.kubeconfig.read_text()
    for key, secret in (
        ("pangeo:identityBindPassword", directory.operator_password),
        ("pangeo:kubernetes.kubeconfig", kubeconfig),
    ):
        _pulumi(stack, "config", "set", "--secret", "--path", key, "--stack", STACK, stdin=secret)
    encrypted = yaml.safe_load(stack.stack_file.read_text())["config"]
    stack._settings |= {
        key.removeprefix("pangeo:"): encrypted[key] for key in encrypted if key.endswith(("word", "tes"))
    }
    stack.write()
    stack.kubeconfig = tmp_path_factory.mktemp("nowhere") / "kubeconfig"
    with ArgumentMonitor.running() as monitor:
        with stack.environment_set():
            printed = str(stack._stack.preview(color="never", diff=True).stdout)
        printed += stack.up()
    user = yaml.safe_load(kubeconfig)["users"][0]["user"]
    pem = base64.b64decode(user["client-key-data"])
    secrets = {
        "bind password": directory.operator_password.encode(),
        "client key": b"".join(pem.splitlines()[1:-1])[24:64],
        "client key in the kubeconfig": user["client-key-data"].encode()[40:120],
        **{f"random {number}": value for number, value in enumerate(_random_secrets(stack))},
    }
    return Run(stack, printed, monitor.seen, secrets)


def _random_secrets(stack: TenancyStack) -> list[bytes]:
    opened = json.loads(_pulumi(stack, "stack", "export", "--show-secrets", "--stack", STACK))
    resources = [each for each in opened["deployment"]["resources"] if each["type"] == RANDOM]
    found = [json.loads(each["outputs"]["result"]["plaintext"]).encode() for each in resources]
    assert len(set(found)) == len(fields(HubSecrets))
    # The Kubernetes Secret has them in base64.
    return [*found, *map(base64.b64encode, found)]


def _pulumi(stack: TenancyStack, *words: str, stdin: str = "") -> str:
    return subprocess.run(
        ["pulumi", *words],
        cwd=stack.folder,
        env={**os.environ, **stack.variables},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PULUMI_SECONDS,
        check=True,
    ).stdout


def found_in(content: bytes, run: Run) -> list[str]:
    return [name for name, secret in run.secrets.items() if secret in content]


def test_files_of_the_stack_contain_no_plain_secret(run: Run) -> None:
    files = [path for path in run.stack.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert any(path.suffix == ".json" and "stacks" in path.parts for path in files), "no state file was found"
    assert any(path.parent.name == "logs" for path in files), "no log of the engine was found"
    assert {str(path): found for path in files if (found := found_in(path.read_bytes(), run))} == {}


def test_the_state_contains_secrets_encrypted(run: Run) -> None:
    [file] = (run.stack.folder / "backend").rglob(f"stacks/**/{STACK}.json")
    state = file.read_text()
    assert state.count('"ciphertext"') >= len(run.secrets) - 5
    assert found_in(state.encode(), run) == []


def test_preview_and_up_print_no_secret(run: Run) -> None:
    assert "announcement_login" in run.printed, "the preview does not show the release's values"
    assert "[secret]" in run.printed
    assert found_in(run.printed.encode(), run) == []


def test_process_arguments_contain_no_secret(run: Run) -> None:
    # Helm runs inside the official plugin.
    helm = any(b"helm\0" in words for words in run.arguments)
    assert helm or not uses_stand_in(run.stack.folder), "helm was not observed"
    assert any(b"pulumi.dynamic" in words for words in run.arguments)
    assert {words: found for words in run.arguments if (found := found_in(words, run))} == {}
