"""What happens to plain objects in the cluster: create, read, update, delete, and their previews."""

from collections.abc import Callable
from dataclasses import dataclass

from local.stand_ins.plugins.errors import HalfDone, Refused
from local.stand_ins.plugins.kubernetes.api import Answer, Cluster, Stop, Unreachable
from local.stand_ins.plugins.kubernetes.kinds import ObjectKind
from local.stand_ins.plugins.kubernetes.objects import (
    imported_inputs,
    new_field_manager,
    object_id,
    outputs,
    parse_id,
    refreshed_inputs,
)
from local.stand_ins.plugins.kubernetes.ownership import taken_over
from local.stand_ins.plugins.kubernetes.waiting import awaited_condition, until_true
from local.stand_ins.plugins.wire import Json, Properties, has_unknown, plain

NOT_FOUND = 404
DELETE_TIMEOUT_SECONDS = 600
WAIT_TIMEOUT_SECONDS = 600

FORCE = "pulumi.com/patchForce"
"""Annotation: overwrite fields that another manager set, instead of failing."""

ADOPT = "set upsertExistingObjects on the provider to take it over, or delete it"


@dataclass(frozen=True)
class Target:
    """One resource of the engine and the object it stands for."""

    kind: ObjectKind
    urn: str
    default_namespace: str


@dataclass(frozen=True)
class Patience:
    """How long to wait for an object, and what ends that early. 0 seconds mean as long as the official plugin does."""

    timeout_seconds: float
    stop: Stop


Say = Callable[[str], None]
"""Tell the person at the terminal something that is no error."""


def create(
    cluster: Callable[[], Cluster],
    target: Target,
    inputs: Properties,
    *,
    preview: bool,
    upsert: bool,
    say: Say,
    patience: Patience,
) -> tuple[str, Properties]:
    """Create the object, or with ``upsert`` take over one that exists. Returns id (empty in preview) and outputs.

    A preview asks the server for a dry run; without a server, or with inputs not known yet, it returns the inputs.

    Raises:
        Refused: the server did not take the object.
        HalfDone: it did, and the object does not become what it is waited for to be.
        Unreachable: there is no server; not in preview.
    """
    if preview and (has_unknown(inputs) or not _answers(cluster)):
        return "", inputs
    if not preview:
        cluster().ensure_reachable()
    body = plain(inputs)
    namespace, name = body["metadata"].get("namespace"), body["metadata"]["name"]
    field_manager = new_field_manager()
    try:
        if upsert:
            live = cluster().apply(
                target.kind,
                namespace,
                name,
                body,
                field_manager=field_manager,
                dry_run=preview,
                force=preview or _forced(body),
            )
        else:
            live = cluster().create(target.kind, namespace, body, dry_run=preview)
    except Answer as answer:
        if preview and answer.reason == "AlreadyExists":
            say(f"{answer.text}: creation will fail unless a replacement deletes it first")
            return "", inputs
        if preview and _waits_for_its_namespace(answer):
            return "", inputs
        raise Refused(_not_created(target, answer)) from None
    if preview:
        return "", outputs(target.kind, inputs, live, field_manager)
    id = object_id(target.kind, live)
    live = _awaited(cluster(), target, id, inputs, live, field_manager, patience)
    return id, outputs(target.kind, inputs, live, field_manager)


def update(
    cluster: Callable[[], Cluster],
    target: Target,
    id: str,
    olds: Properties,
    old_inputs: Properties,
    news: Properties,
    *,
    preview: bool,
    patience: Patience,
) -> Properties:
    """Apply the new inputs over the live object, or put them in its place. Returns the outputs.

    Raises:
        Refused: the object is gone.
        HalfDone: the server did not take the change; the live object is kept in state.
        Unreachable: there is no server; not in preview.
    """
    if preview and (has_unknown(news) or not _answers(cluster)):
        return news
    if not preview:
        cluster().ensure_reachable()
    kind, body = target.kind, plain(news)
    namespace, name = parse_id(kind, id, target.default_namespace)
    field_manager = olds.get("__fieldManager") or new_field_manager()
    live = cluster().read(kind, namespace, name)
    if live is None:
        raise Refused(
            f'update of resource "{target.urn}" failed: {kind.plural} "{name}" not found; '
            "it was deleted behind this stack: run pulumi refresh, then pulumi up creates it again"
        )
    try:
        if kind.updated_whole:
            version = live["metadata"]["resourceVersion"]
            whole = {**body, "metadata": {**body["metadata"], "resourceVersion": version}}
            applied = cluster().replace(kind, namespace, name, whole, field_manager=field_manager, dry_run=preview)
        else:
            if not preview:
                _take_over(cluster(), kind, namespace, name, live, field_manager)
            applied = cluster().apply(
                kind,
                namespace,
                name,
                body,
                field_manager=field_manager,
                dry_run=preview,
                force=preview or _forced(body),
            )
    except Answer as answer:
        text = f'the Kubernetes API server reported that "{id}" failed to fully initialize or become live: '
        text += _conflict(field_manager, answer) if answer.reason == "Conflict" else answer.text
        if preview:
            raise Refused(text) from None
        raise HalfDone(text, id=id, outputs=outputs(kind, old_inputs, live, field_manager)) from None
    if not preview:
        applied = _awaited(cluster(), target, id, news, applied, field_manager, patience)
    return outputs(kind, news, applied, field_manager)


def read(
    cluster: Cluster, target: Target, id: str, olds: Properties, inputs: Properties
) -> tuple[Properties, Properties] | None:
    """Inputs and outputs of the live object, or None when it is gone. ``olds`` is empty for an import."""
    cluster.ensure_reachable()
    namespace, name = parse_id(target.kind, id, target.default_namespace)
    try:
        live = cluster.read(target.kind, namespace, name)
    except Answer as answer:
        raise Refused(f'{target.kind.plural} "{id}" cannot be read: {answer.text}') from None
    if live is None:
        return None
    fresh = refreshed_inputs(target.kind, inputs, live) if olds and inputs else imported_inputs(target.kind, live)
    return fresh, outputs(target.kind, fresh, live, olds.get("__fieldManager") or new_field_manager())


def delete(cluster: Cluster, target: Target, id: str, *, timeout_seconds: float, stop: Stop) -> None:
    """Delete the object and wait until it is gone."""
    cluster.ensure_reachable()
    namespace, name = parse_id(target.kind, id, target.default_namespace)
    try:
        cluster.delete(
            target.kind, namespace, name, timeout_seconds=timeout_seconds or DELETE_TIMEOUT_SECONDS, stop=stop
        )
    except Answer as answer:
        raise Refused(f'{target.kind.plural} "{id}" cannot be deleted: {answer.text}') from None


def _awaited(
    cluster: Cluster, target: Target, id: str, inputs: Properties, live: Json, field_manager: str, patience: Patience
) -> Json:
    try:
        condition = awaited_condition(plain(inputs))
        if condition is None:
            return live
        timeout_seconds = patience.timeout_seconds or WAIT_TIMEOUT_SECONDS
        return until_true(cluster, target.kind, live, condition, timeout_seconds=timeout_seconds, stop=patience.stop)
    except Refused as error:
        properties = outputs(target.kind, inputs, live, field_manager)
        raise HalfDone(f'"{id}" failed to become live: {error}', id=id, outputs=properties) from None


def _answers(cluster: Callable[[], Cluster]) -> bool:
    try:
        cluster().ensure_reachable()
    except (Unreachable, Refused):
        return False
    return True


def _take_over(
    cluster: Cluster, kind: ObjectKind, namespace: str | None, name: str, live: Json, field_manager: str
) -> None:
    entries = taken_over(live["metadata"].get("managedFields") or [], field_manager, kind.api_version)
    if entries is None:
        return
    cluster.patch(
        kind,
        namespace,
        name,
        [
            {"op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
            {"op": "replace", "path": "/metadata/managedFields", "value": entries},
        ],
    )


def _waits_for_its_namespace(answer: Answer) -> bool:
    """In preview the namespace the same stack makes is not there yet."""
    return answer.status == NOT_FOUND and answer.details.get("kind") == "namespaces"


def _not_created(target: Target, answer: Answer) -> str:
    text = f'resource "{target.urn}" was not successfully created by the Kubernetes API server: '
    if answer.reason == "AlreadyExists":
        return f"{text}{answer.text}; {ADOPT}"
    if answer.reason == "Conflict":
        return f"{text}{_conflict('this stack', answer)}"
    return text + answer.text


def _conflict(field_manager: str, answer: Answer) -> str:
    return (
        f"server-side apply field conflict detected: {field_manager} had an apply conflict: {answer.text}. "
        f'Leave the field out of the program, or overwrite it with the annotation {FORCE}: "true"'
    )


def _forced(body: Properties) -> bool:
    annotations = body["metadata"].get("annotations") or {}
    return str(annotations.get(FORCE, "")).lower() == "true"
