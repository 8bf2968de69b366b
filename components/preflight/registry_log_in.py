"""The registries for which a Secret has a log-in, as the kubelet compares them with the names of images. Pure."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from components.secret_commands import LOG_INS

_API_VERSIONS = ("/v1/", "/v2/")


def has_log_in(secret: Mapping[str, Any], prefix: str) -> bool:
    """Return whether a Secret has a log-in for images whose names begin with the prefix, or for some of them.

    The rules are those of ``pkg/credentialprovider/keyring.go`` in Kubernetes: an entry can be a URL, have a path and
    contain ``*`` in each part of the host; the port must be the same.

    Args:
        secret: the Secret, of the type ``kubernetes.io/dockerconfigjson``.
        prefix: the registry with an optional port and path, such as ``registry.example.org:5000/cache``.
    """
    host, path = _split(prefix)
    return any(
        _is_same_host(known, host) and (path.startswith(below) or below.startswith(path))
        for known, below in map(_split, _servers(secret))
    )


def _servers(secret: Mapping[str, Any]) -> Iterator[str]:
    try:
        content = json.loads(base64.b64decode((secret.get("data") or {}).get(LOG_INS) or ""))
    except (binascii.Error, ValueError, TypeError):
        return
    servers = content.get("auths") if isinstance(content, Mapping) else None
    if isinstance(servers, Mapping):
        yield from map(str, servers)


def _split(server: str) -> tuple[str, str]:
    """Return the host with its port, and the path without a slash at its end."""
    try:
        url = urlsplit(server if server.startswith(("http://", "https://")) else f"https://{server}")
    except ValueError:  # it is the name of no registry
        return "", ""
    path = url.path[len("/v1") :] if url.path.startswith(_API_VERSIONS) else url.path
    return url.netloc, path.rstrip("/")


def _is_same_host(known: str, host: str) -> bool:
    name, _, port = known.partition(":")
    other_name, _, other_port = host.partition(":")
    parts, other_parts = name.split("."), other_name.split(".")
    return (
        port == other_port
        and len(parts) == len(other_parts)
        and all(fnmatchcase(other, part) for part, other in zip(parts, other_parts, strict=True))
    )
