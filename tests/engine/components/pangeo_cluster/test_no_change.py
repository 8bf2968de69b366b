"""A program that did not change shows no change, in a preview and in a refresh."""

from typing import Any

import pytest
from pulumi.automation import OpType

from tests.engine.components.pangeo_cluster.conftest import NewStack
from tests.support.api_server import ApiServer
from tests.support.gateway_archives import crd
from tests.support.operator_kinds import operator_crd_names, operator_crds

pytestmark = pytest.mark.engine

STORAGE = {"create": {"provisioner": "example.org/none"}}


def crd_with_empty_fields(name: str) -> dict[str, Any]:
    """Return a CRD with every field that the API server leaves out or completes."""
    found = crd(name, {"size": {"type": "integer", "nullable": False, "required": []}})
    (version,) = found["spec"]["versions"]
    columns = [{"name": "Size", "type": "integer", "jsonPath": ".spec.size", "priority": 0, "description": ""}]
    version |= {"subresources": {"status": {}}, "additionalPrinterColumns": columns, "deprecated": False}
    found["spec"]["names"] |= {"shortNames": [], "categories": None}
    del found["spec"]["names"]["listKind"]
    found["spec"] |= {"preserveUnknownFields": False, "conversion": {"strategy": "None"}}
    found["metadata"] |= {"labels": {}, "annotations": {}}
    return {**found, "status": {"conditions": []}}


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("same-small", {"dask": {"enabled": False}}),
        (
            "same-large",
            {
                "storage": STORAGE,
                "ingress": {"className": "traefik", "redirectedBy": "controller"},
                "metrics": {"prometheus": {"namespace": "monitoring", "podLabels": {"app": "prometheus"}}},
            },
        ),
    ],
)
def test_no_change_is_shown_without_a_change(
    new_stack: NewStack, api_server: ApiServer, name: str, changes: dict[str, Any]
) -> None:
    stack = new_stack()
    stack.declare = stack.run_project
    stack.write(clusterName=name, **changes)
    stack.package_gateway("2026.3.0", crd_with_empty_fields("dasksames.gateway.dask.org"))
    api_server.kubectl("apply", "--server-side", "--filename=-", stdin=operator_crds())
    api_server.kubectl("wait", "--for=condition=Established", "--timeout=60s", *operator_crd_names())
    stack.up()
    monitors = api_server.kubectl("get", "servicemonitors,prometheusrules", "--namespace", name, "--output=name")
    assert len(monitors.split()) == (2 if "metrics" in changes else 0)

    assert stack.preview() == {}
    assert stack.refresh_changes() == {}
    assert stack.preview() == {}

    api_server.kubectl("annotate", "--overwrite", "namespace", name, "pulumi.com/patchForce=changed")
    assert stack.refresh_changes() == {"update": 1}
    assert stack.preview() == {"kubernetes:core/v1:Namespace": OpType.UPDATE}
