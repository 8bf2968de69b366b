"""Changes of single objects at a real API server, directly and through kubectl."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.cluster.client import ReadWriteApi, connect_to_cluster
from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import Kubeconfig
from components.cluster.objects import delete_object, find_object, namespace_path, set_annotation
from tests.support.api_server import ApiServer

pytestmark = pytest.mark.engine

NAME = "changed"
PLACE = namespace_path(NAME)


@pytest.fixture(params=["directly", "through kubectl"])
def api(request: pytest.FixtureRequest, api_server: ApiServer, tools: Path, tmp_path: Path) -> Iterator[ReadWriteApi]:
    document = json.loads(api_server.kubeconfig.read_text())
    if request.param == "through kubectl":
        document["clusters"][0]["cluster"]["tls-server-name"] = "localhost"  # which only kubectl supports
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(document))
    with connect_to_cluster(Kubeconfig(None, file, None), {"PATH": str(tools), "HOME": "/nowhere"}, 30) as api:
        yield api


@pytest.fixture
def uid(api_server: ApiServer) -> Iterator[str]:
    api_server.kubectl("create", "namespace", NAME)
    api_server.kubectl("annotate", "namespace", NAME, "theirs=1")
    yield str(api_server.read("namespace", NAME)["metadata"]["uid"])
    api_server.kubectl("delete", "namespace", NAME, "--ignore-not-found")


def annotations(api_server: ApiServer) -> dict[str, str]:
    found: dict[str, str] = api_server.read("namespace", NAME)["metadata"]["annotations"]
    return found


def test_missing_object_is_none(api: ReadWriteApi) -> None:
    assert find_object(api, namespace_path("no-such-namespace")) is None


def test_annotation_is_set_and_removed_and_others_stay(api: ReadWriteApi, uid: str, api_server: ApiServer) -> None:
    assert set_annotation(api, PLACE, uid, "tenancy.pangeo/owner", "us")
    assert annotations(api_server) == {"theirs": "1", "tenancy.pangeo/owner": "us"}
    assert set_annotation(api, PLACE, uid, "tenancy.pangeo/owner", None)
    assert annotations(api_server) == {"theirs": "1"}


def test_object_of_another_uid_is_neither_changed_nor_deleted(
    api: ReadWriteApi, uid: str, api_server: ApiServer
) -> None:
    assert not set_annotation(api, PLACE, "another", "tenancy.pangeo/owner", "us")
    delete_object(api, PLACE, "another", print)
    assert annotations(api_server) == {"theirs": "1"}
    assert api_server.read("namespace", NAME)["metadata"]["uid"] == uid


def test_deletion_is_waited_for(api: ReadWriteApi, uid: str, api_server: ApiServer) -> None:
    api_server.kubectl("create", "configmap", "content", "--namespace", NAME)
    delete_object(api, PLACE, uid, print)
    assert not api_server.exists("namespace", NAME)
    delete_object(api, PLACE, uid, print)


def test_deletion_that_does_not_end_names_what_is_left(api: ReadWriteApi, uid: str, api_server: ApiServer) -> None:
    api_server.kubectl("create", "configmap", "content", "--namespace", NAME)
    patch = ("patch", "configmap", "content", "--namespace", NAME, "--patch")
    api_server.kubectl(*patch, '{"metadata": {"finalizers": ["example.org/slow"]}}')
    api_server.kubectl("delete", "namespace", NAME, "--wait=false")
    # The controller writes what is left into the namespace's status.
    remaining = "--for=condition=NamespaceFinalizersRemaining"
    api_server.kubectl("wait", "namespace", NAME, remaining, "--timeout=50s")
    try:
        with pytest.raises(CannotAsk, match=f"Namespace {NAME} is not gone 1 s after .*example.org/slow"):
            delete_object(api, PLACE, uid, print, limit_seconds=1)
    finally:
        api_server.kubectl(*patch, '{"metadata": {"finalizers": null}}')
        api_server.kubectl("wait", "namespace", NAME, "--for=delete", "--timeout=50s")
