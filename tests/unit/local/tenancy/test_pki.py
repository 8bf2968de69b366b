"""Certificates of the local tenancy are valid for their own authority only."""

import ssl
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from local.paths import State
from local.tenancy.pki import Certificate, authority, issue


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path)


def signed_by(certificate: Certificate, ca: Certificate) -> bool:
    leaf = x509.load_pem_x509_certificate(certificate.crt.read_bytes())
    signer = x509.load_pem_x509_certificate(ca.crt.read_bytes()).public_key()
    assert isinstance(signer, ec.EllipticCurvePublicKey)
    algorithm = leaf.signature_hash_algorithm
    assert algorithm is not None
    try:
        signer.verify(leaf.signature, leaf.tbs_certificate_bytes, ec.ECDSA(algorithm))
    except Exception:
        return False
    return True


def test_certificate_is_valid_for_its_authority_only(state: State) -> None:
    web = issue(state, "tenancy", "web", dns_names=["hub.example.org"])

    assert signed_by(web, authority(state, "tenancy"))
    assert not signed_by(web, authority(state, "cluster"))


def test_certificate_contains_names_addresses_and_group(state: State) -> None:
    made = issue(
        state,
        "cluster",
        "admin",
        organization="system:masters",
        dns_names=["kubernetes"],
        addresses=[IPv4Address("10.96.0.1")],
    )
    certificate = x509.load_pem_x509_certificate(made.crt.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert names.get_values_for_type(x509.DNSName) == ["kubernetes"]
    assert names.get_values_for_type(x509.IPAddress) == [IPv4Address("10.96.0.1")]
    assert "O=system:masters" in certificate.subject.rfc4514_string()


def test_certificate_is_made_once_with_a_private_key_file(state: State) -> None:
    first = issue(state, "tenancy", "web").crt.read_bytes()
    again = issue(state, "tenancy", "web")

    assert again.crt.read_bytes() == first
    assert again.key.stat().st_mode & 0o777 == 0o600


def test_key_matches_the_certificate(state: State) -> None:
    web = issue(state, "tenancy", "web")

    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(web.crt, web.key)
