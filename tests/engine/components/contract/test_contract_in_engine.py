"""Changes refused against what is deployed: the project's program in the real engine, an API server, a directory."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi.automation import OpType

from tests.support.administrator import Administrator
from tests.support.api_server import ApiServer, throw_away_api_server
from tests.support.directory import ThrowAwayDirectory
from tests.support.tenancy_stack import CONTRACT, TenancyStack, objects

pytestmark = pytest.mark.engine

GROUP = "kept_notebook_users"
OTHER_GROUP = "renamed_notebook_users"
WHERE_THE_FILE_IS_KEPT_AS_WRITTEN = {"pangeo:caas:PangeoCluster", "pulumi:providers:pulumi-python"}
"""The component's inputs and the engine's own copy of the configuration: nothing outside the state."""


@pytest.fixture
def administrator(directory: ThrowAwayDirectory) -> Iterator[Administrator]:
    with Administrator.at(directory) as administrator:
        yield administrator


def change_everything(stack: TenancyStack) -> None:
    stack.write(
        clusterName="renamed",
        externalIp="192.0.2.11",
        pangeoDomain="hub.example.test",
        identity={**stack.identity, "realm": "OTHER.TEST"},
        storage=None,
        notebookStorageGb=5,
    )


REFUSED = (
    "clusterName: kept → renamed would leave the group kept_notebook_users",
    "externalIp: 192.0.2.10 → 192.0.2.11 would leave the hub where nobody looks",
    "pangeoDomain: pangeo.192-0-2-10.sslip.io → hub.example.test would break every link",
    "identity.realm: dc=tenancy,dc=test → dc=other,dc=test is another directory",
    "storage.className: homes → (the cluster's default class) would not move volumes that exist",
    "notebookStorageGb: 10 → 5 would lose users' files",
)


def test_a_deployed_tenancy_previews_without_a_change(stack: TenancyStack, api_server: ApiServer) -> None:
    assert stack.preview() == {}
    uid = api_server.read("namespace", "kube-system")["metadata"]["uid"]
    assert stack.contract()["cluster"] == {"server": api_server.url, "uid": uid}


def test_all_changes_that_must_not_be_are_refused_in_the_preview_at_once(stack: TenancyStack) -> None:
    stack.environment["PANGEO_DNS_CHECK"] = "warn"
    change_everything(stack)
    said = stack.refused("preview")
    assert [sentence for sentence in REFUSED if sentence not in said] == []
    assert "Traceback" not in said


def test_an_up_that_skips_the_preview_is_refused_before_anything_is_touched(
    stack: TenancyStack, api_server: ApiServer, administrator: Administrator
) -> None:
    state, live, group = stack.state(), objects(api_server, "kept"), administrator.entry(GROUP)
    stack.environment["PANGEO_DNS_CHECK"] = "warn"
    change_everything(stack)
    assert REFUSED[0] in stack.refused("up")
    assert stack.state() == state
    assert objects(api_server, "kept") == live
    assert administrator.entry(GROUP) == group
    assert administrator.entry(OTHER_GROUP) is None
    assert not api_server.exists("namespace", "renamed")


def test_another_spelling_is_no_change(stack: TenancyStack, directory: ThrowAwayDirectory) -> None:
    stack.environment["PANGEO_DNS_CHECK"] = "warn"
    identity = {key: value for key, value in stack.identity.items() if key != "realm"}
    stack.write(
        pangeoDomain="Pangeo.192-0-2-10.SSLIP.io.",
        domainSuffix="nip.io",
        identity={**identity, "baseDn": "DC=Tenancy, dc=test"},
        storage={"className": "homes", "hubDatabaseClass": "homes"},
        notebookStorageGb="10",
    )
    assert set(stack.preview()) == WHERE_THE_FILE_IS_KEPT_AS_WRITTEN


def test_storage_grows_and_does_not_shrink_again(stack: TenancyStack, api_server: ApiServer) -> None:
    stack.write(notebookStorageGb=20)
    stack.up()
    assert api_server.read("configmap", "hub", "--namespace", "kept")["data"] == {"storage": "20Gi"}
    stack.write()
    assert "notebookStorageGb: 20 → 10 would lose users' files" in stack.refused("preview")
    stack.write(notebookStorageGb=20)
    stack.destroy()
    stack.write()
    stack.up()


def test_another_cluster_is_refused_naming_both_and_the_provider_is_left_alone(
    stack: TenancyStack, api_server: ApiServer, tools: Path
) -> None:
    state, first = stack.state(), stack.contract()["cluster"]
    with throw_away_api_server(tools) as other:
        uid = other.read("namespace", "kube-system")["metadata"]["uid"]
        stack.kubeconfig = other.kubeconfig
        for operation in ("preview", "up"):
            said = stack.refused(operation)
            assert f"{api_server.url} (kube-system {first['uid']}) → {other.url} (kube-system {uid})" in said, operation
        assert not other.exists("namespace", "kept")
    assert stack.state() == state
    stack.kubeconfig = api_server.kubeconfig
    assert stack.preview() == {}


def test_an_unreachable_cluster_is_said_and_a_preview_can_go_on_without(
    stack: TenancyStack, api_server: ApiServer
) -> None:
    known = stack.contract()
    with api_server.stopped():
        said = stack.refused("preview")
        assert f"cannot be identified: {api_server.url}" in said
        assert "the connection was refused" in said
        assert "Traceback" not in said
        stack.environment["PANGEO_CLUSTER_CHECK"] = "warn"
        assert stack.preview() == {}
        assert "the connection was refused" in stack.refused("up")
    assert stack.contract() == known


def test_after_a_destroy_an_up_finds_all_it_left_and_another_name_is_a_first_deployment(
    stack: TenancyStack, api_server: ApiServer, administrator: Administrator, directory: ThrowAwayDirectory
) -> None:
    alice = directory.user_dn("alice")
    administrator.add_members(GROUP, [alice])
    deleted = stack.destroy()
    assert [type_ for type_ in deleted if not type_.startswith("pulumi:")][-1] == CONTRACT, "and so kept by half a one"
    assert stack.state() == []
    assert api_server.exists("namespace", "kept")

    stack.write(clusterName="renamed")
    assert stack.preview()["kubernetes:core/v1:Namespace"] == OpType.CREATE

    stack.write()
    stack.up()
    assert administrator.members(GROUP) == [alice]
    assert stack.preview() == {}
