"""Status of a tenancy that the real engine deployed, and of one created by hand with a hub that answers."""

import json
import os
import shutil
import socket
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from components.cli.diagnose.result import CheckResult, Status
from components.cli.diagnose.status import check_status
from components.cli.overview.command import check_tenancies
from components.cli.overview.observe import Limits
from components.cli.stack import OpenStack
from components.config.tenancy import Tenancy
from tests.engine.components.cli.conftest import STACK, SetUp
from tests.engine.components.cli.deployment import Deployment
from tests.engine.components.cli.directory import Directory
from tests.support.api_server import ApiServer
from tests.support.tenancy_stack import STACK as DEPLOYED
from tests.support.tenancy_stack import TenancyStack

pytestmark = pytest.mark.engine

SECONDS = 400
NUMBERS = count()
"""For a namespace and group of each stack: they belong to the stack that created them."""


def check_tenancy(set_up: SetUp) -> dict[str, CheckResult]:
    results = check_status(set_up.tenancy, stack=STACK, env=set_up.env, drift=None)
    return {result.subject: result for result in results}


def test_every_part_is_reported(healthy: SetUp, deployment: Deployment) -> None:
    deployment.server("anna")
    found = check_tenancy(healthy)

    assert {subject for subject, each in found.items() if each.status is not Status.GOOD} == {"hub certificate"}
    assert found["cluster"].message.startswith(deployment.api.url)
    assert "day-two/day-two is deployed (revision 1, " in found["release"].message
    assert found["hub"].message == "https://pangeo.day-two.example/hub/health answers"
    assert found["servers"].message == "1 running: anna"
    assert "anna" in found["homes"].as_json()["users"]
    assert found["hub certificate"].as_json()["ends"].startswith("20")
    [directory] = [each for subject, each in found.items() if subject.startswith("directory ")]
    assert directory.as_json()["issuer"] == "local tenancy authority"


def test_stuck_release_names_the_repair_command(healthy: SetUp, deployment: Deployment) -> None:
    deployment.label_release("pending-upgrade")
    try:
        found = check_tenancy(healthy)["release"]
    finally:
        deployment.label_release("deployed")

    assert found.status is Status.WARNING, "an up may be running: it has just begun"
    assert found.fix.endswith(f"python -m components repair {STACK}")


def test_cluster_that_is_down_is_reported_and_the_rest_checked(healthy: SetUp, deployment: Deployment) -> None:
    with deployment.api.stopped():
        found = check_tenancy(healthy)

    assert found["cluster"].status is Status.UNKNOWN
    assert f"{deployment.api.url} (kubeconfig" in found["cluster"].message
    assert found["hub"].status is Status.GOOD


@pytest.fixture
def stack(tmp_path: Path, tools: Path, people: Directory, api_server: ApiServer) -> TenancyStack:
    made = TenancyStack(tmp_path, tools, people.server, api_server.kubeconfig)
    made.write(clusterName=f"drifting-{next(NUMBERS)}", externalIp="127.0.0.1", ingress={"className": "nginx"})
    made.up()
    return made


def test_drift_is_a_change_made_outside_the_stack(stack: TenancyStack, api_server: ApiServer) -> None:
    text = stack.stack_file.read_text()
    assert pulumi(stack, "stack", "unselect").returncode == 0
    namespace = json.loads(pulumi(stack, "stack", "output", "--json", "--stack", DEPLOYED).stdout)["namespace"]
    api_server.kubectl("delete", "ingress", "pangeo", "--namespace", namespace)
    found = drift(stack)

    assert found["status"] == "warning"
    assert found["changes"] == ["create Ingress pangeo"], "and nothing else"
    assert not api_server.exists("ingress", "pangeo", "--namespace", namespace), "the check changes nothing"
    assert stack.stack_file.read_text() == text
    assert "no stack selected" in pulumi(stack, "stack").stderr, "the selected stack is the same as before"


LAUNCHER = """\
#!/bin/sh
[ -z "${PULUMI_RUNTIME_VIRTUALENV:-}" ] || exec "$PULUMI_RUNTIME_VIRTUALENV/bin/python" -u -m pulumi.dynamic "$@"
exec "${PULUMI_PYTHON_CMD:-python3}" -u -m pulumi.dynamic "$@"
"""
"""Starts dynamic providers with the same interpreter as the official launcher, which the CLI contains."""


def test_drift_is_checked_from_a_shell_without_the_virtual_environment(stack: TenancyStack, tools: Path) -> None:
    launchers = Path(stack.variables["PATH"].split(os.pathsep)[0])
    launcher = Path(str(shutil.which("pulumi-resource-pulumi-python", path=stack.variables["PATH"])))
    if launcher.parent == launchers:
        launcher.write_text(LAUNCHER)
    path = os.pathsep.join([str(launchers), str(launcher.parent), str(tools), os.defpath])
    assert shutil.which("python3", path=path) != sys.executable
    found = drift(stack, PATH=path, PULUMI_PYTHON_CMD="", PULUMI_RUNTIME_VIRTUALENV=str(stack.folder / "other"))

    assert found["message"] == "the deployment matches the stack"


def drift(stack: TenancyStack, **environment: str) -> dict[str, Any]:
    """Return the drift that ``python -m components status`` reports."""
    done = run(stack, sys.executable, "-m", "components", "status", DEPLOYED, "--json", **environment)
    assert "Traceback" not in done.stderr
    [found] = [each for each in json.loads(done.stdout)["results"] if each["subject"] == "drift"]
    return dict(found)


def pulumi(stack: TenancyStack, *words: str) -> subprocess.CompletedProcess[str]:
    return run(stack, "pulumi", *words, "--non-interactive")


def run(stack: TenancyStack, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = stack.variables["PATH"]
    return subprocess.run(
        [shutil.which(words[0], path=path) or words[0], *words[1:]],
        cwd=stack.folder,
        env={
            **os.environ,
            **stack.variables,
            "KUBECONFIG": str(stack.kubeconfig),
            "HOME": str(stack.folder),
            **environment,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_cluster_without_an_answer_does_not_hide_the_other_tenancies(
    healthy: SetUp, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"tenancy-{number}" for number in range(6)]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent_tenancy = with_cluster(healthy, f"https://127.0.0.1:{silent.getsockname()[1]}")

        def open_tenancy(stack: str) -> OpenStack:
            found = silent_tenancy if stack == names[0] else healthy.tenancy
            return OpenStack(stack, Path(f"stacks/Pulumi.{stack}.yaml"), found, {})

        monkeypatch.setattr("components.cli.overview.command.open_stack", open_tenancy)
        rows = check_tenancies(names, healthy.env, Limits(concurrency=2))

    assert [row.stack for row in rows] == names
    assert {row.address for row in rows} == {"https://pangeo.day-two.example"}
    assert {(row.hub, row.directory) for row in rows} == {(Status.GOOD, Status.GOOD)}
    assert [row.stack for row in rows if row.has_problem] == names[:1]
    assert rows[0].problem.startswith("cluster: https://127.0.0.1:")
    assert rows[0].users_running is None
    assert {row.users_running for row in rows[1:]} == {1}


def with_cluster(set_up: SetUp, url: str) -> Tenancy:
    """Return the tenancy with a kubeconfig for another address of its cluster."""
    text = Path(set_up.environment["KUBECONFIG"]).read_text()
    document = yaml.safe_load(text)
    document["clusters"][0]["cluster"]["server"] = url
    kubernetes = set_up.tenancy.kubernetes.model_copy(update={"kubeconfig": SecretStr(yaml.safe_dump(document))})
    return set_up.tenancy.model_copy(update={"kubernetes": kubernetes})
