"""The kubeconfig of the target cluster: where its API answers and how to show who is asking.

https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
"""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local.stand_ins.plugins.errors import Refused

NO_FILE = "give the provider a kubeconfig, or set KUBECONFIG"


@dataclass(frozen=True)
class Access:
    """One context of a kubeconfig, resolved: PEM texts instead of files."""

    server: str
    authority: str | None
    verify: bool
    server_name: str | None
    certificate: str | None
    key: str | None
    token: str | None


class Kubeconfig:
    """A kubeconfig given as text or as a path; read at first need, since most previews never need it."""

    def __init__(self, given: str | None, *, context: str | None = None) -> None:
        self.given = given
        self.context = context

    @property
    def path(self) -> str | None:
        """The file the kubeconfig is in, or None when it was given as text."""
        if self.given is None:
            return os.environ.get("KUBECONFIG", "").split(":")[0] or os.path.expanduser("~/.kube/config")  # noqa: PTH111
        is_text = "\n" in self.given or self.given.lstrip().startswith("{")
        return None if is_text else os.path.expanduser(self.given)  # noqa: PTH111

    @cached_property
    def text(self) -> str:
        """The kubeconfig's YAML.

        Raises:
            Refused: the file cannot be read.
        """
        path = self.path
        if path is None:
            return self.given or ""
        try:
            with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs start-up time
                return file.read()
        except OSError as error:
            raise Refused(f"kubeconfig {path} cannot be read: {error.strerror}; {NO_FILE}") from None

    @cached_property
    def namespace(self) -> str:
        """The namespace of objects that name none."""
        try:
            return str(self._context.get("namespace") or "default")
        except Refused:  # a broken kubeconfig is told by what needs the cluster; a preview does not
            return "default"

    def access(self) -> Access:
        """Everything a connection needs.

        Raises:
            Refused: the kubeconfig is malformed, or asks for a way to log in that the stand-in does not know.
        """
        cluster = self._entry("clusters", "cluster", str(self._context.get("cluster", "")))
        user = self._entry("users", "user", str(self._context.get("user", ""))) if self._context.get("user") else {}
        for unknown in ("exec", "auth-provider", "username"):
            if unknown in user:
                raise Refused(f"kubeconfig: user.{unknown} is not known to the stand-in; use a token or a certificate")
        if not cluster.get("server"):
            raise Refused("kubeconfig: the cluster has no server")
        return Access(
            server=str(cluster["server"]).rstrip("/"),
            authority=self._pem(cluster, "certificate-authority"),
            verify=not cluster.get("insecure-skip-tls-verify", False),
            server_name=cluster.get("tls-server-name"),
            certificate=self._pem(user, "client-certificate"),
            key=self._pem(user, "client-key"),
            token=user.get("token") or self._file(user.get("tokenFile")),
        )

    @cached_property
    def _document(self) -> Mapping[str, Any]:
        from local.stand_ins.plugins.kubernetes.yaml_text import one_map

        document = one_map(self.text)
        if document is None:
            raise Refused(f"kubeconfig {self.path or '(given as text)'} is not a YAML map; {NO_FILE}")
        return document

    @cached_property
    def _context(self) -> Mapping[str, Any]:
        return self._entry("contexts", "context", self.context or str(self._document.get("current-context", "")))

    def _entry(self, section: str, inner: str, name: str) -> Mapping[str, Any]:
        entries = [entry for entry in self._document.get(section) or [] if isinstance(entry, dict)]
        for entry in entries:
            if entry.get("name") == name:
                return entry.get(inner) or {}
        have = ", ".join(str(entry.get("name")) for entry in entries) or "none"
        raise Refused(f"kubeconfig: no {inner} named {name!r}; there are: {have}")

    def _pem(self, entry: Mapping[str, Any], key: str) -> str | None:
        data = entry.get(f"{key}-data")
        return base64.b64decode(data).decode() if data else self._file(entry.get(key))

    def _file(self, name: str | None) -> str | None:
        if not name:
            return None
        base = os.path.dirname(self.path or "")  # noqa: PTH120
        try:
            with open(os.path.join(base, name), encoding="utf-8") as file:  # noqa: PTH118, PTH123
                return file.read().strip()
        except OSError as error:
            raise Refused(f"kubeconfig: {name} cannot be read: {error.strerror}") from None


def server_of(text: str, context: str | None) -> str | None:
    """The API server a kubeconfig leads to, or None where it does not tell."""
    try:
        return Kubeconfig(text, context=context).access().server
    except Refused:
        return None
