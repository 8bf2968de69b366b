"""The check for pods that a node has evicted."""

from collections.abc import Mapping
from typing import Any

import pytest

from components.cli.diagnose.evictions import check_evictions
from components.cluster.errors import CannotAsk

TOO_LARGE = "Pod ephemeral local storage usage exceeds the total limit of containers 20Gi. "
FULL_NODE = "The node was low on resource: {}. Threshold quantity: 100Mi, available: 80Mi. "


class Events:
    """A cluster with events, or one that shows none."""

    server = "https://cluster.example.org"

    def __init__(self, *events: Mapping[str, Any], refuses: bool = False) -> None:
        self._events, self._refuses = events, refuses

    def get(self, path: str, accept: str = "application/json") -> Mapping[str, Any]:
        assert path == "/api/v1/namespaces/vis-pangeo/events?fieldSelector=reason%3DEvicted"
        if self._refuses:
            raise CannotAsk("the account may not read events")
        return {"items": list(self._events)}


def evicted(pod: str, message: str, minute: int = 30) -> dict[str, Any]:
    time = f"2026-12-01T07:{minute}:00Z"
    return {"involvedObject": {"name": pod}, "message": message, "lastTimestamp": time}


@pytest.mark.parametrize(
    ("pod", "message", "fix"),
    [
        (
            "jupyter-alice",
            TOO_LARGE,
            "write large files to the home instead of /tmp, or raise pangeo:notebook.temporaryStorageGb",
        ),
        (
            "dask-worker-1-abc",
            TOO_LARGE,
            "raise pangeo:dask.workerTemporaryStorageGb, or use more workers with less data each",
        ),
        ("dask-scheduler-1", TOO_LARGE, "raise pangeo:dask.schedulerTemporaryStorageGb"),
        (
            "backup-run-29",
            TOO_LARGE,
            "the stack file has no setting for the limit of this pod, and Kubernetes starts it again; if that happens "
            "often, report it with the output of kubectl describe pod",
        ),
        (
            "hub-0",
            FULL_NODE.format("ephemeral-storage"),
            "kubectl describe node: free its disk, or add nodes; set diskGb of pangeo:workers, so that storage is "
            "reserved for each pod",
        ),
        (
            "jupyter-alice",
            FULL_NODE.format("memory"),
            "kubectl describe node: pods without limits, or programs outside of pods, use its memory; add nodes",
        ),
        (
            "jupyter-alice",
            FULL_NODE.format("pids"),
            "kubectl describe node: limit the processes of each pod with podPidsLimit of the kubelet",
        ),
    ],
)
def test_an_eviction_is_reported_with_its_cause(pod: str, message: str, fix: str) -> None:
    (result,) = check_evictions(Events(evicted(pod, message)), "vis-pangeo")
    assert (result.message, result.fix) == (
        f"{pod} was evicted at 2026-12-01T07:30:00Z: {' '.join(message.split())}",
        fix,
    )


def test_each_pod_is_reported_once_and_the_latest_come_first() -> None:
    events = Events(*(evicted(pod, TOO_LARGE, minute) for pod, minute in (("a", 10), ("b", 20), ("a", 30), ("c", 15))))
    assert [each.message.split()[0] for each in check_evictions(events, "vis-pangeo")] == ["a", "b", "c"]


def test_events_that_are_not_shown_are_no_fault() -> None:
    assert list(check_evictions(Events(refuses=True), "vis-pangeo")) == []
    assert list(check_evictions(Events(), "vis-pangeo")) == []
