"""The causes of restic's errors, with their fixes, for the messages of backups and restores. Pure.

Covers the texts of restic 0.14 to 0.18, of its S3 client, and of the store, which restic quotes. Since 0.17, restic has
exit codes for some causes (https://restic.readthedocs.io/en/stable/075_scripting.html#exit-codes).
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from components.in_backup.repository import Repository

NO_REPOSITORY, LOCKED, WRONG_PASSWORD, INTERRUPTED, KILLED = 10, 11, 12, 130, 137
"""Exit codes of restic; the last one is the shell's after SIGKILL, with which the kernel ends it for want of memory."""

LOCK_SIGN = "already locked"
"""Text of the errors about the lock of another process."""

_TEXTS = {WRONG_PASSWORD: "wrong password or no key found", LOCKED: LOCK_SIGN, KILLED: "OOMKilled"}
"""Texts that earlier versions write instead of these codes."""

PERMANENT = (
    *("AccessDenied", "Access Denied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket"),
    *("bucket does not exist", "AuthorizationHeaderMalformed", "RequestTimeTooSkewed", "AccountProblem"),
    *("QuotaExceeded", "QuotaFull", "StorageFull", "InsufficientStorage", "no space left", "EntityTooLarge"),
)
"""Texts of errors of the store with which restic's repeated requests fail as well, for 15 minutes."""


class StoreProblem(StrEnum):
    """A problem of the store or the repository, with which every backup fails."""

    REFUSED = "refused"
    FULL = "full"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Cause:
    """A cause of errors."""

    signs: tuple[str, ...]
    """Texts in the errors."""
    message: str
    """The cause and its fix; may contain ``{url}``, ``{secret}`` and ``{node}``."""
    store: StoreProblem | None = None


_CAUSES = (
    Cause(("Evicted",), "the node {node} ended the pod; it had too little disk or memory"),
    Cause(("OOMKilled",), "restic needed more memory; set a larger pangeo:backup.ramGb"),
    Cause(
        ("RequestTimeTooSkewed", "time is too large"),
        "the clock of the node {node} differs from the store's by more than 15 minutes; set the clock of both by NTP",
    ),
    Cause(
        ("InvalidAccessKeyId", "SignatureDoesNotMatch", "Access Key Id you provided does not exist", "signature we"),
        "the store does not accept the access key; write the right access-key and secret-key into the Secret {secret}",
        StoreProblem.REFUSED,
    ),
    Cause(
        ("400 Bad Request", "AuthorizationHeaderMalformed", "region is wrong"),
        "the store does not accept the request; write its region into pangeo:backup.region",
        StoreProblem.REFUSED,
    ),
    Cause(
        ("wrong password or no key found",),
        "the repository {url} has another password; write it into the key repository-password of the Secret {secret}, "
        "or set another pangeo:backup.prefix",
        StoreProblem.REFUSED,
    ),
    Cause(
        ("NoSuchBucket", "bucket does not exist"),
        "the bucket of {url} does not exist; create it at the store",
        StoreProblem.REFUSED,
    ),
    Cause(
        ("AccessDenied", "Access Denied", "403 Forbidden"),
        "the store refuses access to {url}; write the right access-key and secret-key into the Secret {secret}, let "
        "this account read, write and delete objects in the bucket, and compare the clocks of the node {node} and of "
        "the store",
        StoreProblem.REFUSED,
    ),
    Cause(
        ("QuotaExceeded", "QuotaFull", "StorageFull", "InsufficientStorage", "507 ", "no space left", "EntityTooLarge"),
        "the store has no space left for {url}; enlarge the bucket's quota, or keep fewer backups "
        "(pangeo:backup.keep), of which the next run deletes the old ones first",
        StoreProblem.FULL,
    ),
    Cause(
        ("is not yet valid", "has expired or"),
        "the store's certificate is not valid at this time; renew it, or set the clock of the node {node} by NTP",
    ),
    Cause(
        ("x509:", "certificate signed by", "tls: failed to verify"),
        "the store's certificate is not trusted; write the authority's into pangeo:backup.caCertificate, or correct "
        "the host in pangeo:backup.endpoint",
        StoreProblem.REFUSED,
    ),
    Cause(
        (LOCK_SIGN,),
        "another program has locked the repository {url}; end it, or remove its lock with restic unlock",
    ),
    Cause(
        (
            *("no such host", "connection refused", "i/o timeout", "no route to host", "network is unreachable"),
            *("no answer within", "connection reset", "unexpected EOF", "deadline exceeded", "503 ", "502 "),
        ),
        "the store does not answer at {url}; check pangeo:backup.endpoint, the store, and the network between",
        StoreProblem.UNREACHABLE,
    ),
    Cause(
        ("Is there a repository", "repository does not exist"),
        "there is no repository at {url}; check pangeo:backup.prefix, and run: python -m components backup run",
        StoreProblem.REFUSED,
    ),
    Cause(("DeadlineExceeded",), "it was not finished within its time limit; see pangeo:backup.timeLimitHours"),
)
"""The first one that fits is taken."""


_OWN_DISK = re.compile(r"/(cache|own)/\S*: no space left on device")
"""Error about a file in the pod's own folder, with which the store has nothing to do."""

_FULL_NODE = Cause((), "the node {node} has no space left for temporary files; free its disk")


def find_cause(text: str, code: int | None = None) -> Cause | None:
    """Return the cause of an error; None if it is not known.

    Args:
        text: restic's errors, and Kubernetes' reasons for the end of the pod.
        code: restic's exit code.
    """
    if code == NO_REPOSITORY and not any(each in text for each in PERMANENT):
        text = f"{text}\nrepository does not exist"
    text = f"{text}\n{_TEXTS.get(code or 0, '')}"
    if _OWN_DISK.search(text):
        return _FULL_NODE
    return next((each for each in _CAUSES if any(sign in text for sign in each.signs)), None)


def describe(cause: Cause, repository: Repository, node: str = "") -> str:
    """Return the message of a cause."""
    return cause.message.format(url=repository.url.removeprefix("s3:"), secret=repository.secret, node=node)
