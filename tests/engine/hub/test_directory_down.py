"""Log-in while the directory is down, hangs, or has a wrong certificate."""

import threading
import time
from pathlib import Path

import pytest

from components.freeipa.settings import RECEIVE_TIMEOUT_SECONDS
from local.paths import State
from local.tenancy.pki import authority
from tests.engine.hub.conftest import StartHub, ValuesFor
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_process import Hub
from tests.support.hub_users import PASSWORD, WRONG, People
from tests.support.ports import free_ports

pytestmark = pytest.mark.engine

UNREACHABLE = "is not available at the moment; your password was not checked"
CONNECTION_REFUSED = "the connection was refused; check that the directory runs there and that the port is right"
ANNAS_FORM = {"username": "anna", "password": PASSWORD}


def test_unreachable_directory_is_reported_on_page_and_in_log(hub: Hub, directory: ThrowAwayDirectory) -> None:
    hub.log()
    with directory.stopped():
        anna = hub.log_in("anna", PASSWORD)

    assert anna.page.status_code == 503
    assert UNREACHABLE in anna.message
    assert f"localhost:{directory.ldaps_port}" in anna.message
    log = hub.log()
    assert f"log-in of anna failed: connecting at localhost:{directory.ldaps_port}: the connection was refused" in log
    assert "Traceback" not in log
    assert PASSWORD not in log


def test_sessions_continue_while_the_directory_is_down(hub: Hub, directory: ThrowAwayDirectory) -> None:
    anna = hub.log_in("anna", PASSWORD)

    with directory.stopped():
        assert anna.is_in
        assert anna.get("/hub/home").status_code == 200
        assert 'id="start"' in anna.page.text

    assert hub.log_in("anna", PASSWORD).is_in, "log-in must work again when the directory is back"


def test_hanging_directory_does_not_block_the_hub(hub: Hub, directory: ThrowAwayDirectory) -> None:
    anna = hub.visitor()
    anna.get("/hub/login")
    answers: list[float] = []
    with directory.frozen():
        waiting = threading.Thread(target=anna.post, args=("/hub/login",), kwargs=ANNAS_FORM)
        began = time.monotonic()
        waiting.start()
        while waiting.is_alive():
            asked = time.monotonic()
            hub.visitor().get("/hub/login")
            answers.append(time.monotonic() - asked)
        took = time.monotonic() - began

    assert took > RECEIVE_TIMEOUT_SECONDS, "the log-in waits for the directory"
    assert max(answers) < RECEIVE_TIMEOUT_SECONDS / 2, "and nobody else does"
    assert UNREACHABLE in anna.message
    assert "no answer in time" in hub.log()


def test_certificate_of_another_authority_is_refused(
    start_hub: StartHub, values_for: ValuesFor, people: People, tmp_path: Path
) -> None:
    stranger = authority(State(tmp_path), "tenancy").crt.read_text()

    with start_hub(values_for(identity={"caCertificate": stranger})) as hub:
        anna = hub.log_in("anna", PASSWORD)

        assert not anna.is_in
        assert UNREACHABLE in anna.message
        assert "certificate is not signed by the given authority" in hub.log()


def test_log_in_over_starttls(
    start_hub: StartHub, values_for: ValuesFor, people: People, directory: ThrowAwayDirectory
) -> None:
    with start_hub(values_for(identity={"tls": "starttls"}, servers=(f"localhost:{directory.ldap_port}",))) as hub:
        assert hub.log_in("anna", PASSWORD).is_in
        assert not hub.log_in("anna", WRONG).is_in


def test_next_server_is_used_only_if_one_is_down(
    start_hub: StartHub, values_for: ValuesFor, people: People, directory: ThrowAwayDirectory
) -> None:
    closed_port = free_ports(1)[0]
    open_port = directory.ldaps_port
    with start_hub(
        values_for(servers=(f"localhost:{closed_port}", f"localhost:{open_port}", f"localhost:{open_port}"))
    ) as hub:
        assert hub.log_in("anna", PASSWORD).is_in

        access_log = directory.state.directory / "logs" / "access"
        before = access_log.read_text().count("err=49")
        assert hub.log_in("anna", WRONG).message == "Invalid username or password"
        assert access_log.read_text().count("err=49") == before + 1, "failed tries count towards a lock-out"
        postponed = f"localhost:{closed_port} is used only if no other server answers, until it answers again"
        assert hub.log().count(postponed) == 1

        with directory.stopped():
            anna = hub.log_in("anna", PASSWORD)
            assert f"(localhost:{closed_port}, localhost:{open_port}, localhost:{open_port})" in anna.message
            failures = [line for line in hub.log().splitlines() if line.strip().startswith("connecting at localhost:")]
            assert [line.endswith(CONNECTION_REFUSED) for line in failures] == [True] * 3


def test_locked_account_is_refused_like_a_wrong_password(hub: Hub, people: People) -> None:
    with people.locked("anna"):
        anna = hub.log_in("anna", PASSWORD)

    assert anna.message == "Invalid username or password"
    assert "log-in of anna refused by the directory: AccountUnusable" in hub.log()
