"""Namespaces, storage classes and Ingresses of others are refused or adopted, in engine, API server and directory."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from components.ownership.mark import ANNOTATION
from tests.support.administrator import Administrator
from tests.support.api_server import ApiServer, throw_away_api_server
from tests.support.directory import ThrowAwayDirectory
from tests.support.tenancy_stack import TenancyStack

pytestmark = pytest.mark.engine

NAMESPACE = "monitoring"
GROUP = "monitoring_notebook_users"
NO_MARK = "it has no mark (tenancy.pangeo/owner), so it was not created by this program, or by a version before 0.3"
ADOPT = "pulumi config set --path pangeo:kubernetes.existingNamespace adopt"

TYPES_WITH_THE_FILE_AS_WRITTEN = {"pangeo:caas:PangeoCluster", "pulumi:providers:pulumi-python"}

NewStack = Callable[[], TenancyStack]


@pytest.fixture(scope="module")
def api_server(tools: Path) -> Iterator[ApiServer]:
    """A cluster of this module's own, in which namespaces of others are created and deleted."""
    with throw_away_api_server(tools) as server:
        yield server


@pytest.fixture
def checkout(
    tmp_path_factory: pytest.TempPathFactory, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer
) -> Iterator[NewStack]:
    """Create workspaces with states of their own, for one stack with ``clusterName: monitoring``."""

    def create() -> TenancyStack:
        folder = tmp_path_factory.mktemp("checkout")
        return TenancyStack(folder, tools, directory, api_server.kubeconfig, clusterName=NAMESPACE)

    yield create
    api_server.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found")
    with Administrator.at(directory) as administrator:
        administrator.entry(GROUP)
        administrator.delete_groups()


@pytest.fixture
def foreign(api_server: ApiServer) -> dict[str, str]:
    """A namespace of others with a workload; return the versions of its objects."""
    api_server.kubectl("create", "namespace", NAMESPACE)
    api_server.kubectl("label", "namespace", NAMESPACE, "team=metrics")
    api_server.kubectl("create", "configmap", "alerts", "--namespace", NAMESPACE, "--from-literal=a=b")
    api_server.kubectl("create", "secret", "generic", "token", "--namespace", NAMESPACE, "--from-literal=a=b")
    return content(api_server)


def content(server: ApiServer) -> dict[str, str]:
    """Return the version of the namespace and of the workload in it."""
    listed = json.loads(server.kubectl("get", "configmap/alerts", "secret/token", "-n", NAMESPACE, "-o", "json"))[
        "items"
    ]
    objects = [server.read("namespace", NAMESPACE), *listed]
    return {f"{each['kind']}/{each['metadata']['name']}": each["metadata"]["resourceVersion"] for each in objects}


def mark(server: ApiServer, *resource: str) -> str:
    """Return the mark of an object, by default of the namespace."""
    metadata = server.read(*(resource or ("namespace", NAMESPACE)))["metadata"]
    return str((metadata.get("annotations") or {}).get(ANNOTATION, ""))


def own_mark(stack: TenancyStack) -> str:
    contract = stack.contract()
    owner, cluster = contract["owner"], contract["cluster"]
    return f"stack {owner['stack']}, cluster {cluster['uid']}, deployment {owner['deployment']}"


def test_namespace_of_others_is_refused_and_not_changed(
    checkout: NewStack, api_server: ApiServer, foreign: dict[str, str]
) -> None:
    stack = checkout()
    for protect in (True, False):
        stack.write(protect=protect)
        for operation in ("preview", "up"):
            message = stack.refused(operation)
            assert f"the namespace {NAMESPACE} exists already, and {NO_MARK}" in message
            assert ADOPT in message
            assert "Traceback" not in message
    stack.destroy()
    assert content(api_server) == foreign


def test_namespace_of_another_checkout_is_refused_and_its_owner_named(
    checkout: NewStack, api_server: ApiServer
) -> None:
    first, second = checkout(), checkout()
    first.up()
    assert mark(api_server) == own_mark(first)
    second.write(protect=False)
    for operation in ("preview", "up"):
        assert f"exists already, and it belongs to {own_mark(first)};" in second.refused(operation)
    second.destroy()
    assert mark(api_server) == own_mark(first)
    assert first.preview() == {}

    # Once the first one has been destroyed, the second one takes over what it kept.
    kept = f"{own_mark(first)} (kept by pulumi destroy)"
    first.destroy()
    assert mark(api_server) == kept
    second.write()
    second.up()
    assert mark(api_server) == own_mark(second)
    assert second.preview() == {}
    second.write(protect=False)
    second.up()
    second.destroy()
    assert not api_server.exists("namespace", NAMESPACE)


def test_adopted_namespace_keeps_its_content_and_is_never_deleted(
    checkout: NewStack, api_server: ApiServer, foreign: dict[str, str]
) -> None:
    stack = checkout()
    stack.write(protect=False, kubernetes={"existingNamespace": "adopt"})
    stack.up()
    assert mark(api_server) == own_mark(stack)
    assert stack.preview() == {}
    stack.write(protect=False)
    assert set(stack.preview()) == TYPES_WITH_THE_FILE_AS_WRITTEN, "the key is needed only once"
    stack.destroy()

    assert mark(api_server) == ""
    assert api_server.read("namespace", NAMESPACE)["metadata"]["labels"]["team"] == "metrics"
    assert {**content(api_server), f"Namespace/{NAMESPACE}": ""} == {**foreign, f"Namespace/{NAMESPACE}": ""}
    assert NO_MARK in stack.refused("preview"), "after a destroy it is foreign again"


def test_storage_class_of_others_is_refused_and_kept(checkout: NewStack, api_server: ApiServer) -> None:
    name = f"{NAMESPACE}-homes"
    others = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": "csi.example.org",
        "parameters": {"type": "ssd"},
        "reclaimPolicy": "Retain",
        "allowVolumeExpansion": True,
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    stack = checkout()
    create = {
        "storage": {"create": {"provisioner": "csi.example.org", "parameters": {"type": "ssd"}}},
        "protect": False,
    }
    stack.write(**create)
    api_server.kubectl("create", "--filename", "-", stdin=json.dumps(others))
    try:
        message = stack.refused("preview")
        assert f"the storage class {name} exists already, and {NO_MARK}" in message
        assert f"storage.className: {name}" in message
        stack.write(**create, kubernetes={"existingNamespace": "adopt"})
        stack.up()
        assert mark(api_server, "storageclass", name) == own_mark(stack)
        stack.destroy()
        assert mark(api_server, "storageclass", name) == ""
        assert not api_server.exists("namespace", NAMESPACE), "the stack itself created it"
    finally:
        api_server.kubectl("delete", "storageclass", name)
    stack.write(**create)
    stack.up()
    stack.destroy()
    assert not api_server.exists("storageclass", name), "the stack itself created it"


def test_ingress_of_others_in_an_adopted_namespace_is_refused(
    checkout: NewStack, api_server: ApiServer, foreign: dict[str, str]
) -> None:
    rule = "--rule=metrics.example.org/=web:80"
    api_server.kubectl("create", "ingress", "pangeo", "--namespace", NAMESPACE, rule)
    before = api_server.read("ingress", "pangeo", "--namespace", NAMESPACE)
    stack = checkout()
    stack.write(kubernetes={"existingNamespace": "adopt"})
    for operation in ("preview", "up"):
        assert f"the Ingress {NAMESPACE}/pangeo exists already, and {NO_MARK}" in stack.refused(operation)
    assert api_server.read("ingress", "pangeo", "--namespace", NAMESPACE) == before
    assert content(api_server) == foreign
    api_server.kubectl("delete", "ingress", "pangeo", "--namespace", NAMESPACE)
    stack.up()
    assert mark(api_server, "ingress", "pangeo", "--namespace", NAMESPACE) == own_mark(stack)


def test_failed_first_up_is_repeated(checkout: NewStack, api_server: ApiServer) -> None:
    stack = checkout()
    chart = stack.folder / "chart" / "templates" / "broken.yaml"
    chart.write_text('{{ fail "not yet" }}')
    assert "not yet" in stack.refused("up")
    first = own_mark(stack)
    assert mark(api_server) == first
    chart.unlink()
    stack.up()
    assert own_mark(stack) == first


def test_destroy_of_a_failed_first_up_deletes_only_its_own_namespace(checkout: NewStack, api_server: ApiServer) -> None:
    stack = checkout()
    stack.write(protect=False)
    (stack.folder / "chart" / "templates" / "broken.yaml").write_text('{{ fail "not yet" }}')
    stack.refused("up")
    api_server.kubectl("delete", "namespace", NAMESPACE)
    api_server.kubectl("create", "namespace", NAMESPACE)
    for operation in ("preview", "up"):
        assert NO_MARK in stack.refused(operation)
    stack.destroy()
    assert api_server.exists("namespace", NAMESPACE)


def test_namespace_with_a_release_of_others_is_not_deleted(checkout: NewStack, api_server: ApiServer) -> None:
    stack = checkout()
    stack.write(protect=False)
    stack.up()
    labels = {"owner": "helm", "name": "theirs", "status": "deployed", "version": "1"}
    name = "sh.helm.release.v1.theirs.v1"
    metadata = {"name": name, "namespace": NAMESPACE, "labels": labels}
    text = json.dumps({"apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1", "metadata": metadata})
    api_server.kubectl("create", "--filename", "-", stdin=text)
    message = stack.refused("destroy")
    assert f"the namespace {NAMESPACE} is not deleted, because Helm releases are in it: theirs" in message
    api_server.kubectl("delete", "secret", "--namespace", NAMESPACE, name)
    stack.destroy()
    assert not api_server.exists("namespace", NAMESPACE)


def test_destroy_names_the_cluster_that_does_not_answer(checkout: NewStack, api_server: ApiServer) -> None:
    stack = checkout()
    stack.write(protect=False)
    stack.up()
    with api_server.stopped():
        assert api_server.url in stack.refused("destroy")
    assert stack.contract()["owner"], "the destroy can be repeated"
    stack.destroy()
    assert not api_server.exists("namespace", NAMESPACE)


def test_namespace_that_is_being_deleted_is_refused(
    checkout: NewStack, api_server: ApiServer, foreign: dict[str, str]
) -> None:
    finalizer = '{"metadata": {"finalizers": ["example.org/slow"]}}'
    patch = ("patch", "configmap", "alerts", "--namespace", NAMESPACE, "--patch")
    api_server.kubectl(*patch, finalizer)
    api_server.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
    try:
        assert f"the namespace {NAMESPACE} is being deleted since " in checkout().refused("preview")
    finally:
        api_server.kubectl(*patch, '{"metadata": {"finalizers": null}}')
