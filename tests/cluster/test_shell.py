"""The shell of ``make shell``: the documented commands work in it on the running local tenancy."""

import json
import os
import pty
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from components.cli.backup.check import BACKUP
from components.cli.diagnose.evictions import SUBJECT as EVICTED
from components.version import program_version
from local import directory, lifecycle
from local.paths import PROJECT, State
from local.shell.session import EXAMPLES
from local.tenancy import engine, web
from local.tenancy.credentials import password
from local.tenancy.engine_environment import OPERATOR
from tests.support.running_tenancy import running_state

pytestmark = pytest.mark.cluster

SECONDS = 300
MEMBER = "alice"
SHELLS = 3
"""Number of shells at the same time."""
SHELL = (sys.executable, "-m", "local", "shell")

DOCUMENTED = {
    **dict.fromkeys(EXAMPLES, ""),
    "kubectl get pods": "hub-",
    "pulumi stack output": web.DOMAIN,
    "pulumi preview": "Resources:",
    f"python -m components check {engine.STACK}": ": good. ",
    f"python -m components capacity {engine.STACK}": engine.STACK,
    f"python -m components members list {engine.STACK}": MEMBER,
    f"curl --silent --show-error --fail https://{web.DOMAIN}/hub/api/": "version",
}
"""Commands of the greeting and of the documents, each with a part of its output."""

FOREIGN = {
    "KUBECONFIG": "/nonexistent/kubeconfig",
    "PULUMI_BACKEND_URL": "file:///nonexistent",
    "PULUMI_CONFIG_PASSPHRASE": "of another stack",
    "FREEIPA_BIND_PASSWORD": "of another directory",
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9"),
}
"""The user's own variables, which must not matter in the shell."""


@pytest.fixture(scope="module")
def state() -> State:
    state = running_state()
    directory.grant(state, MEMBER, lifecycle.NOTEBOOK_USERS)
    return state


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=PROJECT,
        env={**os.environ, **FOREIGN},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.fixture(scope="module")
def documented(state: State) -> dict[str, subprocess.CompletedProcess[str]]:
    """The documented commands, each run in a shell of its own, several at the same time."""
    with ThreadPoolExecutor(SHELLS) as pool:
        done = pool.map(lambda command: run(*SHELL, "--", *shlex.split(command)), DOCUMENTED)
        return dict(zip(DOCUMENTED, done, strict=True))


@pytest.mark.parametrize("command", DOCUMENTED)
def test_documented_command_works_in_the_shell(
    documented: dict[str, subprocess.CompletedProcess[str]], command: str
) -> None:
    done = documented[command]

    assert done.returncode == 0, done.stdout + done.stderr
    assert DOCUMENTED[command] in done.stdout


def test_table_of_all_tenancies_shows_no_problem_in_the_shell(state: State) -> None:
    done = run(*SHELL, "--", *shlex.split("python -m components status --all --json"))

    [row] = json.loads(done.stdout)["tenancies"]
    assert (row["stack"], row["version"]) == (engine.STACK, program_version())
    assert (row["hub"], row["directory"]) == ("good", "good")
    # Other tests may be starting servers on this node, and have one evicted; the first backup is at night. All of this
    # is a warning.
    may_warn = {"servers", EVICTED, BACKUP}
    assert {each["subject"] for each in row["results"] if each["status"] != "good"} <= may_warn
    assert done.returncode == 0


def test_exit_code_of_a_command_is_passed_on(state: State) -> None:
    assert run(*SHELL, "--", "bash", "-c", "exit 7").returncode == 7
    missing = run(*SHELL, "--", "no-such-command")
    assert (missing.returncode, "no-such-command: there is no such command" in missing.stdout) == (1, True)


def test_make_runs_one_command_in_the_shell(state: State) -> None:
    make = ("make", "--old-file=.venv/made-from", "shell")  # the packages are those that run this test
    done = run(*make, "COMMAND=kubectl get pods --output name | sed 's/^/found /'")

    assert done.returncode == 0, done.stderr
    assert "found pod/hub-" in done.stdout
    assert run(*make, "COMMAND=false").returncode != 0


def test_interactive_shell_has_a_greeting_and_a_prompt_but_no_secret(state: State, tmp_path: Path) -> None:
    (tmp_path / ".bashrc").write_text("export KUBECONFIG=/nonexistent/kubeconfig PS1='of the user> '\nalias own=true\n")
    secrets = [password(state, "directory", OPERATOR), (state.engine / "passphrase").read_text()]
    keys, screen = pty.openpty()
    typed = 'own && basename "$KUBECONFIG"; kubectl get pods --output name; ps -eww -o args\nfalse\nexit\n'
    shell = subprocess.Popen(
        SHELL,
        cwd=PROJECT,
        env={**os.environ, **FOREIGN, "HOME": str(tmp_path), "TERM": "dumb"},
        stdin=screen,
        stdout=screen,
        stderr=screen,
        start_new_session=True,
    )
    os.close(screen)
    os.write(keys, typed.encode())
    shown = read_all(keys)

    assert shell.wait(SECONDS) == 0, "the exit code of the last command is not an error of the shell"
    assert "This shell works on the local tenancy" in shown
    assert f"(tenancy {engine.STACK})" in shown
    assert [line for line in shown.split() if line.startswith("pod/hub-")]
    assert "kubeconfig\r\n" in shown
    assert "of the user>" not in shown
    texts = [shown, (tmp_path / ".bash_history").read_text(), (state.engine / "shell" / "bashrc").read_text()]
    assert "kubectl get pods" in texts[1]
    assert [text for text in texts if any(secret in text for secret in secrets)] == []


def read_all(terminal: int) -> str:
    """Return all that is written to a terminal until its last program ends."""
    shown = b""
    # A terminal without programs is an error, and not the end of a file.
    with suppress(OSError):
        while chunk := os.read(terminal, 65536):
            shown += chunk
    os.close(terminal)
    return shown.decode(errors="replace")
