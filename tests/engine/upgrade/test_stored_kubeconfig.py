"""A state of version 0.1 has the path of one machine's kubeconfig; it is repaired and updated on another machine."""

from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import OpType

from tests.engine.upgrade.old_stack import NAME, OldStack
from tests.support.administrator import Administrator
from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.kubeconfigs import change_cluster
from tests.support.operator import Operator

pytestmark = pytest.mark.engine

PROVIDER = "pulumi:providers:kubernetes"
ELSEWHERE = "/home/somebody-else/.kube/config"
REPLACING = {OpType.REPLACE, OpType.CREATE_REPLACEMENT, OpType.DELETE_REPLACED}


def store_kubeconfig(stack: OldStack, value: Any) -> None:
    """Change the kubeconfig in the provider's stored properties."""
    deployment = dict(stack._stack.export_stack().deployment or {})
    for each in deployment["resources"]:
        if each["type"] == PROVIDER:
            for properties in (each["inputs"], each["outputs"]):
                properties["kubeconfig"] = value
    stack.import_state(deployment)


def live(api_server: ApiServer) -> dict[str, str]:
    names = {"namespace": (NAME,), "ingress": ("pangeo", "--namespace", NAME)}
    return {kind: api_server.read(kind, *name)["metadata"]["uid"] for kind, name in names.items()}


def provider_inputs(stack: OldStack) -> dict[str, Any]:
    (found,) = (each["inputs"] for each in stack.state() if each["type"] == PROVIDER)
    inputs: dict[str, Any] = found
    return inputs


def test_up_on_another_machine_replaces_nothing(stack: OldStack, api_server: ApiServer) -> None:
    before, uid = live(api_server), api_server.read("namespace", "kube-system")["metadata"]["uid"]
    store_kubeconfig(stack, ELSEWHERE)

    assert set(stack.preview().values()).isdisjoint(REPLACING)
    stack.up()

    assert stack.preview() == {}
    assert live(api_server) == before
    assert provider_inputs(stack)["clusterIdentifier"] == uid
    assert ELSEWHERE not in stack.exported_text()


def test_other_operations_on_another_machine_need_the_repair_first(
    stack: OldStack, api_server: ApiServer, directory: ThrowAwayDirectory, tools: Path
) -> None:
    before, state = live(api_server), stack.state()
    store_kubeconfig(stack, ELSEWHERE)
    for operation in ("refresh", "destroy"):
        assert stack.refused(operation)
    assert live(api_server) == before
    assert {each["urn"] for each in stack.state()} == {each["urn"] for each in state}

    done = Operator(stack, tools).repair("--yes")

    assert done.returncode == 0, done.stderr
    assert "its Kubernetes provider has the kubeconfig of one machine" in done.stdout
    assert ELSEWHERE not in stack.exported_text()
    stack.refresh()
    assert live(api_server) == before
    with Administrator.at(directory) as administrator:
        assert administrator.members("recorded_notebook_users") == [directory.user_dn("alice")]
    stack.destroy()
    assert stack.state() == []
    assert api_server.exists("namespace", NAME)


def test_another_address_needs_the_repair_first_if_the_stack_file_has_a_kubeconfig(
    stack: OldStack, api_server: ApiServer, tools: Path, tmp_path: Path
) -> None:
    before = live(api_server)
    other = api_server.url.replace("127.0.0.1", "localhost")
    changed = change_cluster(api_server.kubeconfig, tmp_path / "changed", server=other)
    stack.kubeconfig = tmp_path / "none"
    stack.encrypt_kubeconfig(changed.read_text())

    for operation in ("preview", "up"):
        message = stack.refused(operation)
        assert f"kubernetes.kubeconfig: {api_server.url} → {other} is another address of the same cluster" in message
        assert "run first: python -m components repair test" in message
    assert live(api_server) == before

    done = Operator(stack, tools).repair("--yes")
    assert done.returncode == 0, done.stderr
    assert set(stack.preview().values()).isdisjoint(REPLACING)
    stack.up()
    assert live(api_server) == before
    assert provider_inputs(stack)["clusterIdentifier"]
