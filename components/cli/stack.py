"""A stack opened for a command: its stack file, its decrypted secrets where they are needed, its state."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from components.config.problems import NAMESPACE, InvalidTenancy, Problem
from components.config.stack_file import STACKS, read_config, read_stack, stack_name, stack_path, stacks
from components.config.strict_yaml import load
from components.config.tenancy import Tenancy
from components.freeipa.errors import PASSWORD_CONFIG_KEY
from components.freeipa.password import bind_password

PULUMI_TIMEOUT_SECONDS = 60
CLUSTER_KEY = f"{NAMESPACE}:kubernetes"
RELEASE_TYPE = "kubernetes:helm.sh/v3:Release"
"""Pulumi type of the hub's Helm release."""


@dataclass(frozen=True)
class OpenStack:
    """One stack. An encrypted kubeconfig in its ``tenancy`` is unreadable before :meth:`with_kubeconfig`."""

    name: str
    path: Path
    tenancy: Tenancy

    def with_kubeconfig(self) -> "OpenStack":
        """Return the same stack with its kubeconfig decrypted.

        The Pulumi CLI is called only if the stack file contains an encrypted kubeconfig.

        Raises:
            InvalidTenancy: it cannot be decrypted.
        """
        if not _has_encrypted_kubeconfig(self.path):
            return self
        config = _decrypt(self.path, "the kubeconfig")
        return replace(self, tenancy=read_config(config, source=str(self.path), secret_keys=[CLUSTER_KEY]))

    def password(self, environment: Mapping[str, str]) -> str:
        """Return the bind password: from the environment, else from the stack's secret.

        Raises:
            PasswordMissing: there is neither.
            PasswordInvalid: it has a form that only a mistake produces.
            InvalidTenancy: the secret cannot be decrypted.
        """
        return bind_password(environment, self._stored_password)

    def _stored_password(self) -> str | None:
        if PASSWORD_CONFIG_KEY not in _config(self.path):
            return None
        secret = _decrypt(self.path, "the bind password").get(PASSWORD_CONFIG_KEY)
        return str(secret) if secret else None

    def has_release(self, environment: Mapping[str, str]) -> bool | None:
        """Return whether the stack's state contains a Helm release; None where the Pulumi CLI fails.

        A release that the engine was deleting, or was creating when it was interrupted, does not count. Secrets stay
        encrypted.

        Args:
            environment: where the program pulumi and its backend are looked up.
        """
        state = _run_pulumi(["stack", "export", "--stack", self.name], environment)
        return None if state is None else has_release(state)


def open_stack(stack: str | None) -> OpenStack:
    """Open a stack by its name or its file; the only stack where ``stack`` is None.

    Raises:
        InvalidTenancy: there is no such stack, or its file is not valid.
    """
    path = stack_path(_only_stack(STACKS) if stack is None else stack, STACKS)
    return OpenStack(stack_name(path), path, read_stack(path))


def has_release(state: Mapping[str, Any]) -> bool:
    """Return whether a state, as printed by ``pulumi stack export``, contains a Helm release."""
    resources = (state.get("deployment") or {}).get("resources") or []
    return any(each.get("type") == RELEASE_TYPE and not each.get("delete") for each in resources)


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
    config = _run_pulumi(["config", "--json", "--show-secrets", "--stack", stack_name(path)], None)
    if config is None:
        message = f"{name} is encrypted, and pulumi config --show-secrets failed; log in to the stack's backend"
        raise InvalidTenancy(str(path), [Problem("", "", message)])
    return {key: entry["value"] for key, entry in config.items() if "value" in entry}


def _run_pulumi(arguments: list[str], environment: Mapping[str, str] | None) -> dict[str, Any] | None:
    """Return the JSON object that the Pulumi CLI prints; None where it fails or prints something else."""
    try:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=None if environment is None else dict(environment),
            timeout=PULUMI_TIMEOUT_SECONDS,
            check=False,
        )
        printed = json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return printed if isinstance(printed, dict) else None
