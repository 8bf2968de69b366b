"""Reading of objects that only explain others."""

from collections.abc import Mapping
from typing import Any

from components.cluster.errors import CannotAsk
from components.cluster.objects import read_events

ADDRESS = "/api/v1/namespaces/vis/events?fieldSelector=involvedObject.uid%3Du1"


class Cluster:
    """Answers a request for the events of one object."""

    server = "https://cluster.example.org"

    def __init__(self, answer: Mapping[str, Any] | CannotAsk) -> None:
        self.answer = answer

    def get(self, path: str, accept: str = "") -> Mapping[str, Any]:
        assert path == ADDRESS
        if isinstance(self.answer, CannotAsk):
            raise self.answer
        return self.answer


def test_events_only_explain() -> None:
    event = {"reason": "Failed"}
    assert read_events(Cluster({"items": [event, None]}), "vis", "u1") == [event]
    assert read_events(Cluster({"items": None}), "vis", "u1") == []
    assert read_events(Cluster(CannotAsk("403")), "vis", "u1") == []
