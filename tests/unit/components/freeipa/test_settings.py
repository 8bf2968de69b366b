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
def test_default_port_follows_from_the_tls_mode(server: str, tls: TlsMode, address: ServerAddress) -> None:
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
def test_invalid_server_is_refused(server: str) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        settings.server_address(server, "ldaps")
    assert refusal.value.field == "servers"


def test_url_is_refused_with_a_fix() -> None:
    with pytest.raises(InvalidSetting, match="write the host name only"):
        settings.server_address("ldap://ipa.example.org", "ldaps")


@pytest.mark.parametrize("tls", ["", "none", "ldap", "plain", "LDAPS"])
def test_plain_ldap_is_refused(tls: str) -> None:
    with pytest.raises(InvalidSetting, match="plain LDAP is never used"):
        settings.directory(["ipa.example.org"], tls, None, BIND_DN)


@pytest.mark.parametrize("bind_dn", ["", "pangeo", "=x", "uid=", "uid=a\nb"])
def test_invalid_bind_dn_is_refused(bind_dn: str) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        settings.directory(["ipa.example.org"], "ldaps", None, bind_dn)
    assert refusal.value.field == "bindDn"


def test_empty_server_list_is_refused() -> None:
    with pytest.raises(InvalidSetting, match="at least one"):
        settings.directory([], "ldaps", None, BIND_DN)


@pytest.mark.parametrize(
    "pem", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "é", "a\0b"]
)
def test_invalid_certificate_is_refused(pem: str) -> None:
    with pytest.raises(InvalidSetting, match="no valid PEM certificate"):
        settings.directory(["ipa.example.org"], "ldaps", pem, BIND_DN)


def test_private_key_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidSetting, match="private key") as refusal:
        settings.authorities("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----")
    assert "c2VjcmV0" not in str(refusal.value)


def test_certificate_is_normalized() -> None:
    pem = _any_authority()
    assert settings.authorities(f"\n{pem}\n\n") == settings.authorities(pem) == pem.strip() + "\n"


def test_servers_can_be_rotated() -> None:
    directory = settings.directory(["a", "b", "c"], "ldaps", None, BIND_DN)
    assert [server.host for server in directory.beginning_with(4).servers] == ["b", "c", "a"]


def _any_authority() -> str:
    trusted = ssl.create_default_context().get_ca_certs(binary_form=True)
    if not trusted:
        pytest.skip("this machine trusts no authority")
    return ssl.DER_cert_to_PEM_cert(trusted[0])
