"""Recognition of secret chart values by their names."""

import re

from policies.tree import Path

_SECRET = re.compile(
    r"(password|passwd|passphrase|secret|token|api_?key|private_?key|credentials?|kubeconfig)$", re.IGNORECASE
)
_SECRET_REFERENCE = re.compile(r"existingSecret$")
"""The name of a Secret in the cluster, which is not secret itself."""


def is_secret(path: Path) -> bool:
    """Return whether the value at ``path`` is a secret, e.g. ``proxy.secretToken`` or ``CryptKeeper.keys[0]``."""
    names = [part for part in path if isinstance(part, str)]
    if names[-2:] == ["CryptKeeper", "keys"]:
        return True
    return bool(_SECRET.search(names[-1]) and not _SECRET_REFERENCE.search(names[-1]))
