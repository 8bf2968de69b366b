"""Failures to pull an image: whether another attempt can succeed. Pure."""

import re

NEVER = ("InvalidImageName", "ErrInvalidImageName", "ErrImageNeverPull")
"""Reasons of a waiting container with which the kubelet does not even ask a registry."""

FAILED = ("ErrImagePull", "ImagePullBackOff", "ImageInspectError", "RegistryUnavailable", *NEVER)
"""Reasons of a waiting container whose image cannot be pulled."""

HIDDEN = "the registry has no such image, or shows it to nobody without a log-in"
REFUSED = "the registry refuses the log-in"
"""Causes that a log-in of a pull Secret may change."""

_OUTAGE = re.compile(
    r"time-?out|timed out|deadline exceeded|connection refused|connection reset|no such host|server misbehaving"
    r"|temporary failure|network is unreachable|no route to host|unexpected EOF|\bEOF\b|TLS handshake"
    r"|too ?many ?requests|rate limit|\b(429|50[0-4])\b|no space left",
    re.IGNORECASE,
)
"""Causes that pass. They come first: ``lookup quay.io: no such host`` is no missing image."""

_PERMANENT = (
    (
        re.compile(r"no matching manifest|no match for platform|exec format", re.IGNORECASE),
        "no image for this platform",
    ),
    (
        re.compile(r"\bnot found\b|manifest unknown|name unknown|does not exist|\b404\b", re.IGNORECASE),
        HIDDEN,
    ),
    (
        re.compile(
            r"unauthori[sz]ed|authentication required|authorization failed|no basic auth credentials|denied|forbidden"
            r"|\b(401|403)\b",
            re.IGNORECASE,
        ),
        REFUSED,
    ),
    (
        re.compile(r"invalid reference format|couldn't parse image|failed to parse", re.IGNORECASE),
        "not an image's name",
    ),
)


def permanent_cause(reason: str, message: str) -> str | None:
    """Return the cause of a failed pull that no further attempt changes; None if it may pass, or is not known.

    Args:
        reason: reason of the waiting container.
        message: the texts of the kubelet about the container.
    """
    if reason in NEVER:
        return "it is not an image's name" if reason != "ErrImageNeverPull" else "the node does not have it"
    if _OUTAGE.search(message):
        return None
    return next((cause for pattern, cause in _PERMANENT if pattern.search(message)), None)
