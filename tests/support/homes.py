"""Home volumes of the local tenancy's users."""

import json
from collections.abc import Sequence

from local.paths import State
from local.tenancy import web
from tests.support.kubectl import kubectl, volumes_by_claim


def delete_homes(state: State, users: Sequence[str]) -> None:
    """Delete the users' home volumes with their files, which the storage class would retain.

    The users' servers must be stopped. Their next servers get new volumes.
    """
    claims = [f"claim-{user}" for user in users]
    change = json.dumps({"spec": {"persistentVolumeReclaimPolicy": "Delete"}})
    for claim, volume in volumes_by_claim(state, web.NAMESPACE).items():
        if claim in claims:
            kubectl(state, "patch", "pv", volume, "--patch", change)
    kubectl(state, "delete", "pvc", *claims, "--ignore-not-found", "--wait=true")
