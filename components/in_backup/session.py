"""The state of a run, and its access to the cluster, for all of its parts."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from components.in_backup import pods
from components.in_backup.cluster import Cluster, ClusterError
from components.in_backup.results import CONFIG_MAP, KEY, Result, Run
from components.in_backup.settings import Settings
from components.in_backup.volumes import ENDED

T = TypeVar("T")

POLL_SECONDS = 2.0
START_SECONDS = 600.0
"""Time in which a pod must start, with the first pull of its image."""

SILENT_SECONDS = 900.0
"""Time for which an API server that does not answer is waited for."""

PATCH_SECONDS = 2.0
"""Smallest interval of reports."""

LEFTOVER_SECONDS = 600.0
"""Time in which the pods of an earlier run must be gone; those of a lost node stay."""

COMPONENT, RUN = "app.kubernetes.io/component", "backup-run"
"""Label of the runs' own pods."""


class RunFailed(Exception):
    """The run ends early; the text is the cause."""


@dataclass
class Session:
    """A run's state."""

    cluster: Cluster
    settings: Settings
    owner: Mapping[str, Any]
    """Owner reference of all objects that the run creates: Kubernetes deletes them with it."""
    log: Callable[[str], None]
    state: Run
    result: Result = field(default_factory=Result)
    """The results, which include the state."""
    _end: float = 0.0
    _reported: float = 0.0
    _report: str = ""

    def __post_init__(self) -> None:
        """Begin the time limit."""
        self.result.run = self.state
        self._end = time.monotonic() + self.settings.limit_seconds

    def remaining(self) -> float:
        """Return the seconds until the time limit."""
        return self._end - time.monotonic()

    def report(self, doing: str, *, always: bool = False) -> None:
        """Record the results, and what the run does now."""
        if doing and doing != self.state.doing:
            self.log(doing)
        self.state.doing = doing
        text = self.result.to_json()
        if text == self._report or (not always and time.monotonic() - self._reported < PATCH_SECONDS):
            return
        self.patiently(lambda: self.cluster.patch("configmaps", CONFIG_MAP, {"data": {KEY: text}}))
        self._report, self._reported = text, time.monotonic()

    def create_pod(self, manifest: dict[str, Any]) -> bool:
        """Create a pod; return False if there is one of its name, or no quota left for it now.

        Raises:
            ClusterError: the API server refuses the pod, or does not answer.
        """
        manifest["metadata"]["ownerReferences"] = [dict(self.owner)]
        manifest["spec"]["hostname"] = pods.host_name(self.owner["uid"], manifest["metadata"]["name"])
        try:
            return self.cluster.create("pods", manifest)
        except ClusterError as error:
            if not error.is_quota:
                raise
            self.log(str(error))
            return False

    def delete_leftovers(self) -> None:
        """Delete the pods of an earlier run that was killed, and wait until they are gone."""
        end = time.monotonic() + LEFTOVER_SECONDS
        while left := [each for each in self.cluster.list("pods") if is_own(each)]:
            if time.monotonic() > end:
                self.log(f"pods of an earlier run do not end: {', '.join(each['metadata']['name'] for each in left)}")
                return
            for pod in left:
                if not pod["metadata"].get("deletionTimestamp"):
                    self.cluster.delete("pods", pod["metadata"]["name"])
            time.sleep(POLL_SECONDS)

    def patiently(self, action: Callable[[], T]) -> T:
        """Do something, again while the API server does not answer.

        Raises:
            RunFailed: it refuses, or has not answered for too long.
        """
        return patiently(action, self.log)


def patiently(action: Callable[[], T], log: Callable[[str], None]) -> T:
    """Do something, again while the API server does not answer.

    Raises:
        RunFailed: it refuses, or has not answered for too long.
    """
    last = ""
    for attempt in _attempts():
        try:
            return action()
        except ClusterError as error:
            if error.is_refusal:
                raise RunFailed(str(error)) from None
            last = str(error)
            log(f"{last}; attempt {attempt}")
    raise RunFailed(f"no answer from the API server for {SILENT_SECONDS / 60:.0f} minutes: {last}")


def find_other_run(found: Iterable[Mapping[str, Any]], own: str) -> str | None:
    """Return the pod of another run that has begun before and goes on; None if there is none. Pure.

    Kubernetes' CronJob does not count runs that an operator has started.

    Args:
        found: the namespace's pods.
        own: the name of the run's own pod.
    """
    runs = sorted(
        (str(pod["metadata"]["creationTimestamp"]), str(pod["metadata"]["name"]))
        for pod in found
        if (pod["metadata"].get("labels") or {}).get(COMPONENT) == RUN
        and not pod["metadata"].get("deletionTimestamp")
        and (pod.get("status") or {}).get("phase") not in ENDED
    )
    return runs[0][1] if runs and runs[0][1] != own else None


def is_own(pod: Mapping[str, Any]) -> bool:
    """Return whether a pod was created by a run."""
    return pods.PURPOSE in (pod["metadata"].get("labels") or {})


def _attempts() -> Iterator[int]:
    end, number = time.monotonic() + SILENT_SECONDS, 1
    while True:
        yield number
        if time.monotonic() > end:
            return
        time.sleep(min(30.0, POLL_SECONDS * number))
        number += 1
