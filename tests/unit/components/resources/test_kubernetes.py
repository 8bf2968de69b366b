"""The generic resources register the same inputs as the SDK's typed classes, with fewer imports."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pytest

from components.ownership.field_manager import FIELD_MANAGER
from components.resources.kubernetes import (
    OUTLIVES_THE_STACK,
    HelmRelease,
    KubernetesObject,
    KubernetesProvider,
    declared_form,
)
from tests.unit.components.resources.recorder import Recorder, recorded_registrations

METADATA = {"metadata": {"name": "vis", "labels": {"who": "pangeo"}}}
CLASS = {
    "provisioner": "example.org/cinder",
    "reclaimPolicy": "Retain",
    "allowVolumeExpansion": True,
    "volumeBindingMode": "WaitForFirstConsumer",
}
SECRET: dict[str, Any] = {"type": "Opaque", "stringData": {"token": "0123"}}
RELEASE: dict[str, Any] = {
    "name": "pangeo",
    "namespace": "vis",
    "chart": "./chart",
    "timeout": 1200,
    "cleanupOnFail": True,
    "maxHistory": 10,
    "skipCrds": False,
    "values": {"jupyterhub": {"hub": {"config": {"JupyterHub": {"admin_access": True}}}}},
}
OPTIONS = pulumi.ResourceOptions(delete_before_replace=True)
"""The generic classes set it themselves: the names are fixed."""


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with recorded_registrations(lambda args: (f"{args.name}-id", args.inputs)) as found:
        yield found


def declare_generic(kind: str) -> pulumi.CustomResource:
    opts = pulumi.ResourceOptions()
    if kind == "Provider":
        return KubernetesProvider("one", context="vis", kubeconfig=None, cluster_identifier="uid", opts=opts)
    if kind == "Namespace":
        return KubernetesObject("one", {"apiVersion": "v1", "kind": kind, **METADATA}, opts)
    if kind == "StorageClass":
        return KubernetesObject("one", {"apiVersion": "storage.k8s.io/v1", "kind": kind, **METADATA, **CLASS}, opts)
    if kind == "Secret":
        return KubernetesObject("one", {"apiVersion": "v1", "kind": kind, **METADATA, **SECRET}, opts)
    return HelmRelease("one", RELEASE, opts)


def declare_typed(kind: str) -> pulumi.CustomResource:
    from pulumi_kubernetes import Provider
    from pulumi_kubernetes.core.v1 import Namespace, Secret
    from pulumi_kubernetes.helm.v3 import Release
    from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
    from pulumi_kubernetes.storage.v1 import StorageClass

    annotations = {"pulumi.com/patchFieldManager": FIELD_MANAGER, "pulumi.com/patchForce": "true"}
    metadata = ObjectMetaArgs(name="vis", labels={"who": "pangeo"}, annotations=annotations)
    if kind == "Provider":
        return Provider("one", context="vis", cluster_identifier="uid", upsert_existing_objects=True)
    if kind == "Namespace":
        return Namespace("one", metadata=metadata, opts=OPTIONS)
    if kind == "Secret":
        metadata = ObjectMetaArgs(name="vis", labels={"who": "pangeo"})
        return Secret("one", metadata=metadata, type="Opaque", string_data=SECRET["stringData"], opts=OPTIONS)
    if kind == "StorageClass":
        return StorageClass(
            "one",
            metadata=metadata,
            provisioner="example.org/cinder",
            reclaim_policy="Retain",
            allow_volume_expansion=True,
            volume_binding_mode="WaitForFirstConsumer",
            opts=OPTIONS,
        )
    return Release(
        "one",
        name="pangeo",
        namespace="vis",
        chart="./chart",
        timeout=1200,
        cleanup_on_fail=True,
        max_history=10,
        skip_crds=False,
        values=RELEASE["values"],
        opts=OPTIONS,
    )


@pytest.mark.parametrize("kind", ["Namespace", "Secret", "StorageClass", "Release", "Provider"])
def test_registration_equals_the_one_of_the_sdks_class(
    recorder: Recorder, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    declare(lambda: declare_generic(kind))
    declare(lambda: declare_typed(kind))

    generic, typed = recorder.requests
    # Aliases of old type names, and positions in the source code, differ.
    for request in (generic, typed):
        for field in ("aliases", "sourcePosition", "stackTrace", "packageRef"):
            request.pop(field, None)
    assert generic == typed


def test_provider_has_no_input_of_this_machine(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/home/me/.kube/vis")
    declare(lambda: declare_generic("Provider"))

    (registered,) = recorder.requests
    assert registered["object"] == {"context": "vis", "clusterIdentifier": "uid", "upsertExistingObjects": "true"}


@pytest.mark.parametrize("kind", ["Namespace", "StorageClass", "Release"])
def test_fixed_name_is_free_before_a_replacement_uses_it(recorder: Recorder, kind: str) -> None:
    declare(lambda: declare_generic(kind))

    (registered,) = recorder.requests
    assert registered["deleteBeforeReplace"]


def test_component_imports_no_typed_sdk_modules() -> None:
    code = (
        "import sys, components.pangeo_cluster; print(*[m for m in sys.modules if m.startswith('pulumi_kubernetes.')])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.split() == []


def declare(resource: Callable[[], pulumi.CustomResource]) -> None:
    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[str]:
        return resource().urn

    program()


def test_empty_fields_of_object_and_metadata_are_left_out() -> None:
    metadata = {"name": "vis", "labels": {}, "annotations": {"a": ""}, "finalizers": []}
    spec: dict[str, Any] = {"subresources": {"status": {}}}
    manifest = {"apiVersion": "a/v1", "kind": "A", "metadata": metadata, "parameters": {}, "rules": None, "spec": spec}

    assert declared_form(manifest) == {
        "apiVersion": "a/v1",
        "kind": "A",
        "metadata": {"name": "vis", "annotations": {"a": ""}},
        "spec": spec,
    }


@pytest.mark.parametrize("kind", OUTLIVES_THE_STACK)
def test_objects_that_outlive_the_stack_have_one_field_manager(kind: str) -> None:
    def manager(annotations: dict[str, str]) -> str:
        metadata = {"name": "vis", "annotations": annotations}
        declared = declared_form({"apiVersion": "v1", "kind": kind, "metadata": metadata})["metadata"]
        return str(declared["annotations"]["pulumi.com/patchFieldManager"])

    assert manager({}) == FIELD_MANAGER
    assert manager({"pulumi.com/patchFieldManager": "another"}) == "another"
