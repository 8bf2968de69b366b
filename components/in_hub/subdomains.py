"""The host names of users' servers below the hub's domain (``ingress.userSubdomains``). Pure."""

import hashlib
import re

from components.dns_label import DNS_LABEL

_SAFE_LABEL = re.compile(rf"(?![0-9]+$){DNS_LABEL}")
"""User names that are host names by themselves. Names of digits are not: together they could be read as an address."""

HASH_DIGITS = 32
"""Length of the hash in a host name, in hexadecimal digits.

JupyterHub's own function uses 7, so whoever chooses a user name could compute one that shares another user's host name.
"""


def user_domain(name: str, domain: str, kind: str) -> str:
    """Return the host name of a user's or service's server; a ``JupyterHub.subdomain_hook``.

    It is one label below the domain, because a wildcard certificate covers no more. FreeIPA's names with ``_`` or ``.``
    become ``u-<letters and digits>--<hash>``. No name, of a user or a service, has the host name of another: names with
    ``--`` are hashed as well.
    """
    if kind == "user" and "--" not in name and _SAFE_LABEL.fullmatch(name):
        return f"{name}.{domain}"
    digest = hashlib.sha256(f"{kind}:{name}".encode()).hexdigest()[:HASH_DIGITS]
    start = re.sub("[^a-z0-9]", "", name.lower())[:8] or "x"
    return f"{kind[0]}-{start}--{digest}.{domain}"
