"""Requests to the Kubernetes API about single objects: create, apply, replace, read, delete."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from components.cluster.client import DirectApi
from components.cluster.errors import CannotAsk
from local.stand_ins.plugins.errors import ApiError, Unreachable
from local.stand_ins.plugins.kubernetes.kinds import CREATE_MANAGER, ObjectKind
from local.stand_ins.plugins.wire import Json

if TYPE_CHECKING:
    from components.cluster.kubeconfig import Kubeconfig

CONNECT_TIMEOUT_SECONDS = 5
REQUEST_TIMEOUT_SECONDS = 60
IDLE_SECONDS = 10
"""Age at which an unused connection is closed, because the server may have closed it."""

_FIRST_ERROR, _NOT_FOUND = 400, 404


class Cluster:
    """One API server. Several threads may use it.

    After one failed check the server counts as unreachable for the rest of the process, which lasts one engine run:
    otherwise every resource would wait for a timeout of its own.
    """

    def __init__(self, find_kubeconfig: Callable[[], "Kubeconfig"]) -> None:
        self._find_kubeconfig = find_kubeconfig
        self._lock = threading.Lock()
        self._is_reachable = False
        self._unreachable: Unreachable | None = None
        self._of_thread = threading.local()

    def check_reachable(self) -> None:
        """Ask the server for its version, once in a process.

        Raises:
            Unreachable: it does not answer.
        """
        with self._lock:
            if self._is_reachable:
                return
            if self._unreachable is None:
                try:
                    self._connect(CONNECT_TIMEOUT_SECONDS).request("GET", "/version", {})
                except CannotAsk as error:
                    self._unreachable = _unreachable(error)
            if self._unreachable:
                raise self._unreachable
            self._is_reachable = True

    def create(self, kind: ObjectKind, body: Mapping[str, Any], *, dry_run: bool) -> Json:
        """Create an object that must not exist yet."""
        path = _path(kind, body["metadata"].get("namespace"))
        return self._send("POST", path, _query(CREATE_MANAGER, dry_run), body)

    def apply(
        self, kind: ObjectKind, body: Mapping[str, Any], *, field_manager: str, dry_run: bool, force: bool
    ) -> Json:
        """Apply an object on the server. Without ``force``, a field of another manager is a conflict."""
        path = _path(kind, body["metadata"].get("namespace"), body["metadata"]["name"])
        query = {**_query(field_manager, dry_run), "force": str(force).lower()}
        return self._send("PATCH", path, query, body, "application/apply-patch+yaml")

    def relinquish(self, kind: ObjectKind, namespace: str | None, name: str, *, field_manager: str) -> None:
        """End a manager's ownership of all fields of an object; fields without another owner are removed."""
        metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
        body = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}
        self.apply(kind, body, field_manager=field_manager, dry_run=False, force=False)

    def replace(self, kind: ObjectKind, body: Mapping[str, Any], *, field_manager: str, dry_run: bool) -> Json:
        """Replace the live object whose ``resourceVersion`` is in ``body``."""
        path = _path(kind, body["metadata"].get("namespace"), body["metadata"]["name"])
        return self._send("PUT", path, _query(field_manager, dry_run), body)

    def patch(self, kind: ObjectKind, namespace: str | None, name: str, operations: list[dict[str, Any]]) -> Json:
        """Apply a JSON patch (RFC 6902)."""
        return self._send("PATCH", _path(kind, namespace, name), {}, operations, "application/json-patch+json")

    def read(self, kind: ObjectKind, namespace: str | None, name: str) -> Json | None:
        """Return the live object, or None if it does not exist."""
        try:
            return self._send("GET", _path(kind, namespace, name))
        except ApiError as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    def delete(self, kind: ObjectKind, namespace: str | None, name: str) -> None:
        """Request the deletion of an object; one that does not exist is no error."""
        try:
            self._send("DELETE", _path(kind, namespace, name), {"propagationPolicy": "Background"})
        except ApiError as error:
            if error.status != _NOT_FOUND:
                raise

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Json = None,
        content_type: str = "application/json",
    ) -> Json:
        target = f"{path}?{urlencode(query)}" if query else path
        content = None if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/json", **({"Content-Type": content_type} if content else {})}
        try:
            status, answer = self._connection().request(method, target, headers, content)
        except CannotAsk as error:
            raise _unreachable(error) from None
        try:
            document = json.loads(answer)
        except ValueError:
            document = {}
        if status >= _FIRST_ERROR:
            raise ApiError(status, document if isinstance(document, dict) else {})
        return document

    def _connection(self) -> DirectApi:
        """Return this thread's connection, which opens again after ``close``."""
        now = time.monotonic()
        connection: DirectApi | None = getattr(self._of_thread, "connection", None)
        if connection is None:
            connection = self._of_thread.connection = self._connect(REQUEST_TIMEOUT_SECONDS)
        elif now > self._of_thread.last_use + IDLE_SECONDS:
            connection.close()
        self._of_thread.last_use = now
        return connection

    def _connect(self, timeout_seconds: float) -> DirectApi:
        kubeconfig = self._find_kubeconfig()
        access = kubeconfig.access()
        if access.only_kubectl:
            raise CannotAsk(
                f"{kubeconfig.name}: {access.only_kubectl} is not supported by the local stand-in for the kubernetes "
                "plugin; use a token or a client certificate"
            )
        return DirectApi(access, kubeconfig.name, timeout_seconds)


def _unreachable(error: CannotAsk) -> Unreachable:
    return Unreachable(str(error))


def _path(kind: ObjectKind, namespace: str | None, name: str | None = None) -> str:
    root = "/api/v1" if kind.api_version == "v1" else f"/apis/{kind.api_version}"
    parent = f"/namespaces/{namespace}" if kind.namespaced else ""
    return f"{root}{parent}/{kind.plural}" + (f"/{name}" if name else "")


def _query(field_manager: str, dry_run: bool) -> dict[str, str]:
    query = {"fieldManager": field_manager, "fieldValidation": "Strict"}
    return {**query, "dryRun": "All"} if dry_run else query
