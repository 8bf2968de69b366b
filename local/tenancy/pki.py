"""The local tenancy's certificate authorities and the certificates they sign.

There are two authorities, so that neither side trusts a certificate of the other: ``cluster`` signs those of the
Kubernetes components, ``tenancy`` those of the directory and the ingress.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local.paths import State

Authority = Literal["cluster", "tenancy"]

VALID_DAYS = 365
RENEW_BEFORE_DAYS = 30


@dataclass(frozen=True)
class Certificate:
    """A PEM certificate and its PEM private key (mode 600) on disk."""

    crt: Path
    key: Path


def authority(state: State, name: Authority) -> Certificate:
    """Return the authority's own certificate; created at the first call."""
    ca = Certificate(state.pki / f"{name}-ca.crt", state.pki / f"{name}-ca.key")
    if not _expires_soon(ca.crt):
        return ca
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"local {name} authority")])
    builder = (
        _builder(subject, subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
    )
    _write(ca, builder.sign(key, hashes.SHA256()), key)
    return ca


def issue(
    state: State,
    signer: Authority,
    name: str,
    *,
    organization: str | None = None,
    common_name: str | None = None,
    dns_names: Sequence[str] = (),
    addresses: Sequence[IPv4Address | IPv6Address] = (),
) -> Certificate:
    """Return a certificate for ``name``, valid for TLS servers and clients; renewed before it or its authority expires.

    Kubernetes takes ``organization`` as the client's group and ``common_name`` as its user name.
    """
    ca = authority(state, signer)
    certificate = Certificate(state.pki / f"{name}.crt", state.pki / f"{name}.key")
    if not _expires_soon(certificate.crt) and certificate.crt.stat().st_mtime >= ca.crt.stat().st_mtime:
        return certificate
    ca_certificate = x509.load_pem_x509_certificate(ca.crt.read_bytes())
    ca_key = serialization.load_pem_private_key(ca.key.read_bytes(), password=None)
    assert isinstance(ca_key, ec.EllipticCurvePrivateKey)  # noqa: S101 - narrows the type; authority() wrote it
    key = ec.generate_private_key(ec.SECP256R1())
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name or name)]
    if organization:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    names: list[x509.GeneralName] = [x509.DNSName(dns) for dns in dns_names]
    names += [x509.IPAddress(address) for address in addresses]
    builder = (
        _builder(x509.Name(attributes), ca_certificate.subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    _write(certificate, builder.sign(ca_key, hashes.SHA256()), key)
    return certificate


def _builder(subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _expires_soon(crt: Path) -> bool:
    if not crt.is_file():
        return True
    end = x509.load_pem_x509_certificate(crt.read_bytes()).not_valid_after_utc
    return end - datetime.now(UTC) < timedelta(days=RENEW_BEFORE_DAYS)


def _write(to: Certificate, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    to.crt.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    to.key.touch(mode=0o600)
    to.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    to.crt.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
