"""CRDs shared by the tenancies of a cluster: installed, upgraded, never deleted, and never taken from others."""

import json
from typing import Any

import pytest

from components.chart.crds import VERSION_ANNOTATION
from components.pangeo_cluster import PangeoCluster
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
        PangeoCluster("pangeo", tenancy, stack.in_cluster(), crds=stack.crd_selection().declared)

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


def test_traefik_crds_are_kept_and_dask_crds_adopted_from_helm(new_stack: NewStack, api_server: ApiServer) -> None:
    # No other test uses these two CRDs: deleting a CRD takes time.
    dasks, traefiks = "daskjobs.gateway.dask.org", "middlewares.traefik.io"
    for each in (crd(dasks), crd(traefiks, {"newest": {"type": "string"}})):
        api_server.kubectl("create", "--field-manager", "helm", "-f", "-", stdin=json.dumps(each))
    before = api_server.read("crd", traefiks)
    stack = tenancy_with_dask(new_stack(), "crds-guest")
    stack.package_gateway("2026.4.0", crd(dasks, NOTE), crd(traefiks, NOTE))

    stack.up()

    assert stack.crd_selection().notices == (
        f"{traefiks}: not changed, because they belong to the cluster; Dask Gateway uses them",
    )
    assert api_server.read("crd", traefiks) == before
    assert properties(api_server, dasks) == ["note"]
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
