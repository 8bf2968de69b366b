"""A stack as its operator has it: the file, what is encrypted in it where that is needed, the bind password."""

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
from components.freeipa.errors import PASSWORD_CONFIG_KEY, PASSWORD_VARIABLE, PasswordMissing

PULUMI_TIMEOUT_SECONDS = 60
CLUSTER_KEY = f"{NAMESPACE}:kubernetes"


@dataclass(frozen=True)
class OpenedStack:
    """One stack. In its ``tenancy`` an encrypted kubeconfig is closed until somebody asks ``with_cluster``."""

    name: str
    path: Path
    tenancy: Tenancy

    def with_cluster(self) -> "OpenedStack":
        """The same stack with what says which cluster is meant in plain.

        The Pulumi CLI is asked only where the file holds an encrypted kubeconfig.

        Raises:
            InvalidTenancy: it cannot be opened.
        """
        if not _has_encrypted_cluster(self.path):
            return self
        config = _decrypted(self.path, "which cluster is meant")
        return replace(self, tenancy=read_config(config, source=str(self.path), secret_keys=[CLUSTER_KEY]))

    def password(self, environment: Mapping[str, str]) -> str:
        """The bind password: from the environment, else from the stack's secret.

        Raises:
            PasswordMissing: there is neither.
            InvalidTenancy: the secret cannot be opened.
        """
        given = environment.get(PASSWORD_VARIABLE)
        if given:
            return given
        if PASSWORD_CONFIG_KEY not in _config(self.path):
            raise PasswordMissing
        kept = _decrypted(self.path, "the bind password").get(PASSWORD_CONFIG_KEY)
        if not kept:
            raise PasswordMissing
        return str(kept)


def opened(stack: str | None) -> OpenedStack:
    """A stack by its name or its file; with None the one there is.

    Raises:
        InvalidTenancy: there is no such stack, or its file is wrong.
    """
    path = stack_path(only_stack() if stack is None else stack, STACKS)
    return OpenedStack(stack_name(path), path, read_stack(path))


def only_stack(folder: Path = STACKS) -> str:
    """The name of the one stack there is.

    Raises:
        InvalidTenancy: there are none or several.
    """
    found = stacks(folder)
    if len(found) != 1:
        raise InvalidTenancy(str(folder), [Problem("", "", f"which stack? there are: {', '.join(found) or 'none'}")])
    return found[0]


def _config(path: Path) -> Mapping[str, Any]:
    document = load(path.read_text(encoding="utf-8"))
    config = document.get("config") if isinstance(document, dict) else None
    return config if isinstance(config, dict) else {}


def _has_encrypted_cluster(path: Path) -> bool:
    cluster = _config(path).get(CLUSTER_KEY)
    if not isinstance(cluster, dict):
        return False
    return "secure" in cluster or isinstance(cluster.get("kubeconfig"), dict)


def _decrypted(path: Path, what: str) -> dict[str, object]:
    """The stack's configuration by way of the Pulumi CLI, which alone can open what is encrypted."""
    words = ["pulumi", "config", "--json", "--show-secrets", "--non-interactive", "--stack", stack_name(path)]
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=PULUMI_TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        done = None
    try:
        config = json.loads(done.stdout) if done is not None and done.returncode == 0 else None
    except ValueError:
        config = None
    if not isinstance(config, dict):
        said = f"{what} is encrypted, and pulumi config --show-secrets failed; log in to the stack's backend"
        raise InvalidTenancy(str(path), [Problem("", "", said)])
    return {key: entry["value"] for key, entry in config.items() if "value" in entry}
