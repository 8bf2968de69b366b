"""Limits of users' clusters, in the real gateway on a real API server."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.engine.gateway.gateway_processes import Gateway
from tests.support.waiting import wait_for

pytestmark = pytest.mark.engine

NO_CAPACITY = (
    "There is not enough capacity for another Dask cluster: its scheduler and one worker need {needed}, but only "
    "{free} of the {total} that all users' clusters share are free. Try again later, or choose smaller workers."
)
LIMIT_REACHED = (
    "You have 2 Dask clusters, and the limit is 2 per user. Shut one down first: "
    "gateway.list_clusters() lists them, gateway.stop_cluster(name) stops one."
)


@pytest.fixture
def user(gateway: Gateway, request: pytest.FixtureRequest) -> Iterator[str]:
    """A user without clusters; clusters that the test starts are stopped after it."""
    name = request.node.name[:40]
    yield name
    for cluster in gateway.clusters(name):
        gateway.stop(cluster, name)


def test_cluster_above_the_limit_is_refused_with_a_message(gateway: Gateway, user: str) -> None:
    assert [gateway.new_cluster(user).status_code for _ in range(2)] == [requests.codes.created] * 2
    refused = gateway.new_cluster(user)
    assert refused.status_code == requests.codes.unprocessable_entity
    assert refused.json() == {"error": LIMIT_REACHED}


def test_limit_applies_to_each_user(gateway: Gateway, user: str) -> None:
    for _ in range(2):
        assert gateway.new_cluster(user).ok
    other = gateway.new_cluster("other-user")
    assert other.ok
    gateway.stop(other.json()["name"], "other-user")


def test_stopped_cluster_does_not_count(gateway: Gateway, user: str) -> None:
    first, _ = (gateway.new_cluster(user).json()["name"] for _ in range(2))
    assert not gateway.new_cluster(user).ok
    gateway.stop(first, user)
    assert gateway.new_cluster(user).ok


def test_concurrent_requests_respect_the_limit(gateway: Gateway, user: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: gateway.new_cluster(user), range(8)))
    assert sum(answer.ok for answer in answers) == 2
    assert {answer.json().get("error") for answer in answers if not answer.ok} == {LIMIT_REACHED}


@pytest.fixture(scope="module")
def scheduler(gateway: Gateway) -> tuple[float, float]:
    """The cores and gigabytes that a scheduler requests."""
    name = gateway.new_cluster("size").json()["name"]
    [pod] = gateway.wait_for_objects("pods", name, "dask-scheduler")
    gateway.stop(name, "size")
    resources = pod["spec"]["containers"][0]["resources"]["requests"]
    cores, milli, _ = resources["cpu"].partition("m")
    return float(cores) / (1000 if milli else 1), int(resources["memory"]) / 1024**3


@pytest.mark.parametrize(
    ("used", "cores", "free"), [({}, 1, "0"), ({"cpu": "49100m"}, 1, "0.9"), ({"cpu": "46"}, 4, "4")]
)
def test_cluster_beyond_the_cpu_quota_is_refused_with_a_message(
    gateway: Gateway, user: str, scheduler: tuple[float, float], used: dict[str, str], cores: int, free: str
) -> None:
    with gateway.quota_used(**used):
        refused = gateway.new_cluster(user, worker_cores=cores)
    needed = f"{scheduler[0] + cores:.4g} cores"
    assert refused.status_code == requests.codes.unprocessable_entity
    assert refused.json() == {"error": NO_CAPACITY.format(needed=needed, total="50", free=free)}


@pytest.mark.parametrize(
    ("used", "ram_gb", "free"), [("107374182400", 1.5, "0"), ("98.5Gi", 1.5, "1.5"), ("97000Mi", 9, "5.273")]
)
def test_cluster_beyond_the_memory_quota_is_refused(
    gateway: Gateway, user: str, scheduler: tuple[float, float], used: str, ram_gb: float, free: str
) -> None:
    with gateway.quota_used(cpu="0", memory=used):
        refused = gateway.new_cluster(user, worker_ram_gb=ram_gb)
    needed = f"{scheduler[1] + ram_gb:.4g} GB of memory"
    assert refused.json() == {"error": NO_CAPACITY.format(needed=needed, total="100", free=free)}


def test_cluster_that_fits_exactly_starts(gateway: Gateway, user: str, scheduler: tuple[float, float]) -> None:
    cores, ram_gb = scheduler
    with gateway.quota_used(cpu=f"{50 - cores - 1:.3f}", memory=f"{(100 - ram_gb - 2) * 1024:.0f}Mi"):
        assert gateway.new_cluster(user).ok


def test_options_beyond_the_limits_are_refused(gateway: Gateway, user: str) -> None:
    refused = gateway.new_cluster(user, worker_cores=5)
    assert refused.status_code == requests.codes.unprocessable_entity
    assert "worker_cores is 5; write a number of cores from" in refused.json()["error"]


def test_refused_cluster_does_not_count(gateway: Gateway, user: str) -> None:
    for _ in range(3):
        assert not gateway.new_cluster(user, worker_ram_gb=1000).ok
    assert gateway.new_cluster(user).ok


def test_user_cannot_stop_another_users_cluster(gateway: Gateway, user: str) -> None:
    name = gateway.new_cluster(user).json()["name"]
    wait_for(lambda: gateway.clusters(user), lambda known: name in known)
    assert gateway.ask("DELETE", f"clusters/{name}", "other-user").status_code == requests.codes.forbidden
    assert gateway.ask("GET", f"clusters/{name}", "other-user").status_code == requests.codes.forbidden
    assert name not in gateway.clusters("other-user")
