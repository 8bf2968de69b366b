"""How many clusters a user has, asked of the real gateway on a real API server."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.engine.gateway.gateway_processes import Gateway, until

pytestmark = pytest.mark.engine

TOO_MANY = (
    "You have 2 Dask clusters, and a user has at most 2 at a time. Shut one down first: "
    "gateway.list_clusters() names them, gateway.stop_cluster(name) ends one."
)


@pytest.fixture
def user(gateway: Gateway, request: pytest.FixtureRequest) -> Iterator[str]:
    """Somebody who has no clusters before nor after the test."""
    name = request.node.name[:40]
    yield name
    for cluster in gateway.clusters(name):
        gateway.stop(cluster, name)


def test_a_user_gets_as_many_clusters_as_allowed_and_then_a_sentence(gateway: Gateway, user: str) -> None:
    assert [gateway.new_cluster(user).status_code for _ in range(2)] == [requests.codes.created] * 2
    refused = gateway.new_cluster(user)
    assert refused.status_code == requests.codes.unprocessable_entity
    assert refused.json() == {"error": TOO_MANY}


def test_one_users_clusters_are_not_anothers(gateway: Gateway, user: str) -> None:
    for _ in range(2):
        assert gateway.new_cluster(user).ok
    other = gateway.new_cluster("somebody-else")
    assert other.ok
    gateway.stop(other.json()["name"], "somebody-else")


def test_a_cluster_shut_down_makes_room_at_once(gateway: Gateway, user: str) -> None:
    first, _ = (gateway.new_cluster(user).json()["name"] for _ in range(2))
    assert not gateway.new_cluster(user).ok
    gateway.stop(first, user)
    assert gateway.new_cluster(user).ok


def test_clusters_asked_for_at_the_same_moment_are_counted_too(gateway: Gateway, user: str) -> None:
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda _: gateway.new_cluster(user), range(8)))
    assert sum(answer.ok for answer in answers) == 2
    assert {answer.json().get("error") for answer in answers if not answer.ok} == {TOO_MANY}


def test_options_out_of_bounds_are_refused_with_the_bound(gateway: Gateway, user: str) -> None:
    refused = gateway.new_cluster(user, worker_cores=5)
    assert refused.status_code == requests.codes.unprocessable_entity
    assert "worker_cores must be <= 4" in refused.json()["error"]


def test_a_refused_cluster_does_not_count(gateway: Gateway, user: str) -> None:
    for _ in range(3):
        assert not gateway.new_cluster(user, worker_ram_gb=1000).ok
    assert gateway.new_cluster(user).ok


def test_nobody_stops_anothers_cluster(gateway: Gateway, user: str) -> None:
    name = gateway.new_cluster(user).json()["name"]
    until(lambda: gateway.clusters(user), lambda known: name in known)
    assert gateway.ask("DELETE", f"clusters/{name}", "somebody-else").status_code == requests.codes.forbidden
    assert gateway.ask("GET", f"clusters/{name}", "somebody-else").status_code == requests.codes.forbidden
    assert name not in gateway.clusters("somebody-else")
