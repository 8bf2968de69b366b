"""A cluster that answers requests for the pod of one trial."""

from collections.abc import Mapping
from typing import Any

from components.cli.images.trial_pod import run_trial
from tests.support.tenancies import tenancy

IMAGE = "registry.example.org/team/notebook:1"


def ended(phase: str, message: str, **terminated: Any) -> dict[str, Any]:
    state = {"terminated": {"message": message, **terminated}}
    return {"status": {"phase": phase, "containerStatuses": [{"name": "image", "state": state}]}}


class Cluster:
    """Answers each request for the pod with the next of the given states, then with the last."""

    server = "https://cluster.example.org"

    def __init__(self, *states: Mapping[str, Any]) -> None:
        self.states = list(states)
        self.created: list[Mapping[str, Any]] = []
        self.deleted: list[str] = []
        self.now = 100.0

    def get(self, path: str, accept: str = "") -> Mapping[str, Any]:
        assert "/events?" in path
        return {"items": []}

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, Mapping[str, Any]]:
        if method == "POST":
            self.created.append(body)
            return (201, self.states[0]) if self.states else (404, {})
        if method == "DELETE":
            self.deleted.append(path)
            return 200, {}
        if len(self.states) > 1:
            self.states.pop(0)
        return 200, self.states[0]

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def run(self) -> str:
        return run_trial(self, tenancy(), IMAGE, wait=self.wait, clock=lambda: self.now)
