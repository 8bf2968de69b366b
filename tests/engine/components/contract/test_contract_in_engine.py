"""Refused changes of a deployed tenancy: the program in the real engine, with an API server and a directory."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi.automation import OpType

from components.version import program_version
from tests.support.administrator import Administrator
from tests.support.api_server import ApiServer, throw_away_api_server
from tests.support.directory import ThrowAwayDirectory
from tests.support.tenancies import domain_of
from tests.support.tenancy_stack import CONTRACT, TenancyStack, objects

pytestmark = pytest.mark.engine

GROUP = "kept_notebook_users"
OTHER_GROUP = "renamed_notebook_users"
TYPES_WITH_THE_FILE_AS_WRITTEN = {"pangeo:caas:PangeoCluster", "pulumi:providers:pulumi-python"}
"""Types whose inputs contain the stack's file as written; another spelling updates the state only."""


@pytest.fixture
def administrator(directory: ThrowAwayDirectory) -> Iterator[Administrator]:
    with Administrator.at(directory) as administrator:
        yield administrator


def change_everything(stack: TenancyStack, pangeoDomain: str | None = "hub.example.test") -> None:  # noqa: N803
    stack.write(
        clusterName="renamed",
        externalIp="192.0.2.11",
        pangeoDomain=pangeoDomain,
        identity={**stack.identity, "realm": "OTHER.TEST"},
        storage=None,
        notebookStorageGb=5,
    )


REFUSED = (
    "clusterName: kept → renamed would abandon the group kept_notebook_users",
    "externalIp: 192.0.2.10 → 192.0.2.11 would move the hub to an address its users do not know",
    f"pangeoDomain: {domain_of('192.0.2.10')} → hub.example.test would break every link",
    "identity.realm: dc=tenancy,dc=test → dc=other,dc=test is another directory",
    "storage.className: homes → (the cluster's default class) does not move existing volumes",
    "notebookStorageGb: 10 → 5 would lose users' files",
)


def test_preview_of_a_deployed_tenancy_shows_no_change(stack: TenancyStack, api_server: ApiServer) -> None:
    assert stack.preview() == {}
    uid = api_server.read("namespace", "kube-system")["metadata"]["uid"]
    assert stack.contract()["cluster"] == {"server": api_server.url, "uid": uid}


def test_stack_outputs_contain_the_programs_version(stack: TenancyStack) -> None:
    [outputs] = [each["outputs"] for each in stack.state() if each["type"] == "pulumi:pulumi:Stack"]
    assert outputs["version"] == program_version()


def test_preview_refuses_all_immutable_changes_at_once(stack: TenancyStack) -> None:
    stack.environment["PANGEO_DNS_CHECK"] = "warn"
    change_everything(stack)
    output = stack.refused("preview")
    assert [message for message in REFUSED if message not in output] == []
    assert "Traceback" not in output


def test_up_without_preview_is_refused_before_any_change(
    stack: TenancyStack, api_server: ApiServer, administrator: Administrator
) -> None:
    state, live, group = stack.state(), objects(api_server, "kept"), administrator.entry(GROUP)
    change_everything(stack, pangeoDomain=None)
    assert REFUSED[0] in stack.refused("up")
    assert stack.state() == state
    assert objects(api_server, "kept") == live
    assert administrator.entry(GROUP) == group
    assert administrator.entry(OTHER_GROUP) is None
    assert not api_server.exists("namespace", "renamed")


def test_the_dns_switch_does_not_weaken_up(stack: TenancyStack) -> None:
    """No name below ``.invalid`` resolves (RFC 6761)."""
    stack.environment["PANGEO_DNS_CHECK"] = "warn"
    stack.write(pangeoDomain="hub.example.invalid")
    refusal = stack.refused("up")
    assert "pangeo:pangeoDomain  hub.example.invalid" in refusal
    assert "Traceback" not in refusal


@pytest.mark.parametrize("password", ["hunter2\n", "hunter2 ", "hunter2\udcff"], ids=["newline", "space", "not UTF-8"])
def test_a_password_with_a_mistake_is_refused_before_any_change(stack: TenancyStack, password: str) -> None:
    state = stack.state()
    stack.environment["FREEIPA_BIND_PASSWORD"] = password
    stack.write(notebookStorageGb=30)
    for operation in ("preview", "up"):
        refusal = stack.refused(operation)
        assert "the bind password for FreeIPA in the environment variable FREEIPA_BIND_PASSWORD" in refusal
        assert "hunter2" not in refusal
        assert "Traceback" not in refusal
    assert stack.state() == state


def test_other_spelling_is_no_change(stack: TenancyStack, directory: ThrowAwayDirectory) -> None:
    stack.environment["PANGEO_DNS_CHECK"] = "warn"
    identity = {key: value for key, value in stack.identity.items() if key != "realm"}
    stack.write(
        pangeoDomain="Pangeo.192-0-2-10.SSLIP.io.",
        domainSuffix="nip.io",
        identity={**identity, "baseDn": "DC=Tenancy, dc=test"},
        storage={"className": "homes", "hubDatabaseClass": "homes"},
        notebookStorageGb="10",
    )
    assert set(stack.preview()) == TYPES_WITH_THE_FILE_AS_WRITTEN


def test_storage_grows_and_does_not_shrink(stack: TenancyStack, api_server: ApiServer) -> None:
    stack.write(notebookStorageGb=20)
    stack.up()
    assert api_server.read("configmap", "hub", "--namespace", "kept")["data"] == {"storage": "20Gi"}
    stack.write()
    assert "notebookStorageGb: 20 → 10 would lose users' files" in stack.refused("preview")
    stack.write(notebookStorageGb=20)
    stack.destroy()
    stack.write()
    stack.up()


def test_other_cluster_is_refused_and_the_provider_kept(
    stack: TenancyStack, api_server: ApiServer, tools: Path
) -> None:
    state, first = stack.state(), stack.contract()["cluster"]
    with throw_away_api_server(tools) as other:
        uid = other.read("namespace", "kube-system")["metadata"]["uid"]
        stack.kubeconfig = other.kubeconfig
        for operation in ("preview", "up"):
            output = stack.refused(operation)
            assert f"{api_server.url} (kube-system {first['uid']}) → {other.url} (kube-system {uid})" in output, (
                operation
            )
        assert not other.exists("namespace", "kept")
    assert stack.state() == state
    stack.kubeconfig = api_server.kubeconfig
    assert stack.preview() == {}


def test_preview_can_go_on_without_an_unreachable_cluster(stack: TenancyStack, api_server: ApiServer) -> None:
    known = stack.contract()
    with api_server.stopped():
        output = stack.refused("preview")
        assert f"cannot be identified: {api_server.url}" in output
        assert "the connection was refused" in output
        assert "Traceback" not in output
        stack.environment["PANGEO_CLUSTER_CHECK"] = "warn"
        assert stack.preview() == {}
        assert "the connection was refused" in stack.refused("up")
    assert stack.contract() == known


def test_up_after_destroy_adopts_what_was_retained(
    stack: TenancyStack, api_server: ApiServer, administrator: Administrator, directory: ThrowAwayDirectory
) -> None:
    alice = directory.user_dn("alice")
    administrator.add_members(GROUP, [alice])
    deleted = stack.destroy()
    assert [type_ for type_ in deleted if not type_.startswith("pulumi:")][-1] == CONTRACT, (
        "deleted last, so that a partial destroy keeps it"
    )
    assert stack.state() == []
    assert api_server.exists("namespace", "kept")

    stack.write(clusterName="renamed")
    assert stack.preview()["kubernetes:core/v1:Namespace"] == OpType.CREATE

    stack.write()
    stack.up()
    assert administrator.members(GROUP) == [alice]
    assert stack.preview() == {}
