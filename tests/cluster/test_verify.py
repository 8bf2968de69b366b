"""The command ``verify`` on the running tenancy: what it finds, and that nothing of it stays, also after a kill."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from components.cli.diagnose.result import conclusion
from components.cli.verify.check import SERVER
from components.cli.verify.checks import CHECKS
from components.cli.verify.command import REMOVED
from components.in_hub.api_names import VERIFICATION_USER
from local import directory
from local.paths import PROJECT, State
from local.tenancy import engine
from local.tenancy.engine_environment import engine_environment
from local.tenancy.pki import authority
from tests.support.kubectl import list_objects
from tests.support.node_capacity import stop_servers
from tests.support.person import Person, local_person
from tests.support.running_tenancy import running_state
from tests.support.waiting import wait_until

pytestmark = pytest.mark.cluster

KINDS = ("pods", "persistentvolumeclaims", "persistentvolumes", "daskclusters.gateway.dask.org")
RUN_SECONDS = 900.0
"""Time limit of a run: more than its own limits, with the time until the lease of a killed run has ended."""

CLAIM = "pangeo-verify"
"""Part of the names of the verification's objects, from the user's name."""


@pytest.fixture(scope="module")
def state() -> State:
    state = running_state()
    stop_servers(state, directory.DEMO_USERS)
    return state


@pytest.fixture(scope="module")
def member(state: State) -> Iterator[Person]:
    """A user with a running server, which the verification must not reach."""
    person = local_person(state, directory.DEMO_USERS[0])
    assert person.log_in() == requests.codes.ok
    person.start_server()
    yield person
    person.stop_server()


def start(state: State) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [
            # Without the workspace in front of the module path: it contains the code that was deployed.
            *(sys.executable, "-P", "-m", "components", "verify", engine.STACK, "--json"),
            *("--ca-file", str(authority(state, "tenancy").crt)),
        ],
        cwd=state.engine / "workspace",
        env={**os.environ, **engine_environment(state), "PYTHONPATH": str(PROJECT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: "subprocess.Popen[str]") -> dict[str, dict[str, Any]]:
    """Wait for the end of a run, and return its results by subject."""
    output, errors = process.communicate(timeout=RUN_SECONDS)
    assert output, errors
    return {each["subject"]: each for each in json.loads(output)["results"]}


def remains(state: State) -> list[str]:
    """Return the objects of a verification that are in the cluster."""
    found = [each for kind in KINDS for each in list_objects(state, kind)]
    marks = (VERIFICATION_USER, f"claim-{CLAIM}")
    return [each["metadata"]["name"] for each in found if any(mark in json.dumps(each) for mark in marks)]


def wait_for_server(state: State, process: "subprocess.Popen[str]") -> None:
    def has_server() -> bool:
        return any(VERIFICATION_USER in json.dumps(pod) for pod in list_objects(state, "pods"))

    wait_until(lambda: has_server() or process.poll() is not None, "the verification's server did not start")
    assert process.poll() is None, process.communicate()


def wait_until_nothing_remains(state: State) -> None:
    # The provisioner deletes a volume a moment after its claim.
    wait_until(lambda: not remains(state), lambda: f"still there: {remains(state)}")


def test_interrupted_run_removes_everything(state: State) -> None:
    process = start(state)
    wait_for_server(state, process)

    process.send_signal(signal.SIGINT)
    found = finish(process)

    assert process.returncode == 128 + signal.SIGINT
    assert found[REMOVED]["status"] == "good", found
    assert "interrupted" in found[SERVER]["message"]
    wait_until_nothing_remains(state)


def test_make_verify_passes_all_checks_and_leaves_nothing_also_after_a_run_that_was_killed(
    state: State, member: Person
) -> None:
    killed = start(state)
    wait_for_server(state, killed)
    killed.kill()
    killed.communicate(timeout=RUN_SECONDS)

    make = (
        "make",
        "--no-print-directory",
        "--old-file=.venv/made-from",
        "verify",
    )  # the packages are those that run this test
    done = subprocess.run(make, cwd=PROJECT, capture_output=True, text=True, timeout=RUN_SECONDS, check=False)

    assert done.stdout.endswith(f"{engine.STACK}: {conclusion([])}\n"), done.stdout + done.stderr
    assert [each.subject for each in CHECKS if each.subject not in done.stdout] == []
    assert done.returncode == 0
    wait_until_nothing_remains(state)
