"""FreeIPA groups as groups of a real hub: at the log-in, at the start of a server, and after an upgrade."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from components.chart.values import Values
from tests.engine.hub.conftest import StartHub, ValuesFor, ValuesWithCheck
from tests.support.administrator import Administrator, hidden_from_accounts
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_process import Hub, running_hub
from tests.support.hub_users import INNER, MEMBERS, MODELLERS, PASSWORD, People
from tests.support.notebooks import SERVERS, User, add_member, declare_again, log_in, with_admin

pytestmark = pytest.mark.engine

OBSERVERS = "hub_tests_observers"
BROKEN = "hub_tests_broken"
NOT_READ = "starts with the known groups, which were not read"
OLD_LOG_IN = """
from components.in_hub.authenticator import FreeIpaAuthenticator

authenticate = FreeIpaAuthenticator.authenticate

async def old_authenticate(self, handler, data):
    model = await authenticate(self, handler, data)
    model["auth_state"]["groups"] = model["groups"]
    return model | {"groups": ["made_by_an_admin"]}

FreeIpaAuthenticator.authenticate = old_authenticate
"""
"""Log-in of a version before 0.5, whose groups are in ``auth_state`` only, with a group from the admin's page."""


@pytest.fixture(scope="module")
def groups(directory: ThrowAwayDirectory, people: People) -> Iterator[None]:
    """Two more groups."""
    with Administrator.at(directory) as administrator:
        for group in (OBSERVERS, BROKEN):
            administrator.make(group, "for the tests of groups")
    yield
    with Administrator.at(directory) as administrator:  # the directory was stopped in the meantime
        for group in (OBSERVERS, BROKEN):
            administrator.delete(group)


def with_overrides(values: Values) -> Values:
    """Return the values with a variable for each of two groups, and a third group whose servers do not start."""
    overrides = {
        "a": {"groups": [MODELLERS], "spawner_override": {"environment": {"MODELLING": "yes"}}},
        "b": {"groups": [OBSERVERS], "spawner_override": {"environment": {"OBSERVING": "yes"}}},
        "c": {
            "groups": [BROKEN],
            "spawner_override": {"cmd": ["/does/not/exist"], "environment": {"BROKEN": "yes"}},
        },
    }
    config = values["jupyterhub"]["hub"]["config"]
    config["KubeSpawner"]["group_overrides"] = overrides  # declares them; the users' servers are of another class
    config["Spawner"] = {"group_overrides": overrides}
    return declare_again(values)


@pytest.fixture(scope="module")
def hub_with_check(start_hub: StartHub, values_with_check: ValuesWithCheck, groups: None) -> Iterator[Hub]:
    """A hub that reads groups at a server's start; no comparison does so during the tests."""
    with start_hub(with_overrides(values_with_check(compare_seconds=3600, nestedGroups=False)), SERVERS) as running:
        yield running


@pytest.fixture(scope="module")
def hub_without_check(start_hub: StartHub, values_for: ValuesFor, groups: None) -> Iterator[Hub]:
    with start_hub(with_overrides(with_admin(values_for())), SERVERS) as running:
        yield running


def variables_of_a_start(user: User) -> set[str]:
    """Start the user's server again; return those of the groups' variables that it has."""
    user.stop_server_as_admin()
    user.start_server()
    return user.environment().keys() & {"MODELLING", "OBSERVING", "BROKEN"}


def test_groups_of_the_log_in_are_those_of_the_directory(hub_with_check: Hub, people: People) -> None:
    name = add_member(people)
    with people.joined(OBSERVERS, name), people.joined(INNER, name), people.nested(INNER, MODELLERS):
        user = log_in(hub_with_check, name, PASSWORD)

    assert user.groups(user.token) == {INNER, MEMBERS, OBSERVERS}, "not through another group"


def test_token_of_a_server_shows_the_groups_of_its_user(hub_with_check: Hub, people: People) -> None:
    user = log_in(hub_with_check, add_member(people), PASSWORD)
    with people.joined(OBSERVERS, user.name):
        user.start_server()

    assert user.groups(user.server_token()) == {MEMBERS, OBSERVERS}


def test_change_of_a_group_shows_at_the_next_start_with_a_check(hub_with_check: Hub, people: People) -> None:
    modeller, observer = (log_in(hub_with_check, add_member(people), PASSWORD) for _ in range(2))
    assert variables_of_a_start(modeller) == set()

    with people.joined(MODELLERS, modeller.name), people.joined(OBSERVERS, observer.name):
        assert variables_of_a_start(modeller) == {"MODELLING"}
        assert variables_of_a_start(observer) == {"OBSERVING"}

    assert variables_of_a_start(modeller) == set()
    assert variables_of_a_start(observer) == set()


def test_change_of_a_group_shows_at_the_next_log_in_without_a_check(hub_without_check: Hub, people: People) -> None:
    user = log_in(hub_without_check, add_member(people), PASSWORD)
    with people.joined(MODELLERS, user.name):
        assert variables_of_a_start(user) == set()
        user = log_in(hub_without_check, user.name, PASSWORD)
        assert variables_of_a_start(user) == {"MODELLING"}

    assert variables_of_a_start(user) == {"MODELLING"}
    user = log_in(hub_without_check, user.name, PASSWORD)
    assert variables_of_a_start(user) == set()


def test_failed_start_leaves_nothing_of_a_group_behind(hub_with_check: Hub, people: People) -> None:
    user = log_in(hub_with_check, add_member(people), PASSWORD)
    with people.joined(BROKEN, user.name):
        assert user.post_server(user.token) == 500
        assert not user.has_server()

    assert variables_of_a_start(user) == set()


@pytest.mark.parametrize("outage", [ThrowAwayDirectory.stopped, ThrowAwayDirectory.frozen])
def test_directory_without_an_answer_changes_no_groups(
    hub_with_check: Hub,
    people: People,
    directory: ThrowAwayDirectory,
    outage: Callable[[ThrowAwayDirectory], AbstractContextManager[None]],
) -> None:
    user = log_in(hub_with_check, add_member(people), PASSWORD)
    with people.joined(MODELLERS, user.name):
        assert variables_of_a_start(user) == {"MODELLING"}
        with outage(directory):
            assert variables_of_a_start(user) == {"MODELLING"}

    assert f"a server of {user.name} {NOT_READ}" in hub_with_check.log_file.read_text()


@pytest.mark.parametrize(
    ("container", "permission"),
    [("groups", "Read Group Membership"), ("users", "Read User Membership")],
)
def test_hidden_membership_changes_no_groups(
    hub_with_check: Hub, people: People, directory: ThrowAwayDirectory, container: str, permission: str
) -> None:
    user = log_in(hub_with_check, add_member(people), PASSWORD)
    with people.joined(MODELLERS, user.name):
        assert variables_of_a_start(user) == {"MODELLING"}
        with hidden_from_accounts(directory, f"cn={container},cn=accounts,{directory.suffix}", permission):
            assert variables_of_a_start(user) == {"MODELLING"}

    assert f"a server of {user.name} {NOT_READ}" in hub_with_check.log_file.read_text()


def test_log_in_of_an_earlier_version_keeps_its_groups(
    hub_python: Path, values_for: ValuesFor, people: People, groups: None, tmp_path: Path
) -> None:
    new = with_overrides(with_admin(values_for()))
    old = with_overrides(with_admin(values_for()))
    old["jupyterhub"]["hub"]["extraConfig"]["tests"] = OLD_LOG_IN
    name = add_member(people)
    people.join(MODELLERS, name)
    with running_hub(hub_python, tmp_path, old, SERVERS) as hub:
        user = log_in(hub, name, PASSWORD)
        assert user.groups(user.token) == {"made_by_an_admin"}

    with running_hub(hub_python, tmp_path, new, SERVERS):
        user.start_server()

        assert user.groups(user.token) == {MEMBERS, MODELLERS}
        assert user.environment()["MODELLING"] == "yes"
        user.stop_server_as_admin()
    people.leave(MODELLERS, name)
