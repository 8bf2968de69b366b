"""The end of a user's access while a log-in or the start of a server is under way, on a real hub."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from components.chart.values import Values
from tests.engine.hub.conftest import StartHub, ValuesFor
from tests.support.ended_access import end_access
from tests.support.hub_gates import LOG_IN, START, closed_gate, with_gates
from tests.support.hub_process import Hub, running_hub
from tests.support.hub_users import PASSWORD, People
from tests.support.notebooks import ADMIN_TOKEN, SERVERS, User, add_member, log_in, with_admin
from tests.support.rendered_values import SECRETS

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def values(values_for: ValuesFor) -> Values:
    return with_gates(with_admin(values_for()))


@pytest.fixture(scope="module")
def hub(start_hub: StartHub, values: Values, people: People) -> Iterator[Hub]:
    with start_hub(values, SERVERS) as running:
        yield running


@pytest.fixture
def member(hub: Hub, people: People) -> User:
    """A new member without a server."""
    return log_in(hub, add_member(people), PASSWORD)


@pytest.fixture(scope="module")
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def test_log_in_during_the_removal_stays_void_after_a_restart(
    hub_python: Path, values: Values, people: People, threads: ThreadPoolExecutor, tmp_path: Path
) -> None:
    name = add_member(people)
    with running_hub(hub_python, tmp_path, values, SERVERS) as hub:
        visitor = hub.visitor()
        with closed_gate(tmp_path, LOG_IN) as gate:
            logging_in = threads.submit(visitor.log_in, name, PASSWORD)
            gate.wait()
            assert end_access(hub, SECRETS.members_token, users=[name]).ok
        logging_in.result()
        assert not visitor.is_in

    with running_hub(hub_python, tmp_path, values, SERVERS) as hub:
        visitor.hub = hub
        assert not visitor.is_in


@pytest.mark.parametrize("by_admin", [False, True])
def test_permitted_start_is_refused_after_the_removal(
    hub: Hub, member: User, threads: ThreadPoolExecutor, by_admin: bool
) -> None:
    with closed_gate(hub.log_file.parent, START) as gate:
        starting = threads.submit(member.post_server, ADMIN_TOKEN if by_admin else member.token)
        gate.wait()
        assert end_access(hub, SECRETS.members_token, users=[member.name]).ok

    assert starting.result() == 403
    member.wait_for_stop()
    assert not member.processes()


def test_removal_ends_a_start_that_waits_for_the_server(
    start_hub: StartHub, values: Values, people: People, threads: ThreadPoolExecutor, tmp_path: Path
) -> None:
    silent = tmp_path / "silent.py"
    silent.write_text("import time\ntime.sleep(3600)\n")
    with start_hub(values, {"HUB_SERVER_PROGRAM": os.fspath(silent)}) as hub:
        member = log_in(hub, add_member(people), PASSWORD)
        threads.submit(member.post_server, member.token)
        member.wait_for_process()

        answers = list(threads.map(lambda _: end_access(hub, SECRETS.members_token, users=[member.name]), range(3)))

        assert all(answer.ok for answer in answers), "also if several operators remove the user at once"
        member.wait_for_stop()
        assert not member.processes()
        assert member.post_server(member.token) == 403
