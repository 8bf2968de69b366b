"""The objects of the namespace, over the Kubernetes API, as the pod's service account."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

from components.tls import verifying_context

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Folder of the service account's token, which Kubernetes renews, and of the API server's authority."""

REQUEST_SECONDS = 30.0
"""Time limit of a request."""

MERGE_PATCH = "application/merge-patch+json"

Object = Mapping[str, Any]


class ClusterError(Exception):
    """The API server gave no answer, or refused a request; the text says which."""

    def __init__(self, message: str, status: int = 0) -> None:
        """Create the error.

        Args:
            message: what failed.
            status: status of the answer; 0 without one.
        """
        super().__init__(message)
        self.status = status

    @property
    def is_refusal(self) -> bool:
        """Whether the same request would be refused again."""
        return 400 <= self.status < 500 and self.status != HTTPStatus.TOO_MANY_REQUESTS

    @property
    def is_quota(self) -> bool:
        """Whether a quota of the namespace refuses a new object, which can have room later."""
        return self.status == HTTPStatus.FORBIDDEN and "exceeded quota" in str(self)


@dataclass(frozen=True)
class Cluster:
    """Access to the objects of a namespace."""

    url: str
    namespace: str
    account: Path = ACCOUNT

    def authority(self) -> str:
        """Return the certificate of the API server's authority, as PEM."""
        return (self.account / "ca.crt").read_text()

    def list(self, kind: str) -> list[Object]:
        """Return all objects of a kind of the core API, e.g. ``pods``."""
        return list(self._send("GET", self._path(kind))["items"])

    def find(self, kind: str, name: str, api: str = "/api/v1") -> Object | None:
        """Return an object; None if there is none."""
        try:
            return self._send("GET", f"{self._path(kind, api)}/{name}")
        except ClusterError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def create(self, kind: str, manifest: Object, api: str = "/api/v1") -> bool:
        """Create an object; return whether there was none of its name.

        Raises:
            ClusterError: the API server refuses it.
        """
        try:
            self._send("POST", self._path(kind, api), manifest)
        except ClusterError as error:
            if error.status == HTTPStatus.CONFLICT:
                return False
            raise
        return True

    def delete(self, kind: str, name: str, api: str = "/api/v1", *, uid: str | None = None) -> None:
        """Delete an object if there is one, and, with a UID, if it has this one."""
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}} if uid else None
        try:
            self._send("DELETE", f"{self._path(kind, api)}/{name}", options)
        except ClusterError as error:
            is_other = uid is not None and error.status == HTTPStatus.CONFLICT
            if error.status != HTTPStatus.NOT_FOUND and not is_other:
                raise

    def patch(self, kind: str, name: str, patch: Object) -> bool:
        """Merge a patch into an object; return whether there is one."""
        try:
            self._send("PATCH", f"{self._path(kind)}/{name}", patch)
        except ClusterError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return False
            raise
        return True

    def _path(self, kind: str, api: str = "/api/v1") -> str:
        return f"{api}/namespaces/{self.namespace}/{kind}"

    def _send(self, method: str, path: str, body: Object | None = None) -> dict[str, Any]:
        kind = MERGE_PATCH if method == "PATCH" else "application/json"
        request = Request(  # noqa: S310 - the URL is that of the API server
            f"{self.url}{path}?{urlencode({'fieldManager': 'pangeo-backup'})}" if body else f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {(self.account / 'token').read_text().strip()}",
                "Content-Type": kind,
                "Accept": "application/json",
            },
        )
        context = verifying_context(self.authority())
        opener = build_opener(ProxyHandler({}), HTTPSHandler(context=context))
        try:
            with opener.open(request, timeout=REQUEST_SECONDS) as answer:
                found: dict[str, Any] = json.loads(answer.read())
                return found
        except HTTPError as error:
            raise ClusterError(f"{method} {path}: {_reason(error)}", error.code) from None
        except (OSError, HTTPException, ValueError) as error:
            raise ClusterError(f"{method} {path}: {error}") from None


def _reason(error: HTTPError) -> str:
    try:
        return str(json.loads(error.read())["message"])
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return str(error)
