"""The ``kubernetes`` provider as the engine calls it."""

import os
import threading
from typing import TYPE_CHECKING

import grpc  # type: ignore[import-untyped]
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2 as proto

from local.stand_ins.plugins.errors import Refused
from local.stand_ins.plugins.kubernetes import objects, options, release_inputs
from local.stand_ins.plugins.kubernetes.kinds import OBJECT_KINDS, RELEASE, ObjectKind, unsupported
from local.stand_ins.plugins.server import Engine, Plugin, answering, check_response, diff_response
from local.stand_ins.plugins.wire import Properties, from_struct, has_unknown, to_struct

if TYPE_CHECKING:
    from local.stand_ins.plugins.kubernetes.api import Cluster
    from local.stand_ins.plugins.kubernetes.helm import Helm
    from local.stand_ins.plugins.kubernetes.object_lifecycle import Target

DELETE_UNREACHABLE = "PULUMI_K8S_DELETE_UNREACHABLE"
IF_DELETED = (
    "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the "
    f'{DELETE_UNREACHABLE} environment variable set to "true"'
)


class KubernetesPlugin(Plugin):
    """Plain objects and Helm releases.

    What needs the cluster is imported when it is first needed: a no-change preview asks nothing of it.
    """

    def __init__(self, version: str, engine: Engine) -> None:
        super().__init__(version, engine)
        self._options = options.configured({})
        self._lock = threading.Lock()
        self._connected: Cluster | None = None
        self._helm_program: Helm | None = None
        self._cancelled = threading.Event()

    @answering
    def CheckConfig(self, request: proto.CheckRequest, context: grpc.ServicerContext) -> proto.CheckResponse:  # noqa: N802
        """The provider's configuration as given; the cluster is not asked."""
        news = from_struct(request.news)
        return check_response(news, options.refused(news))

    @answering
    def DiffConfig(self, request: proto.DiffRequest, context: grpc.ServicerContext) -> proto.DiffResponse:  # noqa: N802
        """Another API server replaces every resource; anything else is an update of the provider alone."""
        keys, replaces = options.changed(from_struct(request.old_inputs), from_struct(request.news))
        changes = proto.DiffResponse.DIFF_SOME if keys else proto.DiffResponse.DIFF_NONE
        return proto.DiffResponse(changes=changes, diffs=keys, replaces=replaces)

    @answering
    def Configure(self, request: proto.ConfigureRequest, context: grpc.ServicerContext) -> proto.ConfigureResponse:  # noqa: N802
        """Remember the configuration."""
        self._options = options.configured(request.variables)
        self._connected = self._helm_program = None
        return proto.ConfigureResponse(acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True)

    @answering
    def Check(self, request: proto.CheckRequest, context: grpc.ServicerContext) -> proto.CheckResponse:  # noqa: N802
        """Inputs made complete, or what is wrong with them."""
        olds, news = from_struct(request.olds), from_struct(request.news)
        name = request.urn.rpartition("::")[2]
        if _type_of(request.urn) == RELEASE:
            return self._check_release(name, olds, news)
        kind = _kind_of(request.urn)
        needs_namespace = kind.namespaced and "namespace" not in (news.get("metadata") or {})
        default_namespace = self._options.default_namespace if needs_namespace else "default"
        return check_response(*objects.check(kind, name, olds, news, default_namespace))

    @answering
    def Diff(self, request: proto.DiffRequest, context: grpc.ServicerContext) -> proto.DiffResponse:  # noqa: N802
        """What changes, and what of it replaces the resource."""
        news = from_struct(request.news)
        if _type_of(request.urn) == RELEASE:
            return diff_response(release_inputs.compare(from_struct(request.olds), news))
        return diff_response(objects.compare(_kind_of(request.urn), from_struct(request.old_inputs), news))

    @answering
    def Create(self, request: proto.CreateRequest, context: grpc.ServicerContext) -> proto.CreateResponse:  # noqa: N802
        """Make the resource, or in preview find out what it would be."""
        inputs = from_struct(request.properties)
        if _type_of(request.urn) == RELEASE and request.preview:
            return proto.CreateResponse(properties=to_struct(release_inputs.expected_outputs(inputs)))
        if _type_of(request.urn) == RELEASE:
            from local.stand_ins.plugins.kubernetes import release

            helm = self._reachable_helm("create")
            id, outputs = release.create(helm, inputs, lambda text: self.engine.warn(request.urn, text))
        else:
            target = self._target(request.urn)
            from local.stand_ins.plugins.kubernetes import api, object_lifecycle

            try:
                id, outputs = object_lifecycle.create(
                    self._cluster,
                    target,
                    inputs,
                    preview=request.preview,
                    upsert=self._options.upsert_existing_objects,
                    say=lambda text: self.engine.info(request.urn, text),
                    patience=object_lifecycle.Patience(request.timeout, self._cancelled),
                )
            except api.Unreachable as error:
                raise Refused(f"configured Kubernetes cluster is unreachable: {error}") from None
        return proto.CreateResponse(id=id, properties=to_struct(outputs))

    @answering
    def Read(self, request: proto.ReadRequest, context: grpc.ServicerContext) -> proto.ReadResponse:  # noqa: N802
        """The resource as it now is; no id when it is gone."""
        from local.stand_ins.plugins.kubernetes import api, object_lifecycle, release

        olds, inputs = from_struct(request.properties), from_struct(request.inputs)
        try:
            if _type_of(request.urn) == RELEASE:
                self._cluster().ensure_reachable()
                found = release.read(self._helm(), request.id, olds, inputs)
            else:
                found = object_lifecycle.read(self._cluster(), self._target(request.urn), request.id, olds, inputs)
        except api.Unreachable as error:
            if self._drops_unreachable():
                return proto.ReadResponse()
            self.engine.warn(request.urn, f"configured Kubernetes cluster is unreachable: {error}")
            raise Refused(f"failed to read resource state due to unreachable cluster. {IF_DELETED}") from None
        if found is None:
            return proto.ReadResponse()
        fresh, outputs = found
        return proto.ReadResponse(id=request.id, inputs=to_struct(fresh), properties=to_struct(outputs))

    @answering
    def Update(self, request: proto.UpdateRequest, context: grpc.ServicerContext) -> proto.UpdateResponse:  # noqa: N802
        """Change the resource in place, or in preview find out what it would be."""
        olds, news = from_struct(request.olds), from_struct(request.news)
        if _type_of(request.urn) == RELEASE and request.preview:
            return proto.UpdateResponse(properties=to_struct(release_inputs.expected_outputs(news)))
        if _type_of(request.urn) == RELEASE:
            from local.stand_ins.plugins.kubernetes import release

            helm = self._reachable_helm("update")
            outputs = release.update(helm, news, lambda text: self.engine.warn(request.urn, text))
        else:
            from local.stand_ins.plugins.kubernetes import api, object_lifecycle

            try:
                outputs = object_lifecycle.update(
                    self._cluster,
                    self._target(request.urn),
                    request.id,
                    olds,
                    from_struct(request.old_inputs),
                    news,
                    preview=request.preview,
                    patience=object_lifecycle.Patience(request.timeout, self._cancelled),
                )
            except api.Unreachable as error:
                raise Refused(f"configured Kubernetes cluster is unreachable: {error}") from None
        return proto.UpdateResponse(properties=to_struct(outputs))

    @answering
    def Delete(self, request: proto.DeleteRequest, context: grpc.ServicerContext) -> Empty:  # noqa: N802
        """Remove the resource and wait until it is gone."""
        from local.stand_ins.plugins.kubernetes import api, object_lifecycle, release

        try:
            if _type_of(request.urn) == RELEASE:
                self._cluster().ensure_reachable()
                release.delete(self._helm(), request.id, from_struct(request.properties))
            else:
                object_lifecycle.delete(
                    self._cluster(),
                    self._target(request.urn),
                    request.id,
                    timeout_seconds=request.timeout,
                    stop=self._cancelled,
                )
        except api.Unreachable as error:
            if not self._drops_unreachable():
                raise Refused(f"configured Kubernetes cluster is unreachable: {error}. {IF_DELETED}") from None
        return Empty()

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:  # noqa: N802
        """Stop waiting, and let a running helm mark its release as failed instead of leaving it pending."""
        self._cancelled.set()
        if self._helm_program is not None:
            self._helm_program.cancel()
        return Empty()

    def _check_release(self, name: str, olds: Properties, news: Properties) -> proto.CheckResponse:
        default_namespace = "default" if news.get("namespace") else self._options.default_namespace
        inputs, failures = release_inputs.check(name, olds, news, default_namespace)
        if failures or has_unknown(inputs):
            return check_response(inputs, failures)
        from local.stand_ins.plugins.kubernetes.chart import ChartNotFound, version_of

        try:
            inputs["version"] = version_of(self._helm(), inputs)
        except ChartNotFound as error:
            failures = {"chart": str(error)}
        return check_response(inputs, failures)

    def _target(self, urn: str) -> "Target":
        from local.stand_ins.plugins.kubernetes.object_lifecycle import Target

        return Target(_kind_of(urn), urn, "default")

    def _cluster(self) -> "Cluster":
        from local.stand_ins.plugins.kubernetes.api import Cluster

        with self._lock:
            if self._connected is None:
                self._connected = Cluster(self._options.kubeconfig.access())
            return self._connected

    def _helm(self) -> "Helm":
        from local.stand_ins.plugins.kubernetes.helm import Helm

        with self._lock:
            if self._helm_program is None:
                self._helm_program = Helm(self._options.kubeconfig)
            return self._helm_program

    def _reachable_helm(self, what: str) -> "Helm":
        from local.stand_ins.plugins.kubernetes.api import Unreachable

        try:
            self._cluster().ensure_reachable()
        except Unreachable as error:
            raise Refused(f"can't {what} Helm Release with unreachable cluster: {error}") from None
        return self._helm()

    def _drops_unreachable(self) -> bool:
        return self._options.delete_unreachable or os.environ.get(DELETE_UNREACHABLE, "").lower() == "true"


def _type_of(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _kind_of(urn: str) -> ObjectKind:
    type_token = _type_of(urn)
    if type_token not in OBJECT_KINDS:
        raise Refused(unsupported(type_token))
    return OBJECT_KINDS[type_token]
