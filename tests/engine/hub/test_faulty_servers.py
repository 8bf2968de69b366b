"""Log-in while servers of the directory answer with results that say nothing about the account or its password."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.chart.values import Values
from tests.engine.hub.conftest import StartHub, ValuesFor
from tests.support.certificates import authority, server_context
from tests.support.directory import ThrowAwayDirectory
from tests.support.faulty_directory import faulty, locking_accounts
from tests.support.hub_process import Hub
from tests.support.hub_users import PASSWORD, WRONG, People
from tests.support.scripted_server import Answer, scripted_server

pytestmark = pytest.mark.engine

FAULTS = (Answer(1), Answer(51), Answer(52), Answer(53), Answer(80), Answer(cut=0))
NO_SEARCH = (Answer(), Answer(80))
"""Answers of a server that accepts every password and cannot search."""

TEMPORARY = "is not available at the moment; your password was not checked"
WRONG_PASSWORD = "Invalid username or password"


@dataclass(frozen=True)
class Servers:
    """Faulty servers, and the certificate of their authority."""

    names: tuple[str, ...]
    certificate: str


@contextmanager
def running_servers(folder: Path, *scripts: Sequence[Answer]) -> Iterator[Servers]:
    """Start a server for each script of answers."""
    signer = authority("the faulty servers' authority")
    tls = server_context(folder, signer, "localhost")
    with ExitStack() as servers:
        ports = [servers.enter_context(scripted_server(script, tls=tls)).port for script in scripts]
        yield Servers(tuple(f"localhost:{port}" for port in ports), signer.pem)


@pytest.fixture(scope="module")
def faulty_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with running_servers(tmp_path_factory.mktemp("faulty"), *([fault] for fault in FAULTS)) as servers:
        yield servers


def values_behind(servers: Servers, values_for: ValuesFor, directory: ThrowAwayDirectory) -> Values:
    """Return the values of a hub that asks the faulty servers first, and then the only sound one."""
    names = (*servers.names, f"{directory.host}:{directory.ldaps_port}")
    return values_for(servers=names, identity={"caCertificate": directory.ca_pem + servers.certificate})


@pytest.fixture(scope="module")
def hub(
    start_hub: StartHub, values_for: ValuesFor, people: People, directory: ThrowAwayDirectory, faulty_servers: Servers
) -> Iterator[Hub]:
    assert people
    with start_hub(values_behind(faulty_servers, values_for, directory)) as running:
        yield running


def count_refused_log_ins(directory: ThrowAwayDirectory) -> int:
    return (directory.state.directory / "logs" / "access").read_text().count("err=49")


def test_log_in_works_with_one_sound_server(hub: Hub, faulty_servers: Servers) -> None:
    assert hub.log_in("anna", PASSWORD).is_in

    log = hub.log_file.read_text()
    for name in faulty_servers.names:
        assert f"{name} is used only if no other server answers, until it answers again" in log


def test_wrong_password_is_reported_and_counted_once(hub: Hub, directory: ThrowAwayDirectory) -> None:
    before = count_refused_log_ins(directory)

    assert hub.log_in("anna", WRONG).message == WRONG_PASSWORD
    assert count_refused_log_ins(directory) == before + 1


@pytest.mark.parametrize("password", [PASSWORD, WRONG])
def test_faults_of_all_servers_are_reported_as_temporary(
    hub: Hub, directory: ThrowAwayDirectory, faulty_servers: Servers, password: str
) -> None:
    before = count_refused_log_ins(directory)
    hub.log()
    with faulty(directory, "minimum SSF"):
        anna = hub.log_in("anna", password)

    assert anna.page.status_code == 503
    assert TEMPORARY in anna.message
    assert WRONG_PASSWORD not in anna.page.text
    log = hub.log()
    for name in (*faulty_servers.names, f"localhost:{directory.ldaps_port}"):
        assert name in anna.message
        assert f"logging in at {name}: " in log
    assert password not in log
    assert count_refused_log_ins(directory) == before


def test_faults_of_all_servers_lock_no_account(hub: Hub, directory: ThrowAwayDirectory) -> None:
    with locking_accounts(directory, 2):
        with faulty(directory, "minimum SSF"):
            assert [hub.log_in("mona", PASSWORD).page.status_code for _ in range(3)] == [503] * 3
        assert hub.log_in("mona", PASSWORD).is_in


def test_server_that_cannot_search_is_no_refusal(
    start_hub: StartHub, values_for: ValuesFor, people: People, directory: ThrowAwayDirectory, tmp_path: Path
) -> None:
    with (
        running_servers(tmp_path, NO_SEARCH) as servers,
        start_hub(values_behind(servers, values_for, directory)) as hub,
    ):
        assert hub.log_in("anna", PASSWORD).is_in

        with faulty(directory, "minimum SSF"):
            anna = hub.log_in("anna", PASSWORD)

    assert anna.page.status_code == 503
    assert "accepted your password but did not return your groups" in anna.message
