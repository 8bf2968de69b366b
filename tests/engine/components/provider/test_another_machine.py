"""A stack is previewed, deployed, refreshed and destroyed from any machine; its state names none of them."""

import sys
from pathlib import Path

import pytest

from local.paths import PROJECT
from tests.engine.components.provider.deployment import Deployment
from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.operator_machine import stack_on_machine
from tests.support.tenancy_stack import TenancyStack

pytestmark = pytest.mark.engine


def paths_of_machines(stack: TenancyStack, tmp_path: Path, api_server: ApiServer) -> dict[str, str]:
    """Return each path of a machine that the state has, with the text around it.

    The stack resource is left out: Pulumi declares it, with its own call stack, before it runs the program.
    """
    paths = (tmp_path, PROJECT, api_server.kubeconfig, Path.home(), Path(sys.prefix).resolve())
    state = stack.exported_text(without="pulumi:pulumi:Stack")
    return {str(path): state[state.find(str(path)) - 80 :][:200] for path in paths if str(path) in state}


@pytest.mark.parametrize("protect", [True, False], ids=["protected", "unprotected"])
def test_stack_moves_between_machines(
    tmp_path: Path, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer, protect: bool
) -> None:
    name = f"machine-{str(protect).lower()}"
    first = stack_on_machine(tmp_path / "first", tools, directory, api_server, clusterName=name, protect=protect)
    deployment = Deployment.deploy(first, api_server, directory, tools, name)
    before = deployment.kept()

    second = stack_on_machine(tmp_path / "second", tools, directory, api_server, of=first)
    assert second.preview() == {}
    second.up()
    second.refresh()
    assert second.preview() == {}
    assert deployment.kept() == before

    assert "kubeconfig" not in second.exported_text()
    assert paths_of_machines(second, tmp_path, api_server) == {}

    third = stack_on_machine(tmp_path / "third", tools, directory, api_server, of=second)
    assert third.state() != []
    third.destroy()
    assert third.state() == []
    assert not api_server.exists("ingress", "pangeo", "--namespace", name)
    assert api_server.exists("persistentvolumeclaim", "claim-alice", "--namespace", name) is protect
