"""The wait for a release: progress, final findings and the time limit. The clock is the test's."""

from collections.abc import Iterable

import pytest

from components.cluster.errors import CannotAsk, Refused
from components.readiness.failed_pulls import PULL_SECONDS
from components.readiness.verdict import Snapshot
from components.readiness.wait import POLL_SECONDS, REFUSED_SECONDS, NotReady, Wait
from tests.support.cluster_objects import daemon_set, deployment, pod, replica_set, waiting

HUB = deployment(availableReplicas=0)
VERSION = replica_set(HUB)
READY = Snapshot([deployment(availableReplicas=1)])
STARTING = Snapshot([HUB], [VERSION], [pod(VERSION, waiting("ContainerCreating"))])
NOT_PULLED = Snapshot([HUB], [VERSION], [pod(VERSION, waiting("ErrImagePull", "not found"))])
OUTAGE = CannotAsk("https://127.0.0.1:6443: the connection was refused")


class Cluster:
    """Shows one snapshot a second, and the last one for ever."""

    def __init__(self, *seen: Snapshot | CannotAsk) -> None:
        self.seconds = 0.0
        self.lines: list[str] = []
        self._seen = seen
        self.wait = Wait(self._observe, self.lines.append, lambda: self.seconds, self._sleep)

    def _observe(self) -> Snapshot:
        now = self._seen[min(int(self.seconds), len(self._seen) - 1)]
        if isinstance(now, CannotAsk):
            raise now
        return now

    def _sleep(self, seconds: float) -> None:
        self.seconds += seconds


def lines_without_time(cluster: Cluster) -> list[str]:
    return [line.partition(": ")[2] for line in cluster.lines]


def refusal(cluster: Cluster, limit_seconds: float = 1200) -> str:
    with pytest.raises(NotReady) as caught:
        cluster.wait.until_ready(limit_seconds)
    return str(caught.value)


def test_ready_hub_is_not_waited_for() -> None:
    cluster = Cluster(READY)
    cluster.wait.until_ready(1200)
    assert (cluster.lines, cluster.seconds) == ([], 0)


def test_each_change_is_reported_once() -> None:
    cluster = Cluster(Snapshot([HUB]), Snapshot([HUB]), STARTING, STARTING, READY)
    cluster.wait.until_ready(1200)
    assert cluster.lines == [
        "waiting for the hub (0 s): deployment hub: 0 of 1 pods are ready",
        "waiting for the hub (2 s): pod hub-2-x: its containers are being created",
    ]


def test_long_wait_is_reported_at_least_every_30_seconds() -> None:
    cluster = Cluster(*[STARTING] * 95, READY)
    cluster.wait.until_ready(1200)
    assert [line.split("(")[1].split(" ")[0] for line in cluster.lines] == ["0", "30", "60", "90"]


def test_final_finding_ends_the_wait_once_it_has_lasted() -> None:
    cluster = Cluster(STARTING, NOT_PULLED)
    message = refusal(cluster)
    assert cluster.seconds == pytest.approx(1 + PULL_SECONDS, abs=POLL_SECONDS)
    assert message.startswith("the hub cannot become ready: pod hub-2-x: image quay.io/pangeo/hub:1 cannot be pulled")
    assert "Fix: the registry has no such image" in message


def test_finding_that_passes_does_not_end_the_wait() -> None:
    cluster = Cluster(*[NOT_PULLED] * 10, STARTING, READY)
    cluster.wait.until_ready(1200)


def test_failure_of_a_notebook_image_ends_the_wait_of_a_ready_hub() -> None:
    puller = daemon_set(most_missing="100%", desiredNumberScheduled=1, updatedNumberScheduled=1, numberReady=0)
    cluster = Cluster(Snapshot([puller], pods=[pod(puller, waiting("ErrImagePull", "not found"))]))
    assert "pangeo:notebook.image" in refusal(cluster)


def test_time_limit_names_what_was_missing() -> None:
    cluster = Cluster(STARTING)
    message = refusal(cluster, 60)
    assert cluster.seconds == 60
    assert message.startswith(
        "the hub was not ready after 1 minutes: pod hub-2-x: its containers are being created. Correct the cause"
    )


@pytest.mark.parametrize("after", [[READY], [STARTING, READY]])
def test_api_server_that_is_away_for_a_while_is_asked_again(after: Iterable[Snapshot]) -> None:
    cluster = Cluster(OUTAGE, OUTAGE, *after)
    cluster.wait.until_ready(1200)
    assert lines_without_time(cluster)[0] == f"cluster: {OUTAGE}; trying again"


def test_account_without_permission_ends_the_wait() -> None:
    cluster = Cluster(Refused("https://127.0.0.1:6443: the account may not read /api/v1/pods (403)"))
    assert "the account may not read /api/v1/pods (403). Fix: give the account access" in refusal(cluster)
    assert cluster.seconds == REFUSED_SECONDS


def test_api_server_that_stays_away_is_reported() -> None:
    assert "the connection was refused" in refusal(Cluster(OUTAGE), 60)
