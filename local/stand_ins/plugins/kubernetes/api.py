"""The Kubernetes API, as far as plain objects need it: create, apply, read, delete, each with time-outs."""

import contextlib
import os
import ssl
import tempfile
import threading
import time
from collections.abc import Mapping
from typing import Any, Protocol

import requests
from requests.adapters import HTTPAdapter

from local.stand_ins.plugins.errors import Refused
from local.stand_ins.plugins.kubernetes.kinds import ObjectKind
from local.stand_ins.plugins.kubernetes.kubeconfig import Access
from local.stand_ins.plugins.wire import Json

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 60
POLL_SECONDS = 0.2

CREATE_MANAGER = "pulumi-kubernetes"


class Unreachable(Exception):
    """The API server does not answer; says which and why."""


class Answer(Refused):
    """The API server refused. ``text`` is its own message."""

    def __init__(self, status: int, text: str, reason: str, details: Mapping[str, Any]) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.reason = reason
        self.details = details


class Stop(Protocol):
    """Something that says when to stop waiting."""

    def is_set(self) -> bool:
        """Whether to stop."""
        ...


class Cluster:
    """One API server. Safe to use from several threads.

    A server that did not answer once is taken as down for the rest of the process, which lasts one engine run:
    twenty resources then do not wait for twenty time-outs.
    """

    def __init__(self, access: Access) -> None:
        self.server = access.server
        self._session = requests.Session()
        self._session.trust_env = False  # neither proxies nor ~/.netrc belong between an engine and its cluster
        self._session.mount("https://", _Tls(access))
        if access.token:
            self._session.headers["Authorization"] = f"Bearer {access.token}"
        self._lock = threading.Lock()
        self._down: Unreachable | None = None
        self._answered = False

    def ensure_reachable(self) -> None:
        """Ask the server for its version, once a process.

        Raises:
            Unreachable: it does not answer.
        """
        with self._lock:
            if self._down:
                raise self._down
            if self._answered:
                return
            try:
                self._send("GET", "/version")
            except Unreachable as error:
                self._down = error
                raise
            except Answer:
                pass  # a server that refuses is a server that answers
            self._answered = True

    def create(self, kind: ObjectKind, namespace: str | None, body: Mapping[str, Any], *, dry_run: bool) -> Json:
        """Create an object that must not exist yet."""
        query = {"fieldManager": CREATE_MANAGER, **_dry(dry_run)}
        return self._send("POST", _path(kind, namespace), query=query, body=body)

    def apply(
        self,
        kind: ObjectKind,
        namespace: str | None,
        name: str,
        body: Mapping[str, Any],
        *,
        field_manager: str,
        dry_run: bool,
        force: bool,
    ) -> Json:
        """Server-side apply; without ``force`` a field that another manager set differently is a conflict (409)."""
        query = {"fieldManager": field_manager, "force": str(force).lower(), **_dry(dry_run)}
        path = _path(kind, namespace, name)
        return self._send("PATCH", path, query=query, body=body, content="application/apply-patch+yaml")

    def replace(
        self,
        kind: ObjectKind,
        namespace: str | None,
        name: str,
        body: Mapping[str, Any],
        *,
        field_manager: str,
        dry_run: bool,
    ) -> Json:
        """Put ``body``, which carries the live object's resourceVersion, in the place of the live object."""
        query = {"fieldManager": field_manager, **_dry(dry_run)}
        return self._send("PUT", _path(kind, namespace, name), query=query, body=body)

    def patch(self, kind: ObjectKind, namespace: str | None, name: str, operations: list[dict[str, Any]]) -> Json:
        """JSON patch (RFC 6902)."""
        return self._send("PATCH", _path(kind, namespace, name), body=operations, content="application/json-patch+json")

    def read(self, kind: ObjectKind, namespace: str | None, name: str) -> Json | None:
        """The live object, or None when there is none."""
        try:
            return self._send("GET", _path(kind, namespace, name))
        except Answer as answer:
            if answer.status == requests.codes.not_found:
                return None
            raise

    def delete(self, kind: ObjectKind, namespace: str | None, name: str, *, timeout_seconds: float, stop: Stop) -> None:
        """Delete an object and wait until it is gone; one that is gone already is no error.

        Raises:
            Refused: it is still there after ``timeout_seconds``; says what the object's status names as the cause.
        """
        try:
            self._send("DELETE", _path(kind, namespace, name), query={"propagationPolicy": "Background"})
        except Answer as answer:
            if answer.status == requests.codes.not_found:
                return
            raise
        deadline = time.monotonic() + timeout_seconds
        while (live := self.read(kind, namespace, name)) is not None:
            if stop.is_set():
                raise Refused(f"{kind.kind} {name} is being deleted; the run was cancelled before it was gone")
            if time.monotonic() > deadline:
                raise Refused(f"{kind.kind} {name} is not gone after {timeout_seconds:g} s{_why_still_there(live)}")
            time.sleep(POLL_SECONDS)

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Json = None,
        content: str = "application/json",
    ) -> Json:
        url = self.server + path
        checked = {"fieldValidation": "Strict"} if method in ("POST", "PUT", "PATCH") else {}
        try:
            response = self._session.request(
                method,
                url,
                params={**checked, **(query or {})},
                json=body,
                headers={"Content-Type": content} if body is not None else None,
                timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
            )
        except requests.RequestException as error:
            raise Unreachable(f'{method} "{url}": {_cause(error)}') from None
        if response.ok:
            return response.json()
        raise _refusal(response)


class _Tls(HTTPAdapter):
    """TLS as the kubeconfig says: its authority instead of the system's, its client certificate."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._context = ssl.create_default_context(cadata=access.authority)
        if not access.verify:
            self._context.check_hostname = False
            self._context.verify_mode = ssl.CERT_NONE
        if access.certificate and access.key:
            _load_certificate(self._context, access.certificate, access.key)
        super().__init__()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: object) -> None:
        """Make the connection pool with this context."""
        if self._access.server_name:
            kwargs["server_hostname"] = self._access.server_name
            kwargs["assert_hostname"] = self._access.server_name
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._context, **kwargs)

    def cert_verify(self, conn: object, url: object, verify: object, cert: object) -> None:
        """Leave the context alone; requests would set certifi's authorities here."""


def _load_certificate(context: ssl.SSLContext, certificate: str, key: str) -> None:
    # The ssl module reads keys from files only; this one exists for as long as that takes, readable by its owner.
    fd, path = tempfile.mkstemp()
    try:
        with os.fdopen(fd, "w") as file:
            file.write(f"{certificate.strip()}\n{key.strip()}\n")
        context.load_cert_chain(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108


def _path(kind: ObjectKind, namespace: str | None, name: str | None = None) -> str:
    root = "/api/v1" if kind.api_version == "v1" else f"/apis/{kind.api_version}"
    inside = f"/namespaces/{namespace}" if kind.namespaced else ""
    return f"{root}{inside}/{kind.plural}" + (f"/{name}" if name else "")


def _dry(dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}


def _refusal(response: requests.Response) -> Answer:
    try:
        status = response.json()
        return Answer(response.status_code, status["message"], status.get("reason", ""), status.get("details") or {})
    except (ValueError, KeyError, TypeError):
        return Answer(response.status_code, f"HTTP {response.status_code} {response.reason}", "", {})


def _cause(error: requests.RequestException) -> str:
    """The innermost reason, without urllib3's object addresses."""
    if isinstance(error, requests.Timeout):
        return f"no answer within {CONNECT_TIMEOUT_SECONDS} s to connect, {READ_TIMEOUT_SECONDS} s to answer"
    inner: BaseException = error
    while True:
        reason = getattr(inner, "reason", None)
        deeper = reason if isinstance(reason, BaseException) else inner.__cause__ or inner.__context__
        if deeper is None:
            break
        inner = deeper
    return getattr(inner, "strerror", None) or str(inner)


def _why_still_there(live: Mapping[str, Any]) -> str:
    conditions = live.get("status", {}).get("conditions") or []
    causes = [str(each["message"]) for each in conditions if each.get("status") == "True" and each.get("message")]
    finalizers = live.get("metadata", {}).get("finalizers") or []
    if finalizers:
        causes.append(f"waits for finalizers {', '.join(finalizers)}")
    return ": " + "; ".join(causes) if causes else ""
