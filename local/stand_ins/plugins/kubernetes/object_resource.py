"""Plain objects in the cluster: create, read, update and delete them, and preview that by dry runs."""

import time
from typing import TYPE_CHECKING, Any

from pulumi.runtime.proto import provider_pb2

from local.stand_ins.plugins.errors import ApiError, OperationFailed, PartialFailure, Unreachable
from local.stand_ins.plugins.kubernetes import objects
from local.stand_ins.plugins.kubernetes.kinds import CREATE_MANAGER, ObjectKind
from local.stand_ins.plugins.kubernetes.session import ClusterResource, Session
from local.stand_ins.plugins.server import Call, CheckFailures
from local.stand_ins.plugins.wire import Json, Properties, has_unknown, plain

if TYPE_CHECKING:
    from local.stand_ins.plugins.kubernetes.api import Cluster

POLL_SECONDS = 0.2
WAIT_TIMEOUT_SECONDS = 600
"""Default limit of waiting for a condition or a deletion."""

FORCE = "pulumi.com/patchForce"
"""Annotation: overwrite fields that another manager set, instead of failing."""

WAIT_FOR = "pulumi.com/waitFor"
"""Annotation: wait after a change until the condition is true.

Source: https://www.pulumi.com/registry/packages/kubernetes/#waiting-on-resources
"""

CONDITION = "condition="

LIVE = "failed to fully initialize or become live"
TIMED_OUT = "timed out waiting for the condition"
CONFLICTS_PAGE = (
    "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/"
    "#handle-field-conflicts-on-existing-resources"
)
"""The page that the official plugin names in a conflict."""


class ObjectResource(ClusterResource):
    """The objects of one kind."""

    def __init__(self, session: Session, kind: ObjectKind) -> None:
        super().__init__(session)
        self._kind = kind

    def check(self, call: Call, olds: Properties, news: Properties) -> tuple[Properties, CheckFailures]:
        """Complete and validate the inputs."""
        return objects.check(self._kind, news)

    def diff(self, olds: Properties, old_inputs: Properties, news: Properties) -> provider_pb2.DiffResponse:
        """Compare the state with the new inputs."""
        return objects.compare(self._kind, olds, news)

    def create(self, call: Call, inputs: Properties) -> tuple[str, Properties]:
        """Create the object; with ``upsertExistingObjects`` also take over an existing one.

        A preview is a dry run. Without a server, or with unknown inputs, it returns the inputs.

        Raises:
            OperationFailed: the server refused the object.
            PartialFailure: the object does not reach the condition that its annotation names.
            Unreachable: the server does not answer; not in a preview.
        """
        cluster = self._cluster_for(call, inputs)
        if cluster is None:
            return "", inputs
        body, field_manager = plain(inputs), objects.field_manager(inputs, {})
        try:
            if self.session.config.upsert_existing_objects:
                live = self._apply(cluster, call, body, field_manager)
            else:
                live = cluster.create(self._kind, body, dry_run=call.preview)
        except ApiError as error:
            if call.preview and error.reason == "AlreadyExists":
                call.log("INFO", f"Retry #0; creation failed: {error}")
                return "", inputs
            if call.preview and error.reason == "NotFound" and error.details.get("kind") == "namespaces":
                return "", inputs  # the same stack creates the namespace
            raise OperationFailed(_not_created(call, field_manager, error)) from None
        if call.preview:
            return "", objects.outputs(self._kind, inputs, live, field_manager)
        id = objects.object_id(self._kind, live)
        failed = (
            f'resource "{call.urn}" was successfully created, but the Kubernetes API server reported that it {LIVE}'
        )
        live = self._wait_for_condition(cluster, call, failed, inputs, live, field_manager)
        return id, objects.outputs(self._kind, inputs, live, field_manager)

    def update(self, call: Call, id: str, olds: Properties, old_inputs: Properties, news: Properties) -> Properties:
        """Apply the new inputs over the live object, or replace it by them. A preview is as in ``create``.

        Raises:
            OperationFailed: the object does not exist any more.
            PartialFailure: the server refused the change, so the live object stays in the state.
            Unreachable: the server does not answer; not in a preview.
        """
        cluster = self._cluster_for(call, news)
        if cluster is None:
            return news
        kind, body = self._kind, plain(news)
        namespace, name = objects.parse_id(kind, id)
        former_manager, field_manager = objects.field_manager(old_inputs, olds), objects.field_manager(news, olds)
        live = cluster.read(kind, namespace, name)
        if live is None:
            gone = f'{kind.resource} "{name}" not found'
            raise OperationFailed(
                f'update of resource "{call.urn}" failed: {gone}\nunable to get cluster state: {gone}'
            )
        failed = f'the Kubernetes API server reported that "{id}" {LIVE}'
        try:
            if kind.updated_whole:
                body["metadata"] |= {"resourceVersion": live["metadata"]["resourceVersion"]}
                applied = cluster.replace(kind, body, field_manager=field_manager, dry_run=call.preview)
                news = body
            else:
                if not call.preview:
                    self._take_over_fields(cluster, live, field_manager)
                applied = self._apply(cluster, call, body, field_manager, live)
        except ApiError as error:
            text = f"{failed}: {_conflict(field_manager, error) if error.reason == 'Conflict' else error}"
            if call.preview:
                raise OperationFailed(text) from None
            outputs = objects.outputs(kind, news, live, field_manager)
            raise PartialFailure(text, id=id, outputs=outputs) from None
        if not call.preview:
            applied = self._wait_for_condition(cluster, call, failed, news, applied, field_manager)
            if former_manager != field_manager:
                cluster.relinquish(kind, namespace, name, field_manager=former_manager)
        return objects.outputs(kind, news, applied, field_manager)

    def read_live(self, id: str, olds: Properties, inputs: Properties) -> tuple[Properties, Properties] | None:
        """Return the inputs and outputs of the live object, or None if it does not exist any more."""
        live = self.session.cluster().read(self._kind, *objects.parse_id(self._kind, id))
        if live is None:
            return None
        inputs = objects.mark_confidential(self._kind, objects.refreshed_inputs(inputs, live))
        field_manager = objects.field_manager(inputs, olds)
        return inputs, objects.outputs(self._kind, inputs, live, field_manager)

    def delete_live(self, call: Call, id: str, olds: Properties) -> None:
        """Delete the object and wait until it is gone; one that does not exist is no error.

        Raises:
            OperationFailed: it still exists after the timeout.
        """
        cluster, (namespace, name) = self.session.cluster(), objects.parse_id(self._kind, id)
        cluster.delete(self._kind, namespace, name)
        limit_seconds = call.timeout_seconds or WAIT_TIMEOUT_SECONDS
        deadline = time.monotonic() + limit_seconds
        while (live := cluster.read(self._kind, namespace, name)) is not None:
            if self.session.cancelled.is_set():
                raise OperationFailed(f"the run was cancelled before {self._kind.kind} {name} was deleted")
            if time.monotonic() > deadline:
                finalizers = ", ".join(live["metadata"].get("finalizers") or [])
                call.log("WARNING", f"finalizers might be preventing deletion ({finalizers})")
                raise OperationFailed(TIMED_OUT)
            time.sleep(POLL_SECONDS)

    def _cluster_for(self, call: Call, inputs: Properties) -> "Cluster | None":
        """Return the cluster, or None for a preview that must do without it."""
        if call.preview and has_unknown(inputs):
            return None
        try:
            return self.session.cluster()
        except Unreachable:
            if call.preview:
                return None
            raise

    def _apply(
        self, cluster: "Cluster", call: Call, body: Properties, field_manager: str, live: Json | None = None
    ) -> Json:
        # The official plugin forces the dry run of fields that an update will first take over from their creation.
        is_expected = call.preview and (live is None or _has_fields_of_creation(live))
        force = is_expected or objects.annotation(body, FORCE).lower() == "true"
        return cluster.apply(self._kind, body, field_manager=field_manager, dry_run=call.preview, force=force)

    def _take_over_fields(self, cluster: "Cluster", live: Json, field_manager: str) -> None:
        metadata = live["metadata"]
        entries = joined_managers(metadata.get("managedFields") or [], field_manager, self._kind.api_version)
        if entries is not None:
            version = {"op": "test", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]}
            managers = {"op": "replace", "path": "/metadata/managedFields", "value": entries}
            cluster.patch(self._kind, metadata.get("namespace"), metadata["name"], [version, managers])

    def _wait_for_condition(
        self, cluster: "Cluster", call: Call, failed: str, inputs: Properties, live: Json, field_manager: str
    ) -> Json:
        """Read the object until the condition in its annotation is true. Returns the object as it then is."""
        kind, namespace, name = self._kind, live["metadata"].get("namespace"), live["metadata"]["name"]
        deadline = time.monotonic() + (call.timeout_seconds or WAIT_TIMEOUT_SECONDS)
        try:
            condition = awaited_condition(plain(inputs))
            while condition is not None:
                found = next((each for each in _conditions(live) if each.get("type") == condition), {})
                if found.get("status") == "True":
                    break
                if self.session.cancelled.is_set():
                    raise OperationFailed("operation was cancelled")
                if time.monotonic() > deadline:
                    raise OperationFailed(TIMED_OUT)
                time.sleep(POLL_SECONDS)
                live = cluster.read(kind, namespace, name) or live
        except OperationFailed as error:
            outputs = objects.outputs(kind, inputs, live, field_manager)
            id = objects.object_id(kind, live)
            raise PartialFailure(f"{failed}: {error}", id=id, outputs=outputs) from None
        return live


def awaited_condition(body: Properties) -> str | None:
    """Return the type of the condition that the object's annotation names, or None.

    Raises:
        OperationFailed: the annotation is one that only the official plugin implements.
    """
    value = objects.annotation(body, WAIT_FOR)
    if not value:
        return None
    condition = value.removeprefix(CONDITION)
    if condition == value or "=" in condition:
        raise OperationFailed(
            f"{WAIT_FOR}: {value} is not supported by the local stand-in for the kubernetes plugin; "
            f"write {CONDITION}<type> or install the official plugin"
        )
    return condition


def joined_managers(entries: list[dict[str, Any]], field_manager: str, api_version: str) -> list[dict[str, Any]] | None:
    """Assign the fields that creation or kubectl set to ``field_manager``, or return None if there are none.

    Server-side apply removes a field only for the manager that applies. Without this, a label that was set when the
    object was created could never be removed. https://kubernetes.io/docs/reference/using-api/server-side-apply/

    Args:
        entries: the object's ``managedFields``.
        field_manager: the manager that applies.
        api_version: the version of the fields.
    """

    def is_taken_over(entry: dict[str, Any]) -> bool:
        manager = str(entry.get("manager", ""))
        return not entry.get("subresource") and (manager == CREATE_MANAGER or manager.startswith("kubectl"))

    taken_over = [entry for entry in entries if is_taken_over(entry)]
    if not taken_over:
        return None
    own = [each for each in entries if each.get("manager") == field_manager and each.get("operation") == "Apply"]
    fields: dict[str, Any] = {}
    for entry in [*own, *taken_over]:
        fields = _union(fields, entry.get("fieldsV1") or {})
    joined = {"apiVersion": api_version, "fieldsType": "FieldsV1", "fieldsV1": fields}
    joined |= {"manager": field_manager, "operation": "Apply"}
    return [joined, *(entry for entry in entries if entry not in own and entry not in taken_over)]


def _union(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    return {**left, **right, **{key: _union(left[key], right[key]) for key in left.keys() & right.keys()}}


def _conditions(live: Json) -> list[dict[str, Any]]:
    return list((live.get("status") or {}).get("conditions") or [])


def _has_fields_of_creation(live: Json) -> bool:
    entries = live["metadata"].get("managedFields") or []
    return any(each.get("manager") == CREATE_MANAGER and each.get("operation") == "Update" for each in entries)


def _not_created(call: Call, field_manager: str, error: ApiError) -> str:
    text = f'resource "{call.urn}" was not successfully created by the Kubernetes API server: '
    if call.preview:
        text = f"Preview failed: {text}"
    if error.reason == "AlreadyExists":
        return f"{text}{error}\n\nThe resource already exists in the cluster."
    return text + (_conflict(field_manager, error) if error.reason == "Conflict" else str(error))


def _conflict(field_manager: str, error: ApiError) -> str:
    return (
        f"server-side apply field conflict detected, see {CONFLICTS_PAGE} for troubleshooting help\n"
        f'The resource managed by field manager "{field_manager}" had an apply conflict: {error}'
    )
