"""Keys of the engine's configuration that are encrypted, although the state and previews show their values."""

from collections.abc import Collection
from typing import NamedTuple

from components.config.problems import HIDDEN, NAMESPACE, Problem, format_key
from components.config.tenancy import Tenancy

_HOW = "in a Secret of the namespace and write {secret: <name>, key: <key>}"

ENCRYPTED_VARIABLE = f"is encrypted, but the state and the hub would have it in plain text; put it {_HOW}"
"""Message for a single environment variable."""

ENCRYPTED_VALUE = "is encrypted, but previews and policies must read it; set it again without --secret"
"""Message for every other value."""

_ENCRYPTED_SECTION = f"{ENCRYPTED_VALUE}; put secret variables {_HOW}"
"""Message for the section with users' environment variables, one of which may be the reason for ``--secret``."""

_MAY_BE_ENCRYPTED = "kubernetes"
"""The section with the kubeconfig. The engine encrypts top-level keys as a whole."""

_OF_VARIABLES = "notebook"
"""The section with users' environment variables."""

_REFUSED = (_OF_VARIABLES, "objectStore", "registries", "sharedFolders")
"""The sections that are refused: those that are new, and ``notebook``, whose variables the state would show."""


class EncryptedKeys(NamedTuple):
    """The result of checking which keys are encrypted."""

    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]
    """About the other keys, which version 0.4 accepted."""


def find_encrypted_keys(secret_keys: Collection[str]) -> EncryptedKeys:
    """Return what to report about keys that were set with ``--secret`` or by a secret of Pulumi ESC.

    Args:
        secret_keys: the full names of the encrypted keys.
    """
    known = {field.alias or name for name, field in Tenancy.model_fields.items()} - {_MAY_BE_ENCRYPTED}
    encrypted = [key for key in sorted(known) if f"{NAMESPACE}:{key}" in secret_keys]
    messages = {_OF_VARIABLES: _ENCRYPTED_SECTION}
    return EncryptedKeys(
        tuple(
            Problem(format_key((key,)), HIDDEN, messages.get(key, ENCRYPTED_VALUE))
            for key in encrypted
            if key in _REFUSED
        ),
        tuple(f"{format_key((key,))} {ENCRYPTED_VALUE}" for key in encrypted if key not in _REFUSED),
    )
