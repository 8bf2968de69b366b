"""Authorities, and servers with valid and invalid certificates."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()


_PARTIAL = ssl.VERIFY_X509_PARTIAL_CHAIN
FLAGS_BY_PYTHON: Mapping[str, tuple[int, int]] = {
    "3.12": (0, _PARTIAL | ssl.VERIFY_X509_STRICT),
    "3.13": (_PARTIAL | ssl.VERIFY_X509_STRICT, 0),
}
"""Flags that ``ssl.create_default_context`` sets, and does not set, by Python version."""


def use_flags_of_python(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``ssl.create_default_context`` set the flags of that Python version."""
    create = ssl.create_default_context
    set_flags, unset_flags = FLAGS_BY_PYTHON[version]

    def created(*arguments: Any, **more: Any) -> ssl.SSLContext:
        context = create(*arguments, **more)
        context.verify_flags = ssl.VerifyFlags((context.verify_flags | set_flags) & ~unset_flags)
        return context

    monkeypatch.setattr(ssl, "create_default_context", created)


def authority(
    name: str,
    signer: Authority | None = None,
    *,
    signs: bool = True,
    critical: bool = True,
    end: datetime = NOW + DAY,
) -> Authority:
    """Return an authority without key identifiers and key usage, as simple tools create it.

    Args:
        name: the common name.
        signer: the authority above; None for a root.
        signs: whether the certificate is one of an authority at all.
        critical: whether its basic constraints are critical, as RFC 5280 demands.
        end: the end of its validity.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = signer.certificate.subject if signer else subject
    builder = _builder(subject, issuer, key, NOW - DAY, end).add_extension(x509.BasicConstraints(signs, None), critical)
    return Authority(builder.sign(signer.key if signer else key, hashes.SHA256()), key)


def server_context(
    folder: Path, signer: Authority, host: str, *, begin: datetime = NOW - DAY, end: datetime = NOW + DAY
) -> ssl.SSLContext:
    """Return the TLS context of a server with a certificate for ``host``."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    certificate = (
        _builder(subject, signer.certificate.subject, key, begin, end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(signer.key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.touch(mode=0o600)
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )
