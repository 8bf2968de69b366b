"""Which values of the charts are secrets, told by their names."""

import re

from policies.tree import Path

_HOLDS_ONE = re.compile(
    r"(password|passwd|passphrase|secret|token|api_?key|private_?key|credentials?|kubeconfig)$", re.IGNORECASE
)
_NAMES_ONE = re.compile(r"existingSecret$")
"""Names a Secret of the cluster and holds none."""


def is_secret(path: Path) -> bool:
    """Whether what is at ``path`` is a secret: ``proxy.secretToken``, ``CryptKeeper.keys[0]``."""
    names = [part for part in path if isinstance(part, str)]
    if names[-2:] == ["CryptKeeper", "keys"]:
        return True
    return bool(_HOLDS_ONE.search(names[-1]) and not _NAMES_ONE.search(names[-1]))
