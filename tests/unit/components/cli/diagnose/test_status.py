from datetime import UTC, datetime, timedelta

import pytest

from components.cli.diagnose.deployed_hub import Release, Server
from components.cli.diagnose.result import State
from components.cli.diagnose.status import release_finding, servers_finding

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
JUST_NOW, LONG_AGO = (NOW - timedelta(minutes=2)).isoformat(), (NOW - timedelta(hours=2)).isoformat()


@pytest.mark.parametrize(
    ("release", "state"),
    [
        (Release(3, "deployed", LONG_AGO), State.GOOD),
        (Release(3, "failed", LONG_AGO), State.WARNING),
        (Release(3, "pending-upgrade", JUST_NOW), State.WARNING),
        (Release(3, "pending-upgrade", LONG_AGO), State.BROKEN),
        (Release(3, "pending-install", ""), State.WARNING),
        (None, State.BROKEN),
    ],
)
def test_a_release_that_is_pending_for_longer_than_an_up_was_left_so(release: Release | None, state: State) -> None:
    assert release_finding("vis/vis", release, "vis", NOW).state is state


def test_servers_are_counted_and_those_that_do_not_run_are_named() -> None:
    running, pending = Server("anna", "Running", LONG_AGO, "node"), Server("bob", "Pending", LONG_AGO, "")

    assert servers_finding([]).told == "0 running"
    assert servers_finding([running]).told == "1 running: anna"
    found = servers_finding([running, pending])
    assert found.state is State.WARNING
    assert found.told == "1 running: anna; bob is Pending"
    assert found.as_json()["servers"][0] == {"user": "anna", "phase": "Running", "since": LONG_AGO, "node": "node"}
