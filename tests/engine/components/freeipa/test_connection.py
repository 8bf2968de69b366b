"""Failures of a connection to a directory, each over a real socket: the error, and the password that is not sent."""

import socket
import ssl
import time
from pathlib import Path

import pytest

from components.freeipa import connection_errors, errors
from components.freeipa.connection import Connection
from components.freeipa.errors import DirectoryError, Unreachable
from components.freeipa.session import open_session
from components.freeipa.settings import Directory, TlsMode
from tests.engine.components.freeipa.scripted_directory import HOST, OK, PASSWORD, TIMEOUT_SECONDS, At, Serve
from tests.support.certificates import (
    DAY,
    FLAGS_BY_PYTHON,
    NOW,
    Authority,
    authority,
    server_context,
    use_flags_of_python,
)
from tests.support.scripted_server import ADD, BIND, EXTENDED, SEARCH, Answer, scripted_server

pytestmark = pytest.mark.engine


def failure(directory: Directory) -> DirectoryError:
    with pytest.raises(DirectoryError) as raised, open_session(directory, PASSWORD):
        pass
    assert PASSWORD not in str(raised.value)
    assert raised.value.__cause__ is None
    assert str(directory.servers[0]) in str(raised.value)
    return raised.value


def test_session_logs_in_over_verified_tls(at: At, serve: Serve) -> None:
    server = serve(OK)
    with open_session(at(server), PASSWORD):
        pass
    assert server.kinds[0] == BIND
    assert PASSWORD.encode() in server.received


def test_starttls_comes_before_the_password(at: At, serve: Serve) -> None:
    server = serve(OK, OK, mode="starttls")
    with open_session(at(server, tls="starttls"), PASSWORD):
        pass
    assert server.kinds[:2] == [EXTENDED, BIND]


@pytest.mark.parametrize("mode", ["ldaps", "starttls"])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("another authority", connection_errors.CertificateUntrusted),
        ("another host", connection_errors.CertificateOfAnotherHost),
        ("expired", connection_errors.CertificateExpired),
        ("not yet valid", connection_errors.CertificateExpired),
        ("old protocol", connection_errors.NoTls),
    ],
)
def test_unverified_server_never_gets_the_password(
    tmp_path: Path, trusted: Authority, at: At, mode: TlsMode, fault: str, kind: type[Unreachable]
) -> None:
    context = server_context(
        tmp_path,
        authority("trusted") if fault == "another authority" else trusted,
        "other.example.org" if fault == "another host" else HOST,
        begin=NOW + DAY / 2 if fault == "not yet valid" else NOW - DAY,
        end=NOW - DAY / 2 if fault == "expired" else NOW + DAY,
    )
    if fault == "old protocol":
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    arguments = {"tls": context} if mode == "ldaps" else {"start_tls": context}
    with scripted_server([OK, OK], **arguments) as server:
        assert type(failure(at(server, tls=mode))) is kind
        assert BIND not in server.kinds
        assert PASSWORD.encode() not in server.received


@pytest.mark.parametrize("python", FLAGS_BY_PYTHON)
@pytest.mark.parametrize("mode", ["ldaps", "starttls"])
def test_authority_of_a_simple_tool_is_trusted_with_every_python(
    tmp_path: Path, at: At, python: str, mode: TlsMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_flags_of_python(python, monkeypatch)
    simple = authority("intermediate without key identifiers", authority("root"), critical=False)
    context = server_context(tmp_path, simple, HOST)
    arguments = {"tls": context} if mode == "ldaps" else {"start_tls": context}
    with scripted_server([OK, OK], **arguments) as server:
        with open_session(at(server, tls=mode, ca=simple.pem), PASSWORD):
            pass
        assert BIND in server.kinds


@pytest.mark.parametrize("python", FLAGS_BY_PYTHON)
def test_unacceptable_certificate_has_its_own_message(
    tmp_path: Path, at: At, trusted: Authority, python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_flags_of_python(python, monkeypatch)
    no_authority = authority("server", trusted, signs=False)
    with scripted_server([OK], tls=server_context(tmp_path, no_authority, HOST)) as server:
        refusal = failure(at(server, ca=no_authority.pem))
        assert type(refusal) is connection_errors.CertificateUnacceptable
        assert str(refusal).endswith("[invalid CA certificate]")


def test_system_authorities_are_the_default(at: At, serve: Serve) -> None:
    server = serve(OK)
    assert type(failure(at(server, ca=None))) is connection_errors.CertificateUntrusted


def test_refused_starttls_ends_without_plain_ldap(at: At) -> None:
    with scripted_server([Answer(2, "no StartTLS here"), OK]) as server:
        refusal = failure(at(server, tls="starttls"))
        assert type(refusal) is connection_errors.StartTlsRefused
        assert "no StartTLS here" in str(refusal)
        assert server.kinds[0] == EXTENDED
        assert BIND not in server.kinds


def test_ldaps_to_a_plain_port_fails(at: At) -> None:
    with scripted_server([Answer(raw=b"not tls at all, not even close")]) as server:
        assert type(failure(at(server))) is connection_errors.NoTls


def test_unresolvable_name_is_reported(at: At) -> None:
    assert type(failure(at(636, host="no-such-host.invalid"))) is connection_errors.CannotResolve


def test_refused_connection_is_reported(at: At, refused_port: int) -> None:
    assert type(failure(at(refused_port))) is connection_errors.ConnectionRefused


@pytest.mark.parametrize("mode", ["ldaps", "starttls"])
def test_silent_server_ends_after_the_timeout(at: At, mode: TlsMode) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begin = time.monotonic()
        assert type(failure(at(silent.getsockname()[1], tls=mode))) is connection_errors.TimedOut
        assert time.monotonic() - begin < 2 * TIMEOUT_SECONDS


def test_unanswered_log_in_times_out(at: At, serve: Serve) -> None:
    server = serve(Answer(silent=True))
    assert type(failure(at(server))) is connection_errors.TimedOut


@pytest.mark.parametrize("cut", [0, 1, 5])
def test_server_closing_within_an_answer_is_reported(at: At, serve: Serve, cut: int) -> None:
    server = serve(Answer(cut=cut))
    assert type(failure(at(server))) is connection_errors.ServerClosed


@pytest.mark.parametrize(
    "raw", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x30\x03\x02\x01\x01", b"\x30\x05\x02\x01\x01\x04\x00"]
)
def test_other_answer_than_ldap_is_reported(at: At, serve: Serve, raw: bytes) -> None:
    server = serve(Answer(raw=raw, cut=len(raw)))
    assert type(failure(at(server))) in (connection_errors.GarbledAnswer, connection_errors.ServerClosed)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(49), errors.WrongPassword),
        (Answer(53, "Account inactivated. Contact system administrator."), errors.AccountUnusable),
        (Answer(19, "Exceed password retry limit. Please try later."), errors.AccountUnusable),
        (Answer(53, "Minimum SSF not met."), errors.LogInFailed),
        (Answer(1), errors.LogInFailed),
        (Answer(51), errors.Busy),
        (Answer(52), errors.Busy),
        (Answer(10, refers_to="ldap://elsewhere.example.org"), errors.Referral),
    ],
)
def test_refused_log_in_has_its_error_class(at: At, serve: Serve, answer: Answer, kind: type[DirectoryError]) -> None:
    server = serve(answer)
    refusal = failure(at(server))
    assert type(refusal) is kind
    assert answer.message in str(refusal)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(10, refers_to="ldap://elsewhere.example.org"), errors.Referral),
        (Answer(32), errors.NoSuchEntry),
        (Answer(50, "Insufficient 'add' privilege"), errors.NotPermitted),
        (Answer(51), errors.Busy),
        (Answer(53), errors.Unwilling),
        (Answer(65, 'missing attribute "ipaUniqueID"'), errors.SchemaRefused),
        (Answer(68), errors.AlreadyExists),
        (Answer(80, "it broke"), errors.OtherResult),
        (Answer(silent=True), errors.AnswerLost),
        (Answer(cut=3), errors.AnswerLost),
    ],
)
def test_refused_change_has_its_error_class(at: At, serve: Serve, answer: Answer, kind: type[DirectoryError]) -> None:
    server = serve(OK, answer)
    with open_session(at(server), PASSWORD) as session, pytest.raises(DirectoryError) as raised:
        session.add("cn=k1,dc=example,dc=org", ["top"], {"cn": "k1"}, "adding group k1")
    assert type(raised.value) is kind
    assert str(raised.value).startswith(f"adding group k1 at localhost:{server.port}: ")
    assert answer.message in str(raised.value)
    assert server.kinds[:2] == [BIND, ADD]


def test_referral_is_not_followed(at: At, serve: Serve) -> None:
    elsewhere = serve(OK)
    target = f"ldaps://localhost:{elsewhere.port}/dc=example,dc=org"
    server = serve(OK, Answer(10, refers_to=target))
    with open_session(at(server), PASSWORD) as session, pytest.raises(errors.Referral):
        session.children("dc=example,dc=org", "(cn=k1)", ["cn"], "looking for group k1")
    assert server.kinds[:2] == [BIND, SEARCH]
    assert elsewhere.connections == 0


def test_password_repeated_by_a_server_is_removed(at: At, serve: Serve) -> None:
    server = serve(Answer(80, f"password {PASSWORD} has expired"))
    assert "password (password) has expired" in str(failure(at(server)))


def test_empty_password_is_refused(at: At, serve: Serve) -> None:
    server = serve(OK)
    with pytest.raises(errors.PasswordMissing), open_session(at(server), ""):
        pass
    assert server.connections == 0


def test_nothing_is_kept_open(at: At, serve: Serve) -> None:
    server = serve(OK)
    connection = Connection.open(at(server), at(server).servers[0], PASSWORD)
    connection.close()
    connection.close()
    assert connection._connection.closed
