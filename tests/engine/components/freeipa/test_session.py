"""Fail-over between servers, over real sockets: which answers end a log-in, and which lead to the next server."""

import socket

import pytest

from components.freeipa import connection_errors, errors
from components.freeipa.server_health import ServerHealth
from components.freeipa.session import Session, open_session
from tests.engine.components.freeipa.scripted_directory import BIND_DN, OK, PASSWORD, At, Serve
from tests.support.scripted_server import BIND, SEARCH, Answer

pytestmark = pytest.mark.engine


def server_of(session: Session) -> str:
    return session.attempt("asking").server


def search(session: Session) -> object:
    return session.children("dc=example,dc=org", "(cn=k1)", ["cn"], "looking for group k1")


FAULTS = [
    *(Answer(code) for code in (1, 2, 3, 7, 8, 11, 12, 13, 14, 16, 19, 21, 32, 34, 48, 50, 51, 52, 53, 54, 80)),
    Answer(10, refers_to="ldap://elsewhere.example.org"),
    Answer(53, "Minimum SSF not met."),
    Answer(1, "Warning: Operation attempted on a disabled node : dc=example,dc=org"),
    Answer(cut=0),
    Answer(raw=b"HTTP/1.1 400 Bad Request\r\n\r\n", cut=28),
]


def name(answer: Answer) -> str:
    return f"{answer.code} {answer.message[:20]}" if answer.cut is None else "no LDAP"


@pytest.mark.parametrize("fault", FAULTS, ids=name)
def test_faulty_server_leads_to_the_next_one(at: At, serve: Serve, fault: Answer) -> None:
    faulty, healthy = serve(fault), serve(OK)
    with open_session(at(faulty, healthy), PASSWORD) as session:
        assert server_of(session) == f"localhost:{healthy.port}"
    assert faulty.kinds.count(BIND) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(49), errors.WrongPassword),
        (Answer(49, "Password is expired.\n"), errors.AccountUnusable),
        (Answer(53, "Account inactivated. Contact system administrator."), errors.AccountUnusable),
        (Answer(53, "Too many failed logins.\n"), errors.AccountUnusable),
        (Answer(53, "Account (Kerberos principal) is expired"), errors.AccountUnusable),
        (Answer(19, "Exceed password retry limit. Please try later."), errors.AccountUnusable),
    ],
)
def test_verdict_on_the_account_ends_the_log_in(
    at: At, serve: Serve, answer: Answer, kind: type[errors.DirectoryError]
) -> None:
    refusing, other = serve(answer), serve(OK)
    with pytest.raises(kind), open_session(at(refusing, other), PASSWORD):
        pass
    assert other.connections == 0


def test_wrong_password_behind_a_faulty_server_is_tried_once(at: At, serve: Serve) -> None:
    faulty, refusing, other = serve(Answer(1)), serve(Answer(49)), serve(OK)
    with pytest.raises(errors.WrongPassword), open_session(at(faulty, refusing, other), PASSWORD):
        pass
    assert (refusing.kinds.count(BIND), other.connections) == (1, 0)


def test_down_hanging_and_busy_servers_are_passed_over(at: At, serve: Serve, refused_port: int) -> None:
    busy, serves = serve(Answer(51)), serve(OK)
    with (
        socket.create_server(("127.0.0.1", 0)) as hangs,
        open_session(at(refused_port, hangs.getsockname()[1], busy, serves), PASSWORD) as session,
    ):
        assert server_of(session) == f"localhost:{serves.port}"


def test_failure_of_all_servers_lists_each_in_order(at: At, serve: Serve, refused_port: int) -> None:
    directory = at(refused_port, serve(Answer(1)), serve(Answer(51)), serve(OK, Answer(80)))
    with (
        pytest.raises(errors.AllServersFailed) as raised,
        open_session(directory, PASSWORD) as session,
    ):
        search(session)
    kinds = [type(each) for each in raised.value.failures]
    assert kinds == [connection_errors.ConnectionRefused, errors.LogInFailed, errors.Busy, errors.SearchFailed]
    assert PASSWORD not in str(raised.value)


@pytest.mark.parametrize("answer", [*(Answer(code) for code in (1, 3, 11, 51, 52, 53, 80)), Answer(cut=0)], ids=name)
def test_failed_search_is_repeated_at_the_next_server(at: At, serve: Serve, answer: Answer) -> None:
    faulty, healthy = serve(OK, answer), serve(OK, OK, OK)
    with open_session(at(faulty, healthy), PASSWORD) as session:
        assert search(session) == []
        assert search(session) == []
        assert server_of(session) == f"localhost:{healthy.port}"
    assert faulty.kinds.count(SEARCH) == 1
    assert healthy.kinds[:3] == [BIND, SEARCH, SEARCH]
    assert healthy.kinds.count(SEARCH) == 2, "one request for each search"


def test_search_without_an_answer_is_repeated_at_the_next_server(at: At, serve: Serve) -> None:
    silent, healthy = serve(OK, Answer(silent=True)), serve(OK, OK)
    with open_session(at(silent, healthy), PASSWORD) as session:
        assert search(session) == []


@pytest.mark.parametrize(("answer", "exists"), [(OK, True), (Answer(32), False)])
def test_failed_search_for_an_entry_is_repeated_at_the_next_server(
    at: At, serve: Serve, answer: Answer, exists: bool
) -> None:
    faulty, healthy = serve(OK, Answer(80)), serve(OK, answer)
    with open_session(at(faulty, healthy), PASSWORD) as session:
        assert session.exists("dc=example,dc=org", "looking for the container") is exists


def test_refused_search_is_not_repeated(at: At, serve: Serve) -> None:
    refusing, other = serve(OK, Answer(50)), serve(OK, OK)
    with open_session(at(refusing, other), PASSWORD) as session, pytest.raises(errors.NotPermitted):
        search(session)
    assert other.connections == 0


def test_change_is_never_repeated_at_another_server(at: At, serve: Serve) -> None:
    first, second = serve(OK, Answer(cut=0)), serve(OK, OK)
    with open_session(at(first, second), PASSWORD) as session, pytest.raises(errors.AnswerLost):
        session.delete("cn=k1,dc=example,dc=org", "deleting group k1")
    assert second.connections == 0


def test_search_after_a_change_stays_at_the_server_of_the_change(at: At, serve: Serve) -> None:
    first, second = serve(OK, OK, Answer(51)), serve(OK, OK)
    with open_session(at(first, second), PASSWORD) as session:
        session.add("cn=k1,dc=example,dc=org", ["top"], {"cn": "k1"}, "adding group k1")
        with pytest.raises(errors.Busy):
            search(session)
    assert second.connections == 0


def test_failing_server_is_not_asked_again_until_its_pause_is_over(at: At, serve: Serve) -> None:
    now = [0.0]
    health = ServerHealth(60, lambda: now[0])
    faulty, healthy = serve(Answer(1)), serve(OK)
    for _ in range(5):
        with open_session(at(faulty, healthy), PASSWORD, health) as session:
            assert server_of(session) == f"localhost:{healthy.port}"
    assert faulty.connections == 1
    now[0] += 60
    for _ in range(5):
        with open_session(at(faulty, healthy), PASSWORD, health):
            pass
    assert faulty.connections == 2


def test_server_that_hangs_delays_only_the_first_log_in(at: At, serve: Serve) -> None:
    health = ServerHealth(60, lambda: 0.0)
    hangs, healthy = serve(Answer(silent=True)), serve(OK)
    for _ in range(4):
        with open_session(at(hangs, healthy), PASSWORD, health):
            pass
    assert hangs.connections == 1


def test_recovered_server_is_used_again_after_its_pause(at: At, serve: Serve) -> None:
    now = [0.0]
    health = ServerHealth(60, lambda: now[0])
    recovered, other = serve(OK), serve(OK)
    directory = at(recovered, other)
    first = directory.servers[0]
    health.record_failure(first, connection_errors.TimedOut(errors.Attempt("connecting", str(first), BIND_DN)))
    with open_session(directory, PASSWORD, health) as session:
        assert server_of(session) == f"localhost:{other.port}"
    now[0] += 60
    for _ in range(2):
        with open_session(directory, PASSWORD, health) as session:
            assert server_of(session) == f"localhost:{recovered.port}"


def test_all_failing_servers_are_tried_all_the_same(at: At, serve: Serve) -> None:
    health = ServerHealth(60, lambda: 0.0)
    servers = [serve(Answer(1)), serve(Answer(1))]
    for _ in range(2):
        with pytest.raises(errors.AllServersFailed), open_session(at(*servers), PASSWORD, health):
            pass
    assert [server.connections for server in servers] == [2, 2]


def test_refused_password_is_an_answer_of_the_server(at: At, serve: Serve) -> None:
    health = ServerHealth(60, lambda: 0.0)
    refusing, other = serve(Answer(49)), serve(OK)
    for _ in range(2):
        with pytest.raises(errors.WrongPassword), open_session(at(refusing, other), PASSWORD, health):
            pass
    assert (refusing.connections, other.connections) == (2, 0)
