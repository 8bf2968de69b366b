"""A Helm release that the cluster has and the stack's state has not: the engine died before it heard of it.

Every later ``pulumi up`` wants to install it and is refused: "cannot re-use a name that is still in use".
"""

import json
import subprocess
from collections.abc import Mapping
from typing import Any

PULUMI_TIMEOUT_SECONDS = 60
RELEASE = "kubernetes:helm.sh/v3:Release"


def knows_release(stack: str, environment: Mapping[str, str]) -> bool | None:
    """Whether the stack's state has a Helm release; None where the Pulumi CLI cannot tell, e.g. without a log-in.

    One that the engine was deleting, or was interrupted in making, is none. Secrets stay encrypted.
    """
    words = ["pulumi", "stack", "export", "--non-interactive", "--stack", stack]
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=dict(environment),
            timeout=PULUMI_TIMEOUT_SECONDS,
            check=False,
        )
        return has_release(json.loads(done.stdout)) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def has_release(export: Mapping[str, Any]) -> bool:
    """Whether there is one among the resources of what ``pulumi stack export`` printed."""
    resources = (export.get("deployment") or {}).get("resources") or []
    return any(each.get("type") == RELEASE and not each.get("delete") for each in resources)


def explanation(release: str, namespace: str, status: str) -> str:
    """What is the matter, for somebody who has never met it."""
    return (
        f"the Helm release {namespace}/{release} is {status} in the cluster, and the stack's state does not have it: "
        "a run was killed before it heard that helm was done, and every pulumi up is refused with "
        '"cannot re-use a name that is still in use"'
    )
