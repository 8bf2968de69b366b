"""The ``kubernetes`` provider: its resource types and its configuration."""

# ruff: noqa: N802 - the protocol defines the names of the calls

from collections.abc import Mapping

import grpc  # type: ignore[import-untyped]
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2

from local.stand_ins.plugins.kubernetes import provider_config, release_inputs
from local.stand_ins.plugins.kubernetes.kinds import OBJECT_KINDS
from local.stand_ins.plugins.kubernetes.object_resource import ObjectResource
from local.stand_ins.plugins.kubernetes.release import Release
from local.stand_ins.plugins.kubernetes.session import Session
from local.stand_ins.plugins.server import CheckFailures, Engine, Plugin, Resource
from local.stand_ins.plugins.wire import Properties


class KubernetesPlugin(Plugin):
    """Plain objects and Helm releases in one cluster."""

    def __init__(self, version: str, engine: Engine) -> None:
        self._session = Session()
        resources: dict[str, Resource] = {
            type_token: ObjectResource(self._session, kind) for type_token, kind in OBJECT_KINDS.items()
        }
        resources[release_inputs.TYPE] = Release(self._session)
        configured = provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )
        super().__init__("kubernetes", version, engine, resources, configured)

    def check_config(self, news: Properties) -> CheckFailures:
        """Refuse unsupported options; the cluster is not asked."""
        return provider_config.check(news)

    def diff_config(self, olds: Properties, news: Properties) -> provider_pb2.DiffResponse:
        """Replace the provider, and so all its resources, if the cluster changed."""
        return provider_config.compare(olds, news)

    def configure(self, variables: Mapping[str, str]) -> None:
        """Use this configuration in later calls."""
        self._session.configure(variables)

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:
        """Stop waiting, and stop running helm programs."""
        self._session.cancel()
        return Empty()
