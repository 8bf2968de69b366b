"""Kubeconfig of the target cluster, found in the same places as by the Kubernetes provider.

No machine's path is stored in the stack: the stack's file holds an encrypted text, or each machine uses its own file.

Format: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
"""

import base64
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

from components.cluster.errors import CannotAsk
from components.cluster.private_file import private_file
from components.config.kubeconfig_text import is_kubeconfig_text

if TYPE_CHECKING:
    from components.config.cluster import Kubernetes

SECTION_KEY = "pangeo:kubernetes"
"""Key of the section with the kubeconfig in the stack's configuration."""

HOME = Path("~/.kube/config")
_LONGEST_NAME = 200
IN_CLUSTER = "the cluster that this runs in"

_OTHER_WAYS = {
    "user": ("exec", "auth-provider", "username", "password", "as", "as-uid", "as-groups", "as-user-extra"),
    "cluster": ("proxy-url", "tls-server-name"),
}
"""Keys that only a Kubernetes client such as kubectl supports."""

LOG_IN_PROGRAMS = ("user.exec", "user.auth-provider")
"""Those of the keys with which kubectl may have to log a person in."""


@dataclass(frozen=True)
class Access:
    """Address of the cluster's API, and the credentials. Certificates and key are PEM."""

    server: str
    authority: str | None
    verify: bool
    certificate: str | None = field(repr=False)
    key: str | None = field(repr=False)
    token: str | None = field(repr=False)
    only_kubectl: str | None
    """A key of the kubeconfig that only a Kubernetes client supports, if there is one."""


@dataclass(frozen=True)
class Kubeconfig:
    """Kubeconfig as text or as a file, and the context to use. With neither, the cluster that this runs in."""

    text: str | None = field(repr=False)
    path: Path | None
    context: str | None

    @property
    def name(self) -> str:
        """Name for messages, e.g. ``kubeconfig admin.yaml, context vis``."""
        source = f"kubeconfig {self.path}" if self.path else "the stack's kubeconfig"
        return f"{source}{f', context {self.context}' if self.context else ''}"

    @contextmanager
    def as_file(self) -> Iterator[Path | None]:
        """Give the kubeconfig as a file; None for the cluster that this runs in, which needs none."""
        if self.path or self.text is None:
            yield self.path
            return
        with private_file(self.text) as path:
            yield path

    def access(self) -> Access:
        """Return the address and the credentials.

        Raises:
            CannotAsk: the kubeconfig cannot be read, or has no valid server.
        """
        document = self._document()
        context = self._entry(document, "context", self.context or str(document.get("current-context") or ""))
        cluster = self._entry(document, "cluster", str(context.get("cluster") or ""))
        user = self._entry(document, "user", str(context["user"])) if context.get("user") else {}
        server = str(cluster.get("server") or "").rstrip("/")
        if not _is_url_with_host(server):
            raise CannotAsk(
                f"{self.name}: the cluster {context.get('cluster')} has no server, or one that is not a URL such as "
                "https://host:6443"
            )
        entries = {"user": user, "cluster": cluster}
        others = [f"{inner}.{key}" for inner, keys in _OTHER_WAYS.items() for key in keys if entries[inner].get(key)]
        return Access(
            server=server,
            authority=self._pem(cluster, "certificate-authority"),
            verify=not self._flag(cluster, "insecure-skip-tls-verify"),
            certificate=self._pem(user, "client-certificate"),
            key=self._pem(user, "client-key"),
            # As in client-go, the file comes before the text, since a token in a file may be renewed.
            token=self._file(user.get("tokenFile")) or self._text(user, "token"),
            only_kubectl=next(iter(others), None),
        )

    def may_log_in(self) -> bool:
        """Return whether a program in the kubeconfig may have to log a person in.

        Raises:
            CannotAsk: as in :meth:`access`.
        """
        return (self.path is not None or self.text is not None) and self.access().only_kubectl in LOG_IN_PROGRAMS

    def _document(self) -> Mapping[str, Any]:
        try:
            text = self.path.read_text(encoding="utf-8") if self.path else self.text or ""
            document = yaml.safe_load(text)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise CannotAsk(f"{self.name} cannot be read: {reason}") from None
        # YAML raises other errors for deep nesting and for tagged values that do not match their tag.
        except (yaml.YAMLError, RecursionError, ValueError, KeyError, AttributeError):
            document = None
        if not isinstance(document, Mapping):
            raise CannotAsk(f"{self.name} is not a kubeconfig; use the file from your cluster's administrator")
        return document

    def _entry(self, document: Mapping[str, Any], kind: str, name: str) -> Mapping[str, Any]:
        entries = document.get(f"{kind}s")
        named = {
            str(entry.get("name")): entry.get(kind) or {}
            for entry in (entries if isinstance(entries, list) else [])
            if isinstance(entry, Mapping)
        }
        if not isinstance(named.get(name), Mapping):
            missing = f"has no {kind} {name}" if name else f"does not name a {kind}"
            raise CannotAsk(f"{self.name}: it {missing}; there are: {', '.join(named) or 'none'}")
        found: Mapping[str, Any] = named[name]
        return found

    def _flag(self, entry: Mapping[str, Any], key: str) -> bool:
        """Return a truth value. Text is refused, as by a Kubernetes client: ``"false"`` must not count as true."""
        value = entry.get(key)
        if value is not None and not isinstance(value, bool):
            raise CannotAsk(f"{self.name}: {key} must be true or false, without quotes")
        return bool(value)

    def _text(self, entry: Mapping[str, Any], key: str) -> str | None:
        value = entry.get(key)
        if value and not isinstance(value, str):
            raise CannotAsk(f"{self.name}: {key} is not text; write it in quotes")
        return value or None

    def _pem(self, entry: Mapping[str, Any], key: str) -> str | None:
        data = entry.get(f"{key}-data")
        if not data:
            return self._file(entry.get(key))
        try:
            return base64.b64decode(str(data), validate=False).decode("ascii")
        except ValueError:
            raise CannotAsk(f"{self.name}: {key}-data is not base64 of a PEM text") from None

    def _file(self, name: object) -> str | None:
        if not name:
            return None
        folder = self.path.parent if self.path else Path()
        try:
            return (folder / str(name)).read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:  # ValueError: not ASCII, or not a valid file name
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise CannotAsk(f"{self.name}: {str(name)[:_LONGEST_NAME]} cannot be read: {reason}") from None


def find_kubeconfig(settings: "Kubernetes", environment: Mapping[str, str]) -> Kubeconfig:
    """Find the kubeconfig of a stack: the text in its file, else the one of this machine.

    Raises:
        CannotAsk: as in ``find_default_kubeconfig``.
    """
    if settings.kubeconfig:
        return Kubeconfig(text=settings.kubeconfig.get_secret_value(), path=None, context=settings.context)
    return find_default_kubeconfig(settings.context, environment)


def find_configured_kubeconfig(section: str | None, environment: Mapping[str, str]) -> Kubeconfig:
    """Find the kubeconfig of a stack from the engine's configuration, for providers of the program's own.

    Args:
        section: the value of ``SECTION_KEY``, which is JSON; None where it is not set.
        environment: as in ``find_default_kubeconfig``.

    Raises:
        CannotAsk: as in ``find_default_kubeconfig``.
    """
    settings = json.loads(section) if section else {}
    given, context = settings.get("kubeconfig") or None, settings.get("context") or None
    if given is None:
        return find_default_kubeconfig(context, environment)
    if is_kubeconfig_text(given):
        return Kubeconfig(text=given, path=None, context=context)
    # Written by a version before 0.3, in which the key could be a path.
    return Kubeconfig(text=None, path=Path(given).expanduser(), context=context)


def find_default_kubeconfig(context: str | None, environment: Mapping[str, str]) -> Kubeconfig:
    """Find the kubeconfig that the Kubernetes plugin uses if its provider has none.

    These are client-go's rules: the file in the variable KUBECONFIG, else the file in the home folder, else the pod in
    which it runs. client-go also merges several files; that is refused, so that there is one file to name and to check.

    Args:
        context: the context to use instead of the current one.
        environment: variables, of which KUBECONFIG, HOME and a pod's KUBERNETES_SERVICE_HOST are used.

    Raises:
        CannotAsk: KUBECONFIG is not the path of one file, or there is no kubeconfig.
    """
    chosen = environment.get("KUBECONFIG") or ""
    if chosen:
        return Kubeconfig(text=None, path=_only_file(chosen), context=context)
    home = Path(environment.get("HOME") or "~").expanduser() / HOME.relative_to("~")
    if home.is_file():
        return Kubeconfig(text=None, path=home, context=context)
    if environment.get("KUBERNETES_SERVICE_HOST"):
        return Kubeconfig(text=None, path=None, context=context)
    raise CannotAsk(f"there is no kubeconfig; set KUBECONFIG or kubernetes.kubeconfig, or create {HOME}")


def _only_file(chosen: str) -> Path:
    """Return the file that the variable KUBECONFIG names. Like client-go, do not expand ``~``.

    Raises:
        CannotAsk: it is the text of a kubeconfig, several files, or no file.
    """
    if is_kubeconfig_text(chosen):
        raise CannotAsk(
            "KUBECONFIG contains the text of a kubeconfig; write the text to a file that only you can read, and set "
            "KUBECONFIG to its path"
        )
    name = chosen[:_LONGEST_NAME]
    if os.pathsep in chosen:
        raise CannotAsk(
            f"KUBECONFIG {name} lists several files; join them with kubectl config view --flatten, and set KUBECONFIG "
            "to the path of the result"
        )
    try:
        path = Path(chosen)
        if path.is_file():
            return path
    except (OSError, ValueError):  # a name that is too long or not valid
        pass
    fix = "write the path without ~" if chosen.startswith("~") else "set it to the path of one"
    raise CannotAsk(f"KUBECONFIG {name} is not a kubeconfig file; {fix}")


def _is_url_with_host(server: str) -> bool:
    try:
        url = urlsplit(server)
        named = bool(url.hostname) and server.isascii() and server.isprintable()
        return named and (url.port is None or url.port > 0)
    except ValueError:
        return False
