"""The deletion of a home's volume after its claim, as far as Kubernetes can delete it."""

import time
from collections.abc import Callable
from typing import Any

from components.cli.homes.deletion_plan import DELETE
from components.cli.homes.home import Volume
from components.cluster.client import ReadWriteApi
from components.cluster.objects import POLL_SECONDS, change_object, find_object, volume_path
from components.readiness.objects import field, uid

VOLUME_SECONDS = 180.0
"""Time to wait until the storage has deleted a volume."""

FAILED = "Failed"
"""Phase of a volume that its provisioner could not delete."""


def delete_volume(
    api: ReadWriteApi, volume: Volume, report: Callable[[str], None], limit_seconds: float = VOLUME_SECONDS
) -> bool:
    """Let Kubernetes delete the volume with its files, and wait for it. Return whether it is gone.

    Args:
        api: the cluster.
        volume: the volume, whose claim is deleted.
        report: receives lines for the operator.
        limit_seconds: time to wait.

    Raises:
        CannotAsk: the cluster gives no answer, or refuses the change.
    """
    place = volume_path(volume.name)
    if not volume.is_provisioned:
        _report_left(volume, "Kubernetes did not make it, so it does not delete its files", report)
        return False
    if volume.policy != DELETE:
        change_object(api, place, volume.uid, _let_delete)
    end = time.monotonic() + limit_seconds
    while (live := find_object(api, place)) is not None and uid(live) == volume.uid:
        if field(live, "status", "phase") == FAILED:
            reason = str(field(live, "status", "message") or "no reason given")
            _report_left(volume, f"its storage did not delete it: {reason}", report)
            return False
        if time.monotonic() > end:
            report(
                f"the volume {volume.name} is not gone after {limit_seconds:g} s; Kubernetes continues the deletion, "
                f"see: kubectl describe pv {volume.name}; run the command again later"
            )
            return False
        time.sleep(POLL_SECONDS)
    report(f"deleted: the volume {volume.name} with its files")
    return True


def _let_delete(manifest: dict[str, Any]) -> None:
    manifest["spec"]["persistentVolumeReclaimPolicy"] = DELETE


def _report_left(volume: Volume, reason: str, report: Callable[[str], None]) -> None:
    report(f"left: the volume {volume.name} and its files; {reason}")
    report(
        f"→ find what it stands for: kubectl get pv {volume.name} --output yaml; delete that in your storage, then: "
        f"kubectl delete pv {volume.name}"
    )
