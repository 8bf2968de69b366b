import ssl

import pytest

from components.freeipa import settings
from components.freeipa.errors import InvalidSetting
from components.freeipa.settings import ServerAddress, TlsMode

BIND_DN = "uid=pangeo,cn=users,cn=accounts,dc=example,dc=org"


@pytest.mark.parametrize(
    ("server", "tls", "address"),
    [
        ("ipa.example.org", "ldaps", ServerAddress("ipa.example.org", 636)),
        ("ipa.example.org", "starttls", ServerAddress("ipa.example.org", 389)),
        ("IPA.example.org:3636", "ldaps", ServerAddress("ipa.example.org", 3636)),
        ("192.0.2.7:389", "starttls", ServerAddress("192.0.2.7", 389)),
        ("[2001:db8::7]", "ldaps", ServerAddress("2001:db8::7", 636)),
        ("[2001:DB8::7]:3636", "ldaps", ServerAddress("2001:db8::7", 3636)),
    ],
)
def test_the_port_follows_from_tls_unless_given(server: str, tls: TlsMode, address: ServerAddress) -> None:
    assert settings.server_address(server, tls) == address
    assert settings.server_address(str(address), tls) == address


@pytest.mark.parametrize(
    "server",
    [
        "",
        ":636",
        "ipa..example.org",
        "ipa.example.org:",
        "ipa:0",
        "ipa:65536",
        "a b",
        "2001:db8::7",
        "[x]:1",
        "-a",
        "a/b",
    ],
)
def test_what_is_no_server_is_refused(server: str) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        settings.server_address(server, "ldaps")
    assert refusal.value.field == "servers"


def test_a_url_is_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidSetting, match="write the host name only"):
        settings.server_address("ldap://ipa.example.org", "ldaps")


@pytest.mark.parametrize("tls", ["", "none", "ldap", "plain", "LDAPS"])
def test_there_is_no_way_to_ask_for_plain_ldap(tls: str) -> None:
    with pytest.raises(InvalidSetting, match="plain LDAP is never used"):
        settings.directory(["ipa.example.org"], tls, None, BIND_DN)


@pytest.mark.parametrize("bind_dn", ["", "pangeo", "=x", "uid=", "uid=a\nb"])
def test_an_account_that_is_no_dn_is_refused(bind_dn: str) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        settings.directory(["ipa.example.org"], "ldaps", None, bind_dn)
    assert refusal.value.field == "bindDn"


def test_at_least_one_server_is_needed() -> None:
    with pytest.raises(InvalidSetting, match="at least one"):
        settings.directory([], "ldaps", None, BIND_DN)


@pytest.mark.parametrize(
    "pem", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "é", "a\0b"]
)
def test_an_authority_that_cannot_be_read_is_refused(pem: str) -> None:
    with pytest.raises(InvalidSetting, match="no valid PEM certificate"):
        settings.directory(["ipa.example.org"], "ldaps", pem, BIND_DN)


def test_a_private_key_does_not_get_into_the_state() -> None:
    with pytest.raises(InvalidSetting, match="private key") as refusal:
        settings.authorities("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----")
    assert "c2VjcmV0" not in str(refusal.value)


def test_an_authority_has_one_spelling() -> None:
    pem = _any_authority()
    assert settings.authorities(f"\n{pem}\n\n") == settings.authorities(pem) == pem.strip() + "\n"


def test_servers_can_be_asked_in_turn() -> None:
    directory = settings.directory(["a", "b", "c"], "ldaps", None, BIND_DN)
    assert [server.host for server in directory.beginning_with(4).servers] == ["b", "c", "a"]


def _any_authority() -> str:
    trusted = ssl.create_default_context().get_ca_certs(binary_form=True)
    if not trusted:
        pytest.skip("this machine trusts no authority")
    return ssl.DER_cert_to_PEM_cert(trusted[0])
