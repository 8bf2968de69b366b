"""Connections to the local directory are encrypted and verified."""

import socket
import ssl
from pathlib import Path

import pytest
from ldap3.core.exceptions import LDAPSocketOpenError

from local.paths import State
from local.tenancy import pki
from tests.engine.local.directory.clients import open_connection, read_entry
from tests.support.directory import ThrowAwayDirectory

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("tls", ["ldaps", "starttls"])
def test_ldaps_and_starttls_verify_the_authority(directory: ThrowAwayDirectory, tls: str) -> None:
    with open_connection(directory, "bob", tls=tls) as bound:
        assert bound.server.ssl or bound.tls_started
        assert read_entry(bound, directory.user_dn("bob"))["uid"] == ["bob"]


def test_other_authority_is_refused(directory: ThrowAwayDirectory, tmp_path: Path) -> None:
    stranger = pki.authority(State(tmp_path), "tenancy")
    with (
        pytest.raises(LDAPSocketOpenError, match="CERTIFICATE_VERIFY_FAILED"),
        open_connection(directory, "bob", ca_file=stranger.crt),
    ):
        pass


def test_certificate_is_for_the_name_not_the_address(directory: ThrowAwayDirectory) -> None:
    with pytest.raises(LDAPSocketOpenError, match="doesn't match"), open_connection(directory, host=directory.address):
        pass


@pytest.mark.parametrize(("version", "accepted"), [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True)])
def test_tls_older_than_1_2_is_refused(directory: ThrowAwayDirectory, version: ssl.TLSVersion, accepted: bool) -> None:
    context = ssl.create_default_context(cafile=str(directory.ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = version
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with socket.create_connection((directory.address, directory.ldaps_port), timeout=5) as plain:
        if accepted:
            with context.wrap_socket(plain, server_hostname="localhost") as secure:
                assert secure.version() == "TLSv1.2"
        else:
            with pytest.raises(ssl.SSLError, match="alert protocol version"):
                context.wrap_socket(plain, server_hostname="localhost")


def test_server_listens_on_its_address_only(directory: ThrowAwayDirectory) -> None:
    for port in (directory.ldap_port, directory.ldaps_port):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=5)


def test_renewed_certificate_is_used_after_a_restart(directory: ThrowAwayDirectory) -> None:
    before = ssl.get_server_certificate((directory.address, directory.ldaps_port))
    with directory.stopped():
        (directory.state.pki / "directory.crt").unlink()
    assert ssl.get_server_certificate((directory.address, directory.ldaps_port)) != before
    with open_connection(directory, "alice"):
        pass
