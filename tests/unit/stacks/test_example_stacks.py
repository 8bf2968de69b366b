"""The three example stack files: valid, without collisions, with reserved addresses and no secrets."""

import base64
import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509

from components.cli.check import check_stacks
from components.config.stack_file import read_stack, stack_path, stacks
from components.config.tenancy import Tenancy

EXAMPLES = ("climate", "ocean", "teaching")
DOCUMENTATION = [ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
"""Addresses reserved for documentation (RFC 5737)."""

SALT = re.compile(r"v1:([A-Za-z0-9+/=]{12}):v1:([A-Za-z0-9+/=]{16}):([A-Za-z0-9+/=]+)")
"""The engine's format: version, salt of 8 bytes, version, nonce of 12 bytes, encrypted text to verify a passphrase."""

every_example = pytest.mark.parametrize("name", EXAMPLES)


def document(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(stack_path(name).read_text())
    return loaded


def tenancy(name: str) -> Tenancy:
    return read_stack(stack_path(name))


def test_all_stack_files_pass_the_check_together() -> None:
    reports = check_stacks([], Path("stacks"), resolve_domains=False, environment={})

    assert all(report.is_good for report in reports)
    assert set(EXAMPLES) <= set(stacks())
    assert [report.warnings for report in reports if report.warnings] == []


def test_each_example_shows_other_settings() -> None:
    teaching, climate, ocean = tenancy("teaching"), tenancy("climate"), tenancy("ocean")

    assert not teaching.dask.enabled
    assert teaching.pangeo_domain is None
    assert climate.dask.enabled
    assert climate.pangeo_domain == "pangeo.climate.example"
    assert climate.notebook.profiles
    assert ocean.storage.class_name is not None
    assert ocean.identity.existing_group == "adopt"


@every_example
def test_an_example_trusts_an_authority_of_its_own_realm(name: str) -> None:
    identity = tenancy(name).identity
    [certificate] = x509.load_pem_x509_certificates((identity.ca_certificate or "").encode())
    organization = certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)

    assert [attribute.value for attribute in organization] == [identity.realm]
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    certificate.verify_directly_issued_by(certificate)
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days > 10 * 365


def test_no_two_examples_share_an_authority_or_a_salt() -> None:
    assert len({tenancy(name).identity.ca_certificate for name in EXAMPLES}) == len(EXAMPLES)
    assert len({document(name)["encryptionsalt"] for name in EXAMPLES}) == len(EXAMPLES)


@every_example
def test_an_example_has_a_valid_salt_and_no_encrypted_value(name: str) -> None:
    match = SALT.fullmatch(document(name)["encryptionsalt"])

    assert match
    assert [len(base64.b64decode(part)) for part in match.groups()[:2]] == [8, 12]
    assert "secure:" not in stack_path(name).read_text()
    assert "PRIVATE KEY" not in stack_path(name).read_text()


@every_example
def test_an_example_has_reserved_addresses_and_names(name: str) -> None:
    example = tenancy(name)

    assert any(ip_address(str(example.external_ip)) in net for net in DOCUMENTATION)
    assert all(server.host.endswith(".example") for server in example.identity.directory().servers)
    assert example.domain.endswith((".example", ".sslip.io"))


@every_example
def test_an_example_names_its_context(name: str) -> None:
    assert tenancy(name).kubernetes.context
