"""The Secret with which the tenancy's backups use the object store."""

import base64
import json
from pathlib import Path

from local.host.commands import output
from local.object_store.endpoint import ACCOUNTS, BACKUP, REPOSITORY, SECTION
from local.paths import State
from local.tenancy import credentials

SECRET = "pangeo-backup"  # noqa: S105 - the name of a Secret, as in the stack file


def apply_secret(state: State, namespace: str) -> bool:
    """Create the Secret that the stack file names; return False if there is no namespace yet.

    Raises:
        Failure: the cluster refuses it.
    """
    kubectl: list[str | Path] = [state.bin / "kubectl", "--kubeconfig", state.kubeconfig]
    if not output([*kubectl, "get", "namespace", namespace, "--ignore-not-found", "-o", "name"], timeout_seconds=60):
        return False
    passwords = credentials.obtain(state, SECTION, ACCOUNTS)
    content = {
        "access-key": BACKUP,
        "secret-key": passwords[BACKUP],
        "repository-password": passwords[REPOSITORY],
    }
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET, "namespace": namespace},
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in content.items()},
    }
    words = ["apply", "--server-side", "--field-manager=local-tenancy", "-f", "-"]
    output([*kubectl, *words], stdin=json.dumps(secret), timeout_seconds=60)
    return True
