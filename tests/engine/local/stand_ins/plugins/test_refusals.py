"""Refusals of the API server reach the operator in the server's words, in the preview where possible."""

from collections.abc import Callable

import pulumi
import pulumi_kubernetes as k8s
import pytest
from pulumi import automation as auto

from tests.engine.local.stand_ins.plugins.conftest import Engine
from tests.support.api_server import ApiServer

pytestmark = pytest.mark.engine


def on(api_server: ApiServer, declare: Callable[[pulumi.ResourceOptions], object]) -> Callable[[], None]:
    """Return a program with one provider."""

    def program() -> None:
        provider = k8s.Provider("cluster", kubeconfig=api_server.kubeconfig.read_text())
        declare(pulumi.ResourceOptions(provider=provider))

    return program


def storage_class(name: str, reclaim_policy: str) -> Callable[[pulumi.ResourceOptions], object]:
    return lambda opts: k8s.storage.v1.StorageClass(
        "homes", metadata={"name": name}, provisioner="example.org/none", reclaim_policy=reclaim_policy, opts=opts
    )


def namespace(
    name: str, labels: dict[str, str] | None = None, annotations: dict[str, str] | None = None
) -> Callable[[pulumi.ResourceOptions], object]:
    described = k8s.meta.v1.ObjectMetaArgs(name=name, labels=labels, annotations=annotations)
    return lambda opts: k8s.core.v1.Namespace("ns", metadata=described, opts=opts)


def test_change_of_an_immutable_field_is_refused_by_the_preview(engine: Engine, api_server: ApiServer) -> None:
    engine.declare(on(api_server, storage_class("fixed", "Retain")))
    engine.up()
    engine.declare(on(api_server, storage_class("fixed", "Delete")))
    with pytest.raises(auto.CommandError, match="reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden"):
        engine.preview()


def test_invalid_name_is_refused_by_the_preview(engine: Engine, api_server: ApiServer) -> None:
    engine.declare(on(api_server, namespace("Bad_Name")))
    with pytest.raises(auto.CommandError, match=r'was not successfully created .*: Namespace "Bad_Name" is invalid'):
        engine.preview()


def test_field_of_another_manager_is_a_conflict_unless_forced(engine: Engine, api_server: ApiServer) -> None:
    engine.declare(on(api_server, namespace("contested", labels={"a": "1"})))
    engine.up()
    other = '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "contested", "labels": {"a": "2"}}}'
    apply = ("apply", "--server-side", "--force-conflicts", "--field-manager", "other-tool", "--filename", "-")
    api_server.kubectl(*apply, stdin=other)

    engine.declare(on(api_server, namespace("contested", labels={"a": "3"})))
    with pytest.raises(auto.CommandError, match=r'conflict with "other-tool": \.metadata\.labels\.a'):
        engine.up()
    assert "other-tool" in engine.state_of("ns")["initErrors"][0]

    force = {"pulumi.com/patchForce": "true"}
    engine.declare(on(api_server, namespace("contested", labels={"a": "3"}, annotations=force)))
    engine.up()
    assert api_server.read("namespace", "contested")["metadata"]["labels"]["a"] == "3"
    assert "initErrors" not in engine.state_of("ns")


def test_object_that_misses_its_condition_stays_in_state(engine: Engine, api_server: ApiServer) -> None:
    wanted = {"pulumi.com/waitFor": "condition=Blessed"}

    def declare(opts: pulumi.ResourceOptions) -> object:
        limited = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="1s"))
        described = k8s.meta.v1.ObjectMetaArgs(name="awaited", annotations=wanted)
        return k8s.core.v1.Namespace("ns", metadata=described, opts=pulumi.ResourceOptions.merge(opts, limited))

    engine.declare(on(api_server, declare))
    with pytest.raises(auto.CommandError, match="failed to fully initialize or become live: timed out waiting"):
        engine.up()

    assert engine.state_of("ns")["id"] == "awaited"
    wanted.clear()
    engine.up()
    assert "initErrors" not in engine.state_of("ns")


def test_stuck_namespace_stops_the_destroy_after_its_timeout(engine: Engine, api_server: ApiServer) -> None:
    def declare(opts: pulumi.ResourceOptions) -> object:
        limited = pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(delete="10s"))
        )
        return k8s.core.v1.Namespace("ns", metadata={"name": "held"}, opts=limited)

    engine.declare(on(api_server, declare))
    engine.up()
    held = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "finalizers": ["example.org/hold"]}}'
    api_server.kubectl("create", "--namespace", "held", "--filename", "-", stdin=held)
    try:
        with pytest.raises(auto.CommandError, match="timed out waiting for the condition"):
            engine.destroy()
    finally:
        free = '{"metadata": {"finalizers": null}}'
        api_server.kubectl("patch", "configmap", "c", "--namespace", "held", "--type", "merge", "--patch", free)
    engine.destroy()
    assert not api_server.exists("namespace", "held")
