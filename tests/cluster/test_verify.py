"""The command ``verify`` on the running tenancy: what it finds, and that nothing of it stays, also after a kill."""

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from components.cli.verify.check import DASK, FILES, LEASE, NOTEBOOK, SERVER
from components.cli.verify.command import REMOVED
from components.in_hub.api_names import VERIFICATION_USER
from local import directory
from local.paths import State
from local.tenancy import engine
from local.tenancy.engine_environment import engine_environment
from local.tenancy.pki import authority
from tests.support.kubectl import list_objects
from tests.support.node_capacity import stop_servers
from tests.support.running_tenancy import running_state
from tests.support.waiting import LIMIT_SECONDS, wait_until

pytestmark = pytest.mark.cluster

KINDS = ("pods", "persistentvolumeclaims", "persistentvolumes", "daskclusters.gateway.dask.org")
USERS_WORK = {LEASE, SERVER, NOTEBOOK, FILES, DASK, REMOVED}
CLAIM = "pangeo-verify"
"""Part of the names of the verification's objects, from the user's name."""


@pytest.fixture(scope="module")
def state() -> State:
    state = running_state()
    stop_servers(state, directory.DEMO_USERS)
    return state


def start(state: State) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "components", "verify", engine.STACK, "--json"),
            *("--ca-file", str(authority(state, "tenancy").crt)),
        ],
        cwd=state.engine / "workspace",
        env={**os.environ, **engine_environment(state)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def results(process: "subprocess.Popen[str]") -> dict[str, dict[str, Any]]:
    """Wait for the end of a run, and return its results by subject."""
    output, errors = process.communicate(timeout=LIMIT_SECONDS)
    assert output, errors
    return {each["subject"]: each for each in json.loads(output)["results"]}


def remains(state: State) -> list[str]:
    """Return the objects of a verification that are in the cluster."""
    found = [each for kind in KINDS for each in list_objects(state, kind)]
    marks = (VERIFICATION_USER, f"claim-{CLAIM}")
    return [each["metadata"]["name"] for each in found if any(mark in json.dumps(each) for mark in marks)]


def has_server(state: State) -> bool:
    return any(VERIFICATION_USER in json.dumps(pod) for pod in list_objects(state, "pods"))


def test_run_works_and_leaves_nothing_also_when_it_follows_one_that_was_killed(state: State) -> None:
    killed = start(state)
    wait_until(lambda: has_server(state) or killed.poll() is not None, "the verification's server did not start")
    assert killed.poll() is None, killed.communicate()

    second = results(start(state))
    assert second[LEASE]["status"] == "broken"
    assert "another verification" in second[LEASE]["message"]
    assert second[SERVER]["status"] == "not checked"

    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=LIMIT_SECONDS)
    wait_until(lambda: not has_server(state), "the hub did not remove the server of a run that was killed")

    found = results(start(state))
    assert {subject: found[subject]["status"] for subject in USERS_WORK} == dict.fromkeys(USERS_WORK, "good"), found
    assert remains(state) == []


def test_interrupted_run_removes_everything(state: State) -> None:
    process = start(state)
    wait_until(lambda: has_server(state) or process.poll() is not None, "the verification's server did not start")

    process.terminate()
    found = results(process)

    assert process.returncode == 128 + signal.SIGTERM
    assert found[REMOVED]["status"] == "good"
    assert remains(state) == []
