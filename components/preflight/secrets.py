"""Pre-flight check of the Secrets that the stack file names: the operator creates them, so they can be missing."""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from components.cluster.client import ReadWriteApi
from components.cluster.errors import CannotAsk
from components.cluster.objects import ObjectPath, find_object, namespace_path, object_path
from components.config.problems import InvalidTenancy, Problem, format_key
from components.config.schema import Location
from components.config.tenancy import Tenancy
from components.preflight.registry_log_in import has_log_in
from components.secret_commands import LOG_INS, REGISTRY_LOG_IN, create_registry_log_in, create_secret

TYPES_OF_PROGRAMS = ("kubernetes.io/service-account-token", "bootstrap.kubernetes.io/", "helm.sh/")
"""Beginnings of the types of Secrets with which a user could act as the hub or as another program."""


class NamedSecret(NamedTuple):
    """A Secret in the stack file."""

    location: Location
    """The key that names it."""
    name: str
    type: str | None = None
    """The type that it must have."""
    data_key: str | None = None
    """The key that it must contain."""
    is_for_users: bool = False
    """Whether users' servers have the content."""

    registry: str | None = None
    """The registry for which it must have a log-in."""

    def create_command(self, namespace: str) -> str:
        """Return the command that creates it."""
        if self.type == REGISTRY_LOG_IN:
            return create_registry_log_in(self.name, namespace, self.registry or "REGISTRY")
        return create_secret(self.name, namespace, [self.data_key] if self.data_key else [])


def named_secrets(tenancy: Tenancy) -> Iterator[NamedSecret]:
    """Yield every Secret of the namespace that the stack file names, with the key that names it."""
    mirror = tenancy.registries.mirror
    registry = mirror.partition("/")[0] if mirror else None
    for index, name in enumerate(tenancy.registries.pull_secrets):
        location: Location = ("registries", "pullSecrets", index)
        yield NamedSecret(location, name, REGISTRY_LOG_IN, LOG_INS, registry=registry)
    for place, each in tenancy.notebook.secret_keys():
        yield NamedSecret(("notebook", *place), each.secret, data_key=each.key, is_for_users=True)
    for place, each in tenancy.object_store.secret_keys() if tenancy.object_store else ():
        yield NamedSecret(("objectStore", *place), each.secret, data_key=each.key, is_for_users=True)
    for each in tenancy.backup.credentials.secret_keys if tenancy.backup else ():
        yield NamedSecret(("backup", "credentials", "secret"), each.secret, data_key=each.key)


def check_secrets(api: ReadWriteApi, tenancy: Tenancy, *, source: str) -> list[str]:
    """Check the named Secrets. Return warnings: before the first ``up``, nothing can be in the namespace.

    Args:
        api: the cluster.
        tenancy: the tenancy to deploy.
        source: the stack file in messages.

    Raises:
        InvalidTenancy: the namespace exists, and a Secret is missing in it, or has another type, or lacks the key.
        CannotAsk: the cluster gives no answer about the namespace.
    """
    named = list(named_secrets(tenancy))
    if not named:
        return []
    if find_object(api, namespace_path(tenancy.namespace)) is None:
        return [_announce(tenancy, named)]
    warnings, problems = [], []
    log_ins: list[Mapping[str, Any]] = []
    for name in dict.fromkeys(each.name for each in named):
        uses = [each for each in named if each.name == name]
        try:
            live = find_object(api, _place(tenancy, name))
        except CannotAsk as error:
            warnings.append(f"{format_key(uses[0].location)}: the Secret {name} cannot be checked: {error}")
            continue
        for each in uses:
            if message := find_problem(each, live, tenancy.namespace):
                problems.append(Problem(format_key(each.location), name, message))
        if live is not None and name in tenancy.registries.pull_secrets:
            log_ins.append(live)
    if problems:
        raise InvalidTenancy(source, problems)
    if len(log_ins) == len(tenancy.registries.pull_secrets):
        warnings += _check_mirror(tenancy, log_ins)
    return warnings


def _check_mirror(tenancy: Tenancy, log_ins: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a warning if the nodes would pull from the mirror without a log-in, which the mirror may permit."""
    registries = tenancy.registries
    if registries.mirror is None or not log_ins or any(has_log_in(each, registries.mirror) for each in log_ins):
        return
    create = next(named_secrets(tenancy)).create_command(tenancy.namespace)
    yield (
        f"{format_key(('registries', 'pullSecrets'))}: {', '.join(registries.pull_secrets)}: no log-in for "
        f"{registries.mirror} (pangeo:registries.mirror), so the nodes pull from it without one; if it requires one, "
        f"delete the Secret and create it with: {create}"
    )


def find_problem(named: NamedSecret, live: Mapping[str, Any] | None, namespace: str) -> str | None:
    """Return what is wrong with a Secret; None if it is usable. The message has nothing of its content.

    Args:
        named: the Secret in the stack file.
        live: the Secret in the cluster; None if there is none.
        namespace: the tenancy's namespace.
    """
    create = named.create_command(namespace)
    if live is None:
        return f"does not exist in the namespace {namespace}; create it with: {create}"
    if named.type is not None and live.get("type") != named.type:
        return f"has the type {live.get('type', 'Opaque')}, not {named.type}; delete it and create it with: {create}"
    if named.is_for_users and _is_of_a_program(live, namespace):
        return "belongs to the hub or to Kubernetes, and users must not read it; write a Secret of your own"
    data = live.get("data") or {}
    if named.data_key is None:
        return None
    content = _decode(data.get(named.data_key))
    if not content:
        keys = f" (its keys: {', '.join(sorted(data))})" if data and named.is_for_users else ""
        return f"has no key {named.data_key}, or an empty one{keys}; add it to the Secret in the namespace {namespace}"
    if named.is_for_users and (mistake := _find_mistake(content)):
        others = ", with its other keys" if len(data) > 1 else ""
        return (
            f"{mistake} in the key {named.data_key}; write only the value into FILE, for example with printf "
            f"%s, delete the Secret and create it again{others}: {create}"
        )
    return None


def _is_of_a_program(live: Mapping[str, Any], release: str) -> bool:
    # The hub's release has the name of the namespace; Secrets of other charts may be for users.
    metadata = live.get("metadata") or {}
    labels = metadata.get("labels") or {}
    return (
        str(live.get("type", "")).startswith(TYPES_OF_PROGRAMS)
        or (metadata.get("annotations") or {}).get("meta.helm.sh/release-name") == release
        or any(name.startswith("gateway.dask.org/") for name in labels)
    )


def _decode(encoded: object) -> bytes:
    """Return the content of a key; empty if there is none."""
    try:
        return base64.b64decode(encoded) if isinstance(encoded, str) else b""
    except (binascii.Error, ValueError):
        return b""


def _find_mistake(content: bytes) -> str | None:
    """Return what is wrong with the content of a variable, without the content.

    Programs take a line break at the end for a part of a token, a key or a URL. Text of several lines, such as a
    certificate, may have one. Every use is refused, and none only warned about: no version before 0.5.0 has variables
    from Secrets, so no deployed stack has one that works.
    """
    if not content.strip():
        return "has only blanks or line breaks"
    line = content.rstrip(b"\r\n")
    return "has a line break at the end" if line != content and b"\n" not in line else None


def _announce(tenancy: Tenancy, named: Sequence[NamedSecret]) -> str:
    names = ", ".join(dict.fromkeys(each.name for each in named))
    return (
        f"the namespace {tenancy.namespace} does not exist yet, so these Secrets could not be checked: {names}; create "
        "them when pulumi up has created the namespace, and run it again if it stopped because of them"
    )


def _place(tenancy: Tenancy, name: str) -> ObjectPath:
    return object_path(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": tenancy.namespace}}
    )
