"""Credentials in the stack files of deployed tenancies, which the passphrase of an unprotected environment decrypts."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from components.config.stack_file import STACKS, stack_path
from components.config.stored_secrets import list_stored_secrets
from components.preflight.switch import only_warns

STACK_SECRETS_VARIABLE = "PANGEO_STACK_SECRETS"
"""Environment variable, in CI from the repository variable of the same name: ``refuse`` (the default) or ``warn``.

``warn`` is for repositories whose environments ``preview-…`` have required reviewers.
"""

SWITCH_FIX = (
    f"if the environments preview-… require reviewers, set the repository variable {STACK_SECRETS_VARIABLE}=warn"
)
"""What to do where the credentials must stay in the files."""


def stored_secret_messages(names: Iterable[str], folder: Path = STACKS) -> Iterator[str]:
    """Yield a message for each credential in the stack files of these tenancies."""
    for name in names:
        path = stack_path(name, folder)
        for secret in list_stored_secrets(path):
            yield (
                f"{path} contains {secret.key}, encrypted. Everyone who can push a branch can decrypt it with the "
                f"passphrase in the environment preview-{name}, unless that requires reviewers. Replace the "
                "credential, because Git keeps the old one, remove the key, and store the new credential as the "
                f"secret {secret.variable} of deploy-{name} and drift-{name}"
            )


def are_allowed(environment: Mapping[str, str]) -> bool:
    """Return whether credentials in stack files are only a notice.

    Raises:
        InvalidTenancy: the variable has an unknown value.
    """
    return only_warns(STACK_SECRETS_VARIABLE, environment)
