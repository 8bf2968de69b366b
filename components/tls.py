"""TLS contexts that verify servers, and the reason where a certificate is refused.

Every client of the program uses :func:`verifying_context`, so that the same certificate has the same verdict on every
supported Python version, in the hub, and in kubectl and Helm.
"""

import ssl
from enum import Enum

_VALIDITY = frozenset({9, 10, 13, 14})
_ANOTHER_HOST = frozenset({62, 63, 64})
_UNKNOWN_AUTHORITY = frozenset({2, 7, 18, 19, 20, 21, 27, 29, 30, 31})
"""OpenSSL's X509_V_ERR_* numbers (``x509_vfy.h``): not yet valid, expired, invalid dates; mismatch of host name, e-mail
or IP address; the issuer is missing, self-signed, not trusted, or another one, also one of the same name."""


class Fault(Enum):
    """Reason why a certificate is refused."""

    ANOTHER_HOST = "another host"
    VALIDITY = "validity"
    """The certificate, or that of an authority, has expired or is not valid yet."""
    UNKNOWN_AUTHORITY = "unknown authority"
    UNACCEPTABLE = "unacceptable"
    """OpenSSL does not accept the certificate, or an authority's, e.g. its key, signature or purpose."""


def verifying_context(authorities: str | None) -> ssl.SSLContext:
    """Return a context with TLS 1.2 or newer that verifies certificates and host names.

    ``ssl.create_default_context`` sets other flags in Python 3.13 than before. They are set here, to what kubectl and
    Helm do (Go's ``crypto/x509``):

    - Not strict: RFC 5280's rules for the form of certificates are not enforced. An authority without key identifiers,
      or with basic constraints that are not critical, is accepted. Signatures, validity, names, and whether an
      authority may sign, are verified in any case.
    - Partial chain: each given certificate is trusted itself, an intermediate authority without its root too.

    Args:
        authorities: PEM text of the only trusted authorities; None for those that the system trusts.

    Raises:
        ssl.SSLError, ValueError, TypeError: the text contains no certificate.
    """
    context = ssl.create_default_context(cadata=authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags = (context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN) & ~ssl.VERIFY_X509_STRICT
    return context


def certificate_fault(error: ssl.SSLCertVerificationError) -> Fault:
    """Return the reason of a refusal. OpenSSL's own message is in ``error.verify_message``."""
    if error.verify_code in _ANOTHER_HOST:
        return Fault.ANOTHER_HOST
    if error.verify_code in _VALIDITY:
        return Fault.VALIDITY
    if error.verify_code in _UNKNOWN_AUTHORITY:
        return Fault.UNKNOWN_AUTHORITY
    return Fault.UNACCEPTABLE
