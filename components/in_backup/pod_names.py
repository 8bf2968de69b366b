"""Names of the pods that read volumes. Pure, so that the hub can delete the pod that holds a home."""

from hashlib import sha256


def volume_pod_name(claim: str) -> str:
    """Return the name of the pod that backs a claim up; claims may have longer names than pods."""
    return f"backup-{sha256(claim.encode()).hexdigest()[:20]}"
