"""The status of a tenancy deployed by the real engine, and of one made by hand for what needs a hub that answers."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from components.cli.diagnose.result import Finding, State
from components.cli.diagnose.status import status
from tests.engine.components.cli.conftest import STACK, SetUp
from tests.engine.components.cli.deployment import Deployment
from tests.engine.components.cli.people_there import Directory
from tests.support.api_server import ApiServer
from tests.support.tenancy_stack import STACK as DEPLOYED
from tests.support.tenancy_stack import TenancyStack

pytestmark = pytest.mark.engine

SECONDS = 120


def looked_at(set_up: SetUp) -> dict[str, Finding]:
    found = status(set_up.tenancy, stack=STACK, env=set_up.env, drift=None)
    return {finding.what: finding for finding in found}


def test_release_hub_servers_homes_and_certificates_are_told(healthy: SetUp, deployment: Deployment) -> None:
    deployment.server("anna")
    found = looked_at(healthy)

    assert {what for what, each in found.items() if each.state is not State.GOOD} == {"hub certificate"}
    assert found["cluster"].told.startswith(deployment.api.url)
    assert "day-two/day-two is deployed (revision 1, " in found["release"].told
    assert found["hub"].told == "https://pangeo.day-two.example/hub/health answers"
    assert found["servers"].told == "1 running: anna"
    assert found["homes"].as_json()["users"] == ["anna"]
    assert found["hub certificate"].as_json()["ends"].startswith("20")
    [directory] = [each for what, each in found.items() if what.startswith("directory ")]
    assert directory.as_json()["issuer"] == "local tenancy authority"


def test_a_release_that_is_stuck_names_the_command_that_frees_it(healthy: SetUp, deployment: Deployment) -> None:
    deployment.label_release("pending-upgrade")
    try:
        found = looked_at(healthy)["release"]
    finally:
        deployment.label_release("deployed")

    assert found.state is State.WARNING, "an up may be at work on it: it has just begun"
    assert found.do.endswith(f"python -m components repair {STACK}")


def test_a_cluster_that_is_down_is_told_and_the_rest_is_looked_at(healthy: SetUp, deployment: Deployment) -> None:
    with deployment.api.stopped():
        found = looked_at(healthy)

    assert found["cluster"].state is State.UNKNOWN
    assert f"{deployment.api.url} (kubeconfig" in found["cluster"].told
    assert found["hub"].state is State.GOOD


@pytest.fixture
def stack(tmp_path: Path, tools: Path, people: Directory, api_server: ApiServer) -> TenancyStack:
    made = TenancyStack(tmp_path, tools, people.server, api_server.kubeconfig)
    made.write(clusterName="drifting", externalIp="127.0.0.1", ingress={"className": "nginx"})
    made.up()
    return made


def test_drift_is_what_somebody_changed_behind_the_stacks_back(stack: TenancyStack, api_server: ApiServer) -> None:
    text = stack.stack_file.read_text()
    assert pulumi(stack, "stack", "unselect").returncode == 0
    api_server.kubectl("delete", "ingress", "pangeo", "--namespace", "drifting")
    found = drift(stack)

    assert found["state"] == "warning"
    assert found["changes"] == ["create Ingress pangeo"], "and nothing else"
    assert not api_server.exists("ingress", "pangeo", "--namespace", "drifting"), "a status changes nothing"
    assert stack.stack_file.read_text() == text
    assert "no stack selected" in pulumi(stack, "stack").stderr, "the operator's next command goes where it went before"


def drift(stack: TenancyStack) -> dict[str, Any]:
    """What ``python -m components status`` says of drift."""
    done = run(stack, sys.executable, "-m", "components", "status", DEPLOYED, "--json")
    assert "Traceback" not in done.stderr
    [found] = [each for each in json.loads(done.stdout)["findings"] if each["what"] == "drift"]
    return dict(found)


def pulumi(stack: TenancyStack, *words: str) -> subprocess.CompletedProcess[str]:
    return run(stack, "pulumi", *words, "--non-interactive")


def run(stack: TenancyStack, *words: str) -> subprocess.CompletedProcess[str]:
    path = stack.variables["PATH"]
    return subprocess.run(
        [shutil.which(words[0], path=path) or words[0], *words[1:]],
        cwd=stack.folder,
        env={**os.environ, **stack.variables, "KUBECONFIG": str(stack.kubeconfig), "HOME": str(stack.folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
