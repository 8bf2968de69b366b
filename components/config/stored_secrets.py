"""Credentials that a stack file holds, encrypted. Whoever has the stack's passphrase can decrypt them."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from components.config.problems import NAMESPACE, PASSWORD_KEY, InvalidTenancy, format_key
from components.config.stack_file import is_encrypted, read_config_section
from components.freeipa.errors import PASSWORD_VARIABLE


class StoredSecret(NamedTuple):
    """An encrypted credential, and the variable that can provide it instead."""

    key: str
    variable: str


def list_stored_secrets(path: Path) -> list[StoredSecret]:
    """Return the encrypted credentials in a stack file; none if the file cannot be read, which other checks report."""
    try:
        config = read_config_section(path, str(path))
    except InvalidTenancy:
        return []
    return list(_find(config.get(f"{NAMESPACE}:kubernetes"), config.get(f"{NAMESPACE}:{PASSWORD_KEY}")))


def _find(kubernetes: object, password: object) -> Iterator[StoredSecret]:
    if is_encrypted(kubernetes):
        yield StoredSecret(format_key(("kubernetes",)), "KUBECONFIG")
    elif isinstance(kubernetes, dict) and is_encrypted(kubernetes.get("kubeconfig")):
        yield StoredSecret(format_key(("kubernetes", "kubeconfig")), "KUBECONFIG")
    if is_encrypted(password):
        yield StoredSecret(format_key((PASSWORD_KEY,)), PASSWORD_VARIABLE)
