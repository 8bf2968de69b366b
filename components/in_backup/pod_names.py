"""Names of the pods that read volumes, by which restores recognise a home that is being backed up. Pure."""

from hashlib import sha256

VOLUME_PODS = "backup-"
"""Beginning of the names."""


def volume_pod_name(claim: str) -> str:
    """Return the name of the pod that backs a claim up; claims may have longer names than pods."""
    return f"{VOLUME_PODS}{sha256(claim.encode()).hexdigest()[:20]}"
