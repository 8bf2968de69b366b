"""CRDs shared by the tenancies of a cluster: installed, upgraded, never deleted, and never taken from others."""

import json
from importlib.metadata import version
from typing import Any

import pulumi
import pytest

from components.chart.crds import VERSION_ANNOTATION
from components.ownership.mark import Mark, Owner
from components.pangeo_cluster import PangeoCluster
from components.resources.kubernetes import SDK, KubernetesObject
from tests.engine.components.pangeo_cluster.conftest import NewStack
from tests.engine.components.pangeo_cluster.program import Program
from tests.support.api_server import ApiServer
from tests.support.gateway_archives import DASK, TRAEFIK, crd

pytestmark = pytest.mark.engine

CRD = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
NOTE = {"note": {"type": "string"}}


def tenancy_with_dask(stack: Program, cluster_name: str) -> Program:
    """Make ``stack`` declare one tenancy and its selection of CRDs."""

    def declare() -> None:
        tenancy = stack.tenancy(cluster_name, protect=False)
        crds = stack.crd_selection().declared
        PangeoCluster("pangeo", tenancy, stack.in_cluster(), crds=crds, report_wait=False)

    stack.declare = declare
    return stack


def properties(server: ApiServer, name: str) -> list[str]:
    found: dict[str, Any] = server.read("crd", name)
    schema = found["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return list(schema["properties"]["spec"].get("properties", {}))


def test_crds_are_upgraded_and_outlive_every_stack(new_stack: NewStack, api_server: ApiServer) -> None:
    old, new = (crd(DASK), crd(TRAEFIK)), (crd(DASK, NOTE), crd(TRAEFIK, NOTE))
    first, second = tenancy_with_dask(new_stack(), "crds-one"), tenancy_with_dask(new_stack(), "crds-two")
    for stack in (first, second):
        stack.package_gateway("2026.3.0", *old)
        stack.up()
    assert api_server.read("crd", DASK)["metadata"]["annotations"][VERSION_ANNOTATION] == "2026.3.0"
    api_server.kubectl("wait", "crd", DASK, TRAEFIK, "--for", "condition=Established", "--timeout", "0")
    api_server.kubectl("create", "-f", "-", stdin=json.dumps(dask_cluster("crds-two")))

    first.package_gateway("2026.4.0", *new)
    assert first.preview()[CRD] == "update"
    first.up()
    assert properties(api_server, DASK) == ["note"]
    assert properties(api_server, TRAEFIK) == ["note"]

    # The other tenancy has the older chart, and must not downgrade the CRDs.
    assert "which is newer than this tenancy's 2026.3.0" in second.crd_selection().notices[0]
    second.up()
    assert properties(api_server, DASK) == ["note"]

    first.destroy()
    assert api_server.exists("daskcluster", "kept", "--namespace", "crds-two")
    second.package_gateway("2026.4.0", *new)
    assert second.preview()[CRD] == "create", "adopted"
    second.up()
    assert second.preview() == {}


def dask_cluster(namespace: str) -> dict[str, Any]:
    metadata = {"name": "kept", "namespace": namespace}
    return {"apiVersion": "gateway.dask.org/v1alpha1", "kind": "Daskcluster", "metadata": metadata}


def test_traefik_crds_are_kept_and_equal_dask_crds_adopted_from_helm(
    new_stack: NewStack, api_server: ApiServer
) -> None:
    # No other test uses these two CRDs: deleting a CRD takes time.
    dasks, traefiks = "daskjobs.gateway.dask.org", "middlewares.traefik.io"
    for each in (crd(dasks, NOTE), crd(traefiks, {"newest": {"type": "string"}})):
        api_server.kubectl("create", "--field-manager", "helm", "-f", "-", stdin=json.dumps(each))
    before = api_server.read("crd", traefiks)
    stack = tenancy_with_dask(new_stack(), "crds-guest")
    stack.package_gateway("2026.4.0", crd(dasks, NOTE), crd(traefiks, NOTE))

    stack.up()

    assert stack.crd_selection().notices == (
        f"{traefiks}: not changed, because they belong to the cluster; Dask Gateway uses them",
    )
    assert api_server.read("crd", traefiks) == before
    assert api_server.read("crd", dasks)["metadata"]["annotations"][VERSION_ANNOTATION] == "2026.4.0"
    assert stack.preview() == {}


@pytest.mark.parametrize("installed_by", ["helm", "tenancy"])
def test_crd_with_other_content_is_not_overwritten(
    new_stack: NewStack, api_server: ApiServer, installed_by: str
) -> None:
    name = f"daskof{installed_by}s.gateway.dask.org"
    theirs, ours = {"theirs": {"type": "string"}}, {"ours": {"type": "string"}}
    if installed_by == "helm":
        api_server.kubectl("create", "--field-manager", "helm", "-f", "-", stdin=json.dumps(crd(name, theirs)))
    else:
        other = tenancy_with_dask(new_stack(), "crds-theirs")
        other.package_gateway("2026.3.0", crd(name, theirs))
        other.up()
    before = api_server.read("crd", name)

    stack = tenancy_with_dask(new_stack(), f"crds-ours-{installed_by}")
    stack.package_gateway("2026.3.0", crd(name, ours))
    stack.up()

    assert api_server.read("crd", name) == before
    assert stack.preview() == {}
    (notice,) = stack.crd_selection().notices
    assert name in notice

    # The operator follows the notice.
    api_server.kubectl(*notice.partition(": kubectl ")[2].split())
    assert stack.preview()[CRD] == "create"
    stack.up()
    assert properties(api_server, name) == ["ours"]
    assert stack.preview() == {}


def managers(server: ApiServer, kind: str, name: str) -> list[str]:
    """Return the owners of an object's fields, except of its status."""
    entries = server.read(kind, name, "--show-managed-fields")["metadata"]["managedFields"]
    return sorted(f"{each['manager']} {each['operation']}" for each in entries if not each.get("subresource"))


def names(owners: list[str]) -> set[str]:
    return {owner.split()[0] for owner in owners}


def test_kept_objects_gain_no_field_managers(new_stack: NewStack, api_server: ApiServer) -> None:
    name = "daskagains.gateway.dask.org"
    first, second = new_stack(), new_stack()
    storage_class = ""

    def declare(stack: Program, cluster_name: str) -> None:
        nonlocal storage_class
        storage = {"create": {"provisioner": "example.org/none"}}
        tenancy = stack.tenancy(cluster_name, protect=True, storage=storage)
        storage_class = str(tenancy.storage_class_name)
        crds = stack.crd_selection().declared
        mark = str(Mark(Owner(cluster_name, "this-cluster", "d1"), is_kept=False))
        PangeoCluster("pangeo", tenancy, stack.in_cluster(), crds=crds, mark=mark, report_wait=False)

    first.declare = lambda: declare(first, "crds-again")
    second.declare = lambda: declare(second, "crds-beside")
    for stack in (first, second):
        stack.package_gateway("2026.3.0", crd(name))
    first.up()
    kept = (("crd", name), ("namespace", "crds-again"), ("storageclass", storage_class))
    assert [managers(api_server, *each) for each in kept] == 3 * [["pulumi-kubernetes-pangeo Apply"]]

    for _ in range(3):
        first.destroy()
        second.up()
        second.destroy()
        first.up()
        assert [managers(api_server, *each) for each in kept] == 3 * [["pulumi-kubernetes-pangeo Apply"]]


def declare_crds(stack: Program, *, annotations: dict[str, str] | None = None) -> None:
    """Declare the stack's selection of CRDs alone; with ``annotations`` instead of their own as an older program."""
    for each in stack.crd_selection().declared:
        metadata = {"name": each.name, "annotations": annotations or dict(each.annotations)}
        inputs = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": metadata}
        inputs["spec"] = dict(each.spec)
        opts = pulumi.ResourceOptions(provider=stack.provider(), retain_on_delete=True, version=version(SDK))
        if annotations:
            pulumi.CustomResource(CRD, each.name, inputs, opts)
        else:
            KubernetesObject(each.name, inputs, opts)


def test_crd_of_an_older_program_gains_no_further_field_manager(new_stack: NewStack, api_server: ApiServer) -> None:
    name = "daskolders.gateway.dask.org"
    stack = new_stack()
    stack.package_gateway("2026.3.0", crd(name))
    before = {VERSION_ANNOTATION: "2026.3.0", "pulumi.com/patchForce": "true"}
    stack.declare = lambda: declare_crds(stack, annotations=before)
    stack.up()
    stack.destroy()
    stack.up()
    before_upgrade = managers(api_server, "crd", name)
    assert len(before_upgrade) == 2, "each up of the older program added one"

    stack.declare = lambda: declare_crds(stack)
    stack.up()
    assert stack.preview() == {}
    upgraded = managers(api_server, "crd", name)
    assert names(upgraded) <= names(before_upgrade), "the update is made under one of the names"
    for _ in range(2):
        stack.destroy()
        stack.up()
        assert managers(api_server, "crd", name) == upgraded
    assert stack.preview() == {}


def test_program_declares_only_its_own_crds(new_stack: NewStack, api_server: ApiServer) -> None:
    dasks, traefiks = "daskflows.gateway.dask.org", "tlsstores.traefik.io"
    api_server.kubectl("create", "-f", "-", stdin=json.dumps(crd(traefiks)))
    stack = new_stack()
    stack.declare = stack.run_project
    stack.write(clusterName="crds-whole")
    stack.package_gateway("2026.3.0", crd(dasks), crd(traefiks))

    assert stack.preview()[CRD] == "create"
    stack.up()

    assert api_server.read("crd", dasks)["metadata"]["annotations"][VERSION_ANNOTATION] == "2026.3.0"
    assert VERSION_ANNOTATION not in api_server.read("crd", traefiks)["metadata"].get("annotations", {})
    assert stack.preview() == {}
