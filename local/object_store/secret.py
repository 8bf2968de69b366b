"""The Secret with which the tenancy's backups use the object store."""

import base64
import json

from local.host.commands import output
from local.object_store.endpoint import ACCOUNTS, BACKUP, REPOSITORY, SECTION
from local.paths import State
from local.tenancy import credentials

SECRET = "pangeo-backup"  # noqa: S105 - the name of a Secret, as in the stack file


def apply_secret(state: State, namespace: str) -> None:
    """Create the Secret that the stack file names.

    Raises:
        Failure: the cluster refuses it, or the namespace does not exist.
    """
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
    words = ["--kubeconfig", str(state.kubeconfig), "apply", "--server-side", "--field-manager=local-tenancy"]
    output([state.bin / "kubectl", *words, "-f", "-"], stdin=json.dumps(secret), timeout_seconds=60)
