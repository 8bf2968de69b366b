"""The deletion of a home's volume after its claim, as far as Kubernetes can delete it."""

import time
from collections.abc import Callable
from typing import Any

from components.cli.homes.deletion_plan import DELETE
from components.cli.homes.home import Volume, claim_uid, is_wanted
from components.cluster.client import ReadWriteApi
from components.cluster.objects import POLL_SECONDS, change_object, find_object, read_claims, volume_path
from components.readiness.objects import field, uid

VOLUME_SECONDS = 180.0
"""Time to wait until the storage has deleted a volume."""

FAILED = "Failed"
"""Phase of a volume that its provisioner could not delete."""


class _BoundAgain(Exception):
    """Another claim has got the volume."""


def delete_volume(
    api: ReadWriteApi,
    volume: Volume,
    namespace: str,
    report: Callable[[str], None],
    limit_seconds: float = VOLUME_SECONDS,
) -> bool:
    """Let Kubernetes delete the volume with its files, and wait for it. Return whether it is gone.

    Args:
        api: the cluster.
        volume: the volume, whose claim is deleted. It is left if another claim has it, or asks for it.
        namespace: the namespace of the claim.
        report: receives lines for the operator.
        limit_seconds: time to wait.

    Raises:
        CannotAsk: the cluster gives no answer, or refuses the change.
    """
    place = volume_path(volume.name)
    if not volume.is_provisioned:
        _report_left(volume, "Kubernetes did not make it, so it does not delete its files", report)
        return False
    if is_wanted(volume.name, read_claims(api, namespace)):
        return _report_bound(volume, report)
    if volume.policy != DELETE:
        try:
            change_object(api, place, volume.uid, _let_delete(volume))
        except _BoundAgain:
            return _report_bound(volume, report)
    end = time.monotonic() + limit_seconds
    while (live := find_object(api, place)) is not None and uid(live) == volume.uid:
        if claim_uid(live) != volume.claim_uid:
            return _report_bound(volume, report)
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


def _let_delete(volume: Volume) -> Callable[[dict[str, Any]], None]:
    def change(manifest: dict[str, Any]) -> None:
        if claim_uid(manifest) != volume.claim_uid:
            raise _BoundAgain
        manifest["spec"]["persistentVolumeReclaimPolicy"] = DELETE

    return change


def _report_bound(volume: Volume, report: Callable[[str], None]) -> bool:
    report(f"left: the volume {volume.name} and its files; another claim has it now, or asks for it")
    report(f"→ see which one: kubectl describe pv {volume.name}")
    return False


def _report_left(volume: Volume, reason: str, report: Callable[[str], None]) -> None:
    report(f"left: the volume {volume.name} and its files; {reason}")
    report(
        f"→ find what it stands for: kubectl get pv {volume.name} --output yaml; delete that in your storage, then: "
        f"kubectl delete pv {volume.name}"
    )
