"""The volumes of a namespace that is being deleted."""

from local.paths import State
from tests.support.kubectl import kubectl, list_objects


def free_volumes(state: State, namespace: str) -> list[str]:
    """Let the namespace's volumes go with their claims; return their names.

    Volumes that would stay without their claims are deleted, as no provisioner does it.
    """
    policies = {
        volume["metadata"]["name"]: volume["spec"]["persistentVolumeReclaimPolicy"]
        for volume in list_objects(state, "persistentvolumes")
        if volume["spec"].get("claimRef", {}).get("namespace") == namespace
    }
    if retained := [name for name, policy in policies.items() if policy == "Retain"]:
        kubectl(state, "delete", "pv", "--wait=false", *retained)
    return list(policies)
