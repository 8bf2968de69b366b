"""Inputs of plain objects: what the recorded exchanges do not cover."""

import grpc  # type: ignore[import-untyped]
import pytest
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from local.stand_ins.plugins.diff import Kind, changes
from local.stand_ins.plugins.kubernetes import objects
from local.stand_ins.plugins.kubernetes.kinds import OBJECT_KINDS
from local.stand_ins.plugins.kubernetes.ownership import taken_over
from local.stand_ins.plugins.wire import UNKNOWN, Properties, Secret, to_struct

NAMESPACE = OBJECT_KINDS["kubernetes:core/v1:Namespace"]
SECRET = OBJECT_KINDS["kubernetes:core/v1:Secret"]
INGRESS = OBJECT_KINDS["kubernetes:networking.k8s.io/v1:Ingress"]


def secret(**fields: object) -> Properties:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n"}, **fields}


def test_a_secret_with_one_unknown_text_stays_unencoded_and_secret() -> None:
    texts = {"a": "x", "b": UNKNOWN}
    inputs, failures = objects.check(SECRET, "s", {}, secret(stringData=texts), "default")
    assert (inputs["stringData"], failures) == (Secret(texts), {})
    assert "data" not in inputs


def test_texts_win_over_data_of_the_same_key() -> None:
    inputs, _ = objects.check(SECRET, "s", {}, secret(data={"a": "b2xk", "b": "eA=="}, stringData={"a": "new"}), "d")
    assert inputs["data"] == Secret({"a": "bmV3", "b": "eA=="})


def test_a_secrets_text_that_is_a_number_is_named_with_its_key() -> None:
    _, failures = objects.check(SECRET, "s", {}, secret(stringData={"port": 80}), "default")
    assert failures == {"stringData.port": "is a number; write a string"}


def test_an_object_without_a_namespace_goes_to_the_providers() -> None:
    inputs, _ = objects.check(INGRESS, "i", {}, {"metadata": {"name": "i"}}, "hub")
    assert inputs["metadata"]["namespace"] == "hub"


def test_an_autoname_is_kept_for_life() -> None:
    first, _ = objects.check(NAMESPACE, "space", {}, {}, "default")
    second, _ = objects.check(NAMESPACE, "space", first, {}, "default")
    assert first["metadata"]["name"].startswith("space-")
    assert first == second


def test_a_given_name_is_not_taken_for_an_autoname() -> None:
    given: Properties = {"metadata": {"name": "space-0000"}}
    unnamed, _ = objects.check(NAMESPACE, "space", given, {}, "default")
    assert unnamed["metadata"]["name"] != "space-0000"


def test_a_refresh_takes_up_whole_entries_that_were_added_to_a_list() -> None:
    inputs = {"spec": {"rules": [{"host": "a"}]}}
    live = {"spec": {"rules": [{"host": "a", "http": {}}, {"host": "b"}]}}
    assert objects.refreshed_inputs(INGRESS, inputs, live) == {"spec": {"rules": [{"host": "a"}, {"host": "b"}]}}


def test_an_import_takes_all_that_a_program_could_have_written() -> None:
    live = {"metadata": {"name": "n", "uid": "u", "labels": {"a": "b"}, "managedFields": []}, "spec": {}, "status": {}}
    assert objects.imported_inputs(NAMESPACE, live) == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "n", "labels": {"a": "b"}},
        "spec": {},
    }


def test_true_and_1_are_different_values() -> None:
    assert [change.kind for change in changes({"a": True}, {"a": 1})] == [Kind.UPDATE]
    assert list(changes({"a": 1}, {"a": 1.0})) == []


def test_fields_of_creation_and_kubectl_become_ours_and_others_stay() -> None:
    created = {"manager": "pulumi-kubernetes", "operation": "Update", "fieldsV1": {"f:metadata": {"f:a": {}}}}
    edited = {"manager": "kubectl-label", "operation": "Update", "fieldsV1": {"f:metadata": {"f:b": {}}}}
    foreign = {"manager": "cert-manager", "operation": "Update", "fieldsV1": {"f:metadata": {"f:c": {}}}}
    status = {"manager": "kubectl-edit", "operation": "Update", "subresource": "status", "fieldsV1": {"f:status": {}}}
    joined = taken_over([created, edited, foreign, status], "pulumi-kubernetes-1", "v1")
    assert joined is not None
    assert joined[0]["manager"] == "pulumi-kubernetes-1"
    assert joined[0]["fieldsV1"] == {"f:metadata": {"f:a": {}, "f:b": {}}}
    assert joined[1:] == [foreign, status]


def test_nothing_is_taken_over_where_all_is_ours() -> None:
    ours = {"manager": "pulumi-kubernetes-1", "operation": "Apply", "fieldsV1": {"f:metadata": {}}}
    assert taken_over([ours], "pulumi-kubernetes-1", "v1") is None


def test_a_type_outside_the_table_is_refused_with_the_types_that_are_known(kubernetes: ResourceProviderStub) -> None:
    request = provider_pb2.CheckRequest(urn="urn:pulumi:s::p::kubernetes:apps/v1:Deployment::d", news=to_struct({}))
    with pytest.raises(grpc.RpcError) as refused:
        kubernetes.Check(request, timeout=30)
    said = "does not know kubernetes:apps/v1:Deployment; it knows kubernetes:apiextensions.k8s.io/v1:"
    assert said in refused.value.details()


def test_a_preview_without_a_server_returns_the_inputs(kubernetes: ResourceProviderStub) -> None:
    inputs = to_struct({"metadata": {"name": "n"}})
    request = provider_pb2.CreateRequest(
        urn="urn:pulumi:s::p::kubernetes:core/v1:Namespace::n", properties=inputs, preview=True
    )
    assert kubernetes.Create(request, timeout=30).properties == inputs
