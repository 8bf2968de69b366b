"""A destroy or a refresh with a kubeconfig of another cluster is refused, and changes nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from components.ownership.mark import ANNOTATION
from tests.support.api_server import ApiServer, throw_away_api_server
from tests.support.operator import Operator
from tests.support.tenancy_stack import TenancyStack, objects

pytestmark = pytest.mark.engine

NAMESPACE = "kept"


@pytest.fixture(scope="module")
def other(tools: Path) -> Iterator[ApiServer]:
    """Another cluster, in which a namespace of the same name belongs to somebody else."""
    with throw_away_api_server(tools) as server:
        server.kubectl("create", "namespace", NAMESPACE)
        server.kubectl("create", "configmap", "hub", "--namespace", NAMESPACE)
        yield server


def test_destroy_of_another_cluster_is_refused(stack: TenancyStack, api_server: ApiServer, other: ApiServer) -> None:
    state, live, foreign = stack.state(), objects(api_server, NAMESPACE), objects(other, NAMESPACE)
    stack.kubeconfig = other.kubeconfig

    message = stack.refused("destroy")

    assert f"{api_server.url} (kube-system " in message
    assert f"→ {other.url} (kube-system " in message
    assert "set kubernetes.context or KUBECONFIG back" in message
    assert "Traceback" not in message
    assert stack.state() == state
    assert objects(api_server, NAMESPACE) == live
    assert objects(other, NAMESPACE) == foreign
    stack.kubeconfig = api_server.kubeconfig
    assert stack.preview() == {}


def test_destroy_of_a_namespace_with_another_owner_is_refused(stack: TenancyStack, api_server: ApiServer) -> None:
    mark = api_server.read("namespace", NAMESPACE)["metadata"]["annotations"][ANNOTATION]
    set_mark(api_server, "stack elsewhere, cluster 0, deployment 1")

    message = stack.refused("destroy")

    assert "belongs to stack elsewhere, cluster 0, deployment 1, not to this deployment" in message
    set_mark(api_server, mark)
    assert api_server.exists("ingress", "pangeo", "--namespace", NAMESPACE)


def test_refresh_of_another_cluster_is_reported_and_loses_nothing(
    stack: TenancyStack, api_server: ApiServer, other: ApiServer, tools: Path
) -> None:
    live = objects(api_server, NAMESPACE)
    stack.kubeconfig = other.kubeconfig

    message = stack.refused("refresh")

    assert f"→ {other.url} (kube-system " in message
    assert "The refresh has deleted nothing" in message
    assert objects(api_server, NAMESPACE) == live
    stack.kubeconfig = api_server.kubeconfig
    operator = Operator(stack, tools)
    error = stack.refused("up")
    assert "components repair" in error or "still in use" in error
    assert operator.repair("--yes", "--interrupted").returncode == 0
    stack.up()
    assert stack.preview() == {}


def set_mark(api_server: ApiServer, mark: str) -> None:
    api_server.kubectl("annotate", "namespace", NAMESPACE, f"{ANNOTATION}={mark}", "--overwrite")
