"""Check of a password before it is sent to the directory. Pure."""

from ldap3.core.exceptions import LDAPSASLPrepError
from ldap3.protocol.sasl.sasl import validate_simple_password

MAX_PASSWORD_BYTES = 4096
"""Longest password that is sent. FreeIPA allows 1000 bytes (``util/ipa_krb5.h``), and a code after them.

389-ds closes the connection after much longer requests, which would look like a faulty server.
"""


def is_valid_password(password: str) -> bool:
    """Return whether a password can be the one of an account: neither too long nor with forbidden characters."""
    if len(password.encode("utf-8", "replace")) > MAX_PASSWORD_BYTES:
        return False
    try:
        validate_simple_password(password)
    except LDAPSASLPrepError:
        return False
    return True
