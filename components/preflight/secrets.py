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

REGISTRY_LOG_IN = "kubernetes.io/dockerconfigjson"
"""Type of Secrets with the log-in at registries."""


class NamedSecret(NamedTuple):
    """A Secret in the stack file."""

    location: Location
    """The key that names it."""
    name: str
    type: str | None = None
    """The type that it must have."""
    data_key: str | None = None
    """The key that it must contain."""
    create: str = "generic"
    """The kind of ``kubectl create secret``."""


def named_secrets(tenancy: Tenancy) -> Iterator[NamedSecret]:
    """Yield every Secret of the namespace that the stack file names, with the key that names it."""
    for index, name in enumerate(tenancy.registries.pull_secrets):
        location = ("registries", "pullSecrets", index)
        yield NamedSecret(location, name, REGISTRY_LOG_IN, ".dockerconfigjson", "docker-registry")


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
    for each in named:
        try:
            live = find_object(api, _place(tenancy, each.name))
        except CannotAsk as error:
            warnings.append(f"{format_key(each.location)}: the Secret {each.name} cannot be checked: {error}")
            continue
        if message := find_problem(each, live, tenancy.namespace):
            problems.append(Problem(format_key(each.location), each.name, message))
    if problems:
        raise InvalidTenancy(source, problems)
    return warnings


def find_problem(named: NamedSecret, live: Mapping[str, Any] | None, namespace: str) -> str | None:
    """Return what is wrong with a Secret; None if it is usable. The message has nothing of its content.

    Args:
        named: the Secret in the stack file.
        live: the Secret in the cluster; None if there is none.
        namespace: the tenancy's namespace.
    """
    create = f"kubectl create secret {named.create} {named.name} --namespace {namespace} …"
    if live is None:
        return f"does not exist in the namespace {namespace}; create it with: {create}"
    if named.type is not None and live.get("type") != named.type:
        return f"has the type {live.get('type', 'Opaque')}, not {named.type}; delete it and create it with: {create}"
    data = live.get("data") or {}
    if named.data_key is not None and not _has_content(data.get(named.data_key)):
        return f"has no key {named.data_key}, or an empty one; add it to the Secret"
    return None


def _has_content(encoded: object) -> bool:
    try:
        return isinstance(encoded, str) and bool(base64.b64decode(encoded))
    except (binascii.Error, ValueError):
        return False


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
