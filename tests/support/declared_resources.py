"""The resources that the component declares for a tenancy, without an engine."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import resource_pb2

from components.config.controllers import INGRESS_NGINX
from components.config.tenancy import Tenancy
from components.pangeo_cluster import PangeoCluster
from policies.rule import Resource

RANDOM = "random:index/randomPassword:RandomPassword"
STACK_TYPE = "pulumi:pulumi:Stack"


def declare_resources(tenancy: Tenancy) -> list[Resource]:
    """Return every resource that the component declares, as policies see it, with secrets readable."""
    recorder = _Recorder(_Answers())
    pulumi.runtime.set_mocks(recorder.mocks, project="pangeo", stack="test", monitor=recorder)

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[str]:
        controller = tenancy.ingress.controller or INGRESS_NGINX
        return PangeoCluster("pangeo", tenancy, ingress_controller=controller).url

    try:
        program()
    finally:
        pulumi.runtime.settings.reset_options()
    return [_resource(request) for request in recorder.requests if request.type != STACK_TYPE]


class _Answers(pulumi.runtime.Mocks):
    """Answers a registration with the only output that the component uses."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return f"{args.name}-id", _outputs(args.typ)

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"the component calls {args.token}")


class _Recorder(mocks.MockMonitor):
    """Records registrations with their options, which mocks do not receive."""

    def __init__(self, answers: _Answers) -> None:
        super().__init__(answers)
        self.requests: list[resource_pb2.RegisterResourceRequest] = []

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> Any:  # noqa: N802 - gRPC's name
        self.requests.append(request)
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


def _outputs(type_: str) -> dict[str, Any]:
    return {"result": "1e" * 32} if type_ == RANDOM else {}


def _resource(request: resource_pb2.RegisterResourceRequest) -> Resource:
    return Resource(
        type=request.type,
        name=request.name,
        props={**_public(_reveal(rpc.deserialize_properties(request.object))), **_outputs(request.type)},
        urn=f"urn:pulumi:test::pangeo::{request.type}::{request.name}",
        parent_type=request.parent.split("::")[2].rpartition("$")[2],
        protect=request.protect,
    )


def _public(props: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties without those for the engine itself, such as the provider of a dynamic resource."""
    return {key: value for key, value in props.items() if not key.startswith("__")}


def _reveal(value: object) -> Any:
    """Return the value without the marks of secrets."""
    value = rpc.unwrap_rpc_secret(value)
    if isinstance(value, dict):
        return {key: _reveal(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_reveal(inner) for inner in value]
    return value
