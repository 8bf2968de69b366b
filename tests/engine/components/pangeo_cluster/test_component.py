"""Guarantees of ``PangeoCluster``: providers, several components in one program, aliases."""

import pulumi
import pytest

from components.pangeo_cluster import PangeoCluster
from tests.engine.components.pangeo_cluster.conftest import NewStack
from tests.support.administrator import Administrator
from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.tenancies import domain_of

pytestmark = pytest.mark.engine

PROVIDER = "pulumi:providers:kubernetes"
KUBERNETES = "kubernetes:"


def test_two_components_in_one_program_do_not_collide(
    new_stack: NewStack, api_server: ApiServer, directory: ThrowAwayDirectory
) -> None:
    stack = new_stack()
    # The default provider would fail; no resource of this program may use it.
    stack.environment["KUBECONFIG"] = str(stack.folder / "none")

    def declare() -> None:
        opts = stack.in_cluster()
        for name, address in (("left", "192.0.2.31"), ("right", "192.0.2.32")):
            PangeoCluster(name, stack.tenancy(name, externalIp=address, protect=False), opts, report_wait=False)

    stack.declare = declare
    stack.up()

    assert stack.preview() == {}
    providers = {each["provider"] for each in stack.state() if each["type"].startswith(KUBERNETES)}
    assert [provider.rpartition("::")[0].endswith(f"{PROVIDER}::cluster") for provider in providers] == [True]
    for name, host in (("left", domain_of("192.0.2.31")), ("right", domain_of("192.0.2.32"))):
        assert api_server.read("ingress", "pangeo", "--namespace", name)["spec"]["rules"][0]["host"] == host
        assert api_server.exists("configmap", "hub", "--namespace", name)
    with Administrator.at(directory) as administrator:
        assert administrator.entry("left_notebook_users")
        assert administrator.entry("right_notebook_users")

    # One of the two is removed; the other must not change.
    def declare_one() -> None:
        PangeoCluster(
            "right",
            stack.tenancy("right", externalIp="192.0.2.32", protect=False),
            stack.in_cluster(),
            report_wait=False,
        )

    before = api_server.read("configmap", "hub", "--namespace", "right")
    stack.declare = declare_one
    stack.up()
    assert not api_server.exists("ingress", "pangeo", "--namespace", "left")
    assert api_server.exists("namespace", "left"), "no up deletes home volumes"
    assert api_server.read("configmap", "hub", "--namespace", "right") == before


def test_renamed_component_keeps_its_children_by_its_alias(new_stack: NewStack, api_server: ApiServer) -> None:
    stack = new_stack()
    aliases: list[pulumi.Alias | str] = []

    def declare_as(name: str) -> None:
        def declare() -> None:
            opts = pulumi.ResourceOptions.merge(stack.in_cluster(), pulumi.ResourceOptions(aliases=list(aliases)))
            PangeoCluster(name, stack.tenancy("renaming", protect=False), opts, report_wait=False)

        stack.declare = declare

    declare_as("before")
    stack.up()
    uid = api_server.read("namespace", "renaming")["metadata"]["uid"]

    declare_as("after")
    assert "the group already exists" in stack.refused("preview"), "the hub would be deleted"
    aliases.append(pulumi.Alias(name="before"))
    assert stack.preview() == {}
    stack.up()
    assert api_server.read("namespace", "renaming")["metadata"]["uid"] == uid
