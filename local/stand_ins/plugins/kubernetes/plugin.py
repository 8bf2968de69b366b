"""The ``kubernetes`` provider: its resource types and its configuration."""

# ruff: noqa: N802 - the protocol defines the names of the calls

import grpc  # type: ignore[import-untyped]
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2 as proto

from local.stand_ins.plugins.kubernetes import provider_config, release_inputs
from local.stand_ins.plugins.kubernetes.kinds import OBJECT_KINDS
from local.stand_ins.plugins.kubernetes.object_resource import ObjectResource
from local.stand_ins.plugins.kubernetes.release import Release
from local.stand_ins.plugins.kubernetes.session import Session
from local.stand_ins.plugins.server import Plugin, Resource, check_response, reporting_failures
from local.stand_ins.plugins.wire import from_struct


class KubernetesPlugin(Plugin):
    """Plain objects and Helm releases in one cluster."""

    def __init__(self, version: str, engine_address: str | None) -> None:
        self._session = Session()
        resources: dict[str, Resource] = {
            type_token: ObjectResource(self._session, kind) for type_token, kind in OBJECT_KINDS.items()
        }
        resources[release_inputs.TYPE] = Release(self._session)
        configured = proto.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )
        super().__init__("kubernetes", version, engine_address, resources, configured)

    @reporting_failures
    def CheckConfig(self, request: proto.CheckRequest, context: grpc.ServicerContext) -> proto.CheckResponse:
        """Refuse unsupported options; the cluster is not asked."""
        news = from_struct(request.news)
        return check_response(news, provider_config.check(news))

    @reporting_failures
    def DiffConfig(self, request: proto.DiffRequest, context: grpc.ServicerContext) -> proto.DiffResponse:
        """Replace the provider, and so all its resources, if the cluster changed."""
        return provider_config.compare(from_struct(request.olds), from_struct(request.news))

    def Configure(self, request: proto.ConfigureRequest, context: grpc.ServicerContext) -> proto.ConfigureResponse:
        """Use this configuration in later calls."""
        self._session.configure(request.variables)
        return self._configured

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:
        """Stop waiting, and stop running helm programs."""
        self._session.cancel()
        return Empty()
