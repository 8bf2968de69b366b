"""The directory is asked before anything else changes: its settings must work, and the group must be this stack's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.ownership.mark import read_mark
from tests.support.administrator import Administrator
from tests.support.api_server import ApiServer, throw_away_api_server
from tests.support.certificates import authority
from tests.support.directory import ThrowAwayDirectory
from tests.support.tenancy_stack import TenancyStack, objects

pytestmark = pytest.mark.engine

CLUSTER = "first"
GROUP = "first_notebook_users"
STATE_ONLY = {"pangeo:caas:PangeoCluster", "pulumi:providers:pulumi-python"}
"""Types whose inputs are the stack file's values and stand for nothing outside of the state."""


@pytest.fixture
def administrator(directory: ThrowAwayDirectory) -> Iterator[Administrator]:
    with Administrator.at(directory) as administrator:
        administrator.entry(GROUP)
        yield administrator
        administrator.delete_groups()


def make_stack(folder: Path, tools: Path, directory: ThrowAwayDirectory, server: ApiServer) -> TenancyStack:
    folder.mkdir()
    return TenancyStack(folder, tools, directory, server.kubeconfig, clusterName=CLUSTER)


@pytest.fixture
def own_cluster(tools: Path) -> Iterator[ApiServer]:
    with throw_away_api_server(tools) as server:
        yield server


@pytest.fixture
def stack(
    tmp_path: Path, tools: Path, directory: ThrowAwayDirectory, own_cluster: ApiServer, administrator: Administrator
) -> TenancyStack:
    return make_stack(tmp_path / "first", tools, directory, own_cluster)


def managed(stack: TenancyStack) -> list[dict[str, Any]]:
    """Return the resources in the state that stand for something outside of it."""
    return [each for each in stack.state() if each["custom"]]


def wrong_identity(stack: TenancyStack) -> dict[str, dict[str, Any]]:
    port = stack.identity["server"].rpartition(":")[2]
    return {
        "cannot be resolved": {"server": "ipa.vsi.example.org"},
        "not signed by the given authority": {"caCertificate": authority("wrong").pem},
        "no answer in time": {"tls": "starttls", "server": f"ipa.tenancy.test:{port}"},
        "does not accept": {"bindDn": "uid=nobody,cn=users,cn=accounts,dc=tenancy,dc=test"},
    }


def test_up_with_wrong_settings_of_the_directory_changes_nothing(
    stack: TenancyStack, own_cluster: ApiServer, administrator: Administrator
) -> None:
    stack.up()
    state, live, group = managed(stack), objects(own_cluster, CLUSTER), administrator.entry(GROUP)
    for cause, changes in wrong_identity(stack).items():
        stack.write(notebookCpus=2, identity={**stack.identity, **changes})
        for operation in ("preview", "up"):
            refusal = stack.refused(operation)
            assert cause in refusal, (operation, changes)
            assert "Traceback" not in refusal
    assert managed(stack) == state
    assert objects(own_cluster, CLUSTER) == live
    assert administrator.entry(GROUP) == group
    stack.write()
    assert set(stack.preview()) <= STATE_ONLY


def test_first_up_with_wrong_settings_creates_nothing(stack: TenancyStack, own_cluster: ApiServer) -> None:
    stack.write(identity={**stack.identity, "caCertificate": authority("wrong").pem})
    assert "not signed by the given authority" in stack.refused("preview")
    assert "not signed by the given authority" in stack.refused("up")
    assert not own_cluster.exists("namespace", CLUSTER)


def test_group_of_another_cluster_is_refused_before_anything_is_created(
    stack: TenancyStack,
    api_server: ApiServer,
    administrator: Administrator,
    tools: Path,
    tmp_path: Path,
    directory: ThrowAwayDirectory,
    own_cluster: ApiServer,
) -> None:
    stack.up()
    group = administrator.entry(GROUP)
    mark = read_mark(administrator.description(GROUP))
    assert mark is not None
    assert mark.owner.cluster == own_cluster.read("namespace", "kube-system")["metadata"]["uid"]
    second = make_stack(tmp_path / "second", tools, directory, api_server)
    for operation in ("preview", "up"):
        refusal = second.refused(operation)
        assert f"it belongs to {mark.owner}" in refusal
        assert "identity.existingGroup: adopt" in refusal
        assert "Traceback" not in refusal
    assert not api_server.exists("namespace", CLUSTER)
    second.destroy()
    assert administrator.entry(GROUP) == group


def test_group_without_a_mark_is_refused_and_can_be_adopted(
    stack: TenancyStack, own_cluster: ApiServer, administrator: Administrator
) -> None:
    administrator.make(GROUP, "Notebook users for Pangeo cluster 'first'")
    for operation in ("preview", "up"):
        assert "it has no owner's mark" in stack.refused(operation)
    assert not own_cluster.exists("namespace", CLUSTER)
    stack.write(identity={**stack.identity, "existingGroup": "adopt"}, protect=False)
    stack.up()
    stack.destroy()
    assert administrator.entry(GROUP) is not None
