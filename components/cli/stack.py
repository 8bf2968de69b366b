"""A stack opened for a command: its stack file, its decrypted secrets where they are needed, its state."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from components.cli.pulumi_cli import read_object
from components.config.problems import NAMESPACE, InvalidTenancy, Problem
from components.config.stack_file import (
    STACKS,
    read_config,
    read_stack,
    stack_name,
    stack_path,
    stacks,
    uses_environment,
)
from components.config.strict_yaml import load
from components.config.tenancy import Tenancy
from components.freeipa.errors import PASSWORD_CONFIG_KEY
from components.freeipa.password import bind_password

CLUSTER_KEY = f"{NAMESPACE}:kubernetes"


@dataclass(frozen=True)
class OpenStack:
    """One stack. An encrypted kubeconfig in its ``tenancy`` is unreadable before :meth:`with_kubeconfig`."""

    name: str
    path: Path
    tenancy: Tenancy
    resolved: Mapping[str, object] | None = field(default=None, repr=False)
    """The decrypted configuration of a stack whose file uses Pulumi ESC; None for all others."""

    def with_kubeconfig(self) -> "OpenStack":
        """Return the same stack with its kubeconfig decrypted.

        The Pulumi CLI is called only if the stack file contains an encrypted kubeconfig.

        Raises:
            PulumiFailed: it cannot be decrypted.
        """
        if self.resolved is not None or not _has_encrypted_kubeconfig(self.path):
            return self
        config = _decrypt(self.path, "the kubeconfig")
        return replace(self, tenancy=read_config(config, source=str(self.path), secret_keys=[CLUSTER_KEY]))

    def password(self, environment: Mapping[str, str]) -> str:
        """Return the bind password: from the environment, else from the stack's secret.

        Raises:
            PasswordMissing: there is neither.
            PasswordInvalid: it has a form that only a mistake produces.
            PulumiFailed: the secret cannot be decrypted.
        """
        return bind_password(environment, self._stored_password)

    def _stored_password(self) -> str | None:
        if self.resolved is not None:
            secret = self.resolved.get(PASSWORD_CONFIG_KEY)
            return str(secret) if secret else None
        if PASSWORD_CONFIG_KEY not in _config(self.path):
            return None
        secret = _decrypt(self.path, "the bind password").get(PASSWORD_CONFIG_KEY)
        return str(secret) if secret else None


def open_stack(stack: str | None) -> OpenStack:
    """Open a stack by its name or its file; the only stack where ``stack`` is None.

    Raises:
        InvalidTenancy: there is no such stack, or its file is not valid.
        PulumiFailed: the file uses Pulumi ESC, and the Pulumi CLI cannot open the environment.
    """
    path = stack_path(_only_stack(STACKS) if stack is None else stack, STACKS)
    if uses_environment(path):
        # Only the Pulumi CLI can open the environment, which may also set keys that have a default.
        config = _read_config(path, f"{path}: its Pulumi ESC environment cannot be opened")
        tenancy = read_config(config, source=str(path), secret_keys=[CLUSTER_KEY])
        return OpenStack(stack_name(path), path, tenancy, config)
    return OpenStack(stack_name(path), path, read_stack(path))


def _only_stack(folder: Path) -> str:
    found = stacks(folder)
    if len(found) != 1:
        message = f"name one stack; there are: {', '.join(found) or 'none'}"
        raise InvalidTenancy(str(folder), [Problem("", "", message)])
    return found[0]


def _config(path: Path) -> Mapping[str, Any]:
    document = load(path.read_text(encoding="utf-8"))
    config = document.get("config") if isinstance(document, dict) else None
    return config if isinstance(config, dict) else {}


def _has_encrypted_kubeconfig(path: Path) -> bool:
    kubernetes = _config(path).get(CLUSTER_KEY)
    if not isinstance(kubernetes, dict):
        return False
    return "secure" in kubernetes or isinstance(kubernetes.get("kubeconfig"), dict)


def _decrypt(path: Path, name: str) -> dict[str, object]:
    """Return the stack's decrypted configuration; only the Pulumi CLI can decrypt it."""
    return _read_config(path, f"{path}: {name} is encrypted and cannot be decrypted")


def _read_config(path: Path, purpose: str) -> dict[str, object]:
    """Return the stack's configuration from the Pulumi CLI, with its environment and with all secrets decrypted."""
    arguments = ["config", "--json", "--show-secrets", "--stack", stack_name(path)]
    config = read_object(arguments, os.environ, purpose=purpose)
    return {key: entry["value"] for key, entry in config.items() if isinstance(entry, dict) and "value" in entry}
