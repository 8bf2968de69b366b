"""The same cluster through another server URL, authority or proxy: at most updates in place, and nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi.automation import OpType

from tests.engine.components.provider.deployment import Deployment
from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.kubeconfigs import change_cluster, connect_proxy, other_authorities, other_server
from tests.support.tenancy_stack import TenancyStack

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module", params=[True, False], ids=["protected", "unprotected"])
def deployment(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    tools: Path,
    directory: ThrowAwayDirectory,
    api_server: ApiServer,
) -> Iterator[Deployment]:
    name, folder = f"address-{str(request.param).lower()}", tmp_path_factory.mktemp("address")
    stack = TenancyStack(folder, tools, directory, api_server.kubeconfig, clusterName=name, protect=request.param)
    yield Deployment.deploy(stack, api_server, directory, tools, name)
    stack.kubeconfig = api_server.kubeconfig
    stack.destroy()


def changed_entry(deployment: Deployment, kind: str) -> dict[str, str]:
    if kind == "server":
        return other_server(deployment.api_server)
    return other_authorities(deployment.api_server, deployment.directory.ca_file)


@pytest.mark.parametrize("kind", ["server", "authority"])
def test_another_address_in_the_variable_is_no_change(deployment: Deployment, kind: str, tmp_path: Path) -> None:
    before, stack = deployment.kept(), deployment.stack
    entry = changed_entry(deployment, kind)
    stack.kubeconfig = change_cluster(deployment.api_server.kubeconfig, tmp_path / "elsewhere" / "config", **entry)

    assert stack.preview() == {}
    stack.up()

    assert deployment.kept() == before
    stack.refresh()
    assert stack.preview() == {}


@pytest.mark.parametrize("kind", ["server", "authority"])
def test_another_address_in_the_stack_file_is_an_update_in_place(
    deployment: Deployment, kind: str, tmp_path: Path
) -> None:
    before, stack = deployment.kept(), deployment.stack
    stack.kubeconfig = tmp_path / "none"
    stack.encrypt_kubeconfig(deployment.api_server.kubeconfig.read_text())
    assert stack.preview().get("pulumi:providers:kubernetes") == OpType.UPDATE
    stack.up()

    entry = changed_entry(deployment, kind)
    changed = change_cluster(deployment.api_server.kubeconfig, tmp_path / "changed", **entry)
    stack.encrypt_kubeconfig(changed.read_text())
    assert stack.preview().get("pulumi:providers:kubernetes") == OpType.UPDATE
    assert set(stack.preview().values()) == {OpType.UPDATE}
    stack.up()

    assert deployment.kept() == before
    assert stack.preview() == {}
    del stack._settings["kubernetes"]
    stack.write()
    stack.kubeconfig = deployment.api_server.kubeconfig
    stack.up()
    assert deployment.kept() == before


def test_proxy_on_the_way_is_no_change(deployment: Deployment, tmp_path: Path) -> None:
    before, stack = deployment.kept(), deployment.stack
    with connect_proxy() as url:
        entry = {**other_server(deployment.api_server), "proxy-url": url}
        stack.kubeconfig = change_cluster(deployment.api_server.kubeconfig, tmp_path / "proxied", **entry)
        assert stack.preview() == {}
        stack.encrypt_kubeconfig(stack.kubeconfig.read_text())
        assert set(stack.preview().values()) == {OpType.UPDATE}
    del stack._settings["kubernetes"]
    stack.write()
    assert deployment.kept() == before
