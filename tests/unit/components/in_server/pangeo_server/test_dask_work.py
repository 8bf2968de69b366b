"""Clusters with work among those that do not answer."""

import asyncio
from typing import Any

import pytest

from components.in_server.pangeo_server import dask_work
from components.in_server.pangeo_server.dask_work import DaskWork

COUNTS = dict.fromkeys(("processing", "unrunnable", "waiting", "tasks", "memory", "released", "erred"), 0)
GATEWAY = "http://gateway"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Answers by URL, which the test changes; all other addresses do not answer."""
    known: dict[str, Any] = {}

    async def get(url: str, *_: object) -> Any:
        if url not in known:
            raise OSError("no answer")
        return known[url]

    monkeypatch.setattr(dask_work, "_get", get)
    return known


def find_in_gateway() -> str:
    return asyncio.run(DaskWork({"DASK_GATEWAY__ADDRESS": GATEWAY, "JUPYTERHUB_API_TOKEN": "t"}).find_in_gateway())


def test_a_scheduler_that_does_not_answer_hides_no_other_cluster(answers: dict[str, Any]) -> None:
    answers[f"{GATEWAY}/api/v1/clusters/?status=running"] = {"gone": {}, "odd": {}, "busy": {}}
    answers[f"{GATEWAY}/clusters/odd/json/counts.json"] = []
    answers[f"{GATEWAY}/clusters/busy/json/counts.json"] = {**COUNTS, "processing": 1}
    assert find_in_gateway() == "busy"
    answers[f"{GATEWAY}/clusters/busy/json/counts.json"] = COUNTS
    assert find_in_gateway() == ""


def test_clusters_of_which_none_answers_are_no_work_but_reported(answers: dict[str, Any]) -> None:
    answers[f"{GATEWAY}/api/v1/clusters/?status=running"] = {"gone": {}}
    with pytest.raises(OSError, match="no answer"):
        find_in_gateway()


def test_a_local_scheduler_is_found_among_other_ports(answers: dict[str, Any]) -> None:
    answers["http://127.0.0.1:8787/json/counts.json"] = {**COUNTS, "unrunnable": 1}
    assert asyncio.run(DaskWork({}).find_local([80, 8787, 9000])) == "127.0.0.1:8787"
