import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from components.cli.diagnose.deployed_hub import DeployedHub
from components.cluster.errors import CannotAsk


class Recorded:
    """An API that answers from a table, by the kind that is asked for."""

    server = "https://api.example:6443"

    def __init__(self, **items: list[dict[str, Any]]) -> None:
        self.items = items
        self.paths: list[str] = []

    def get(self, path: str, accept: str = "application/json") -> Mapping[str, Any]:
        self.paths.append(path)
        return {"items": self.items.get(path.partition("?")[0].rpartition("/")[2], [])}


def secret(version: str, status: str) -> dict[str, Any]:
    return {"metadata": {"labels": {"version": version, "status": status}, "creationTimestamp": "2026-01-01T00:00:00Z"}}


def hub(**items: list[dict[str, Any]]) -> DeployedHub:
    return DeployedHub(Recorded(**items), "vis")


def test_the_latest_revision_is_the_highest_number_not_the_last_word() -> None:
    found = hub(secrets=[secret("9", "superseded"), secret("10", "deployed")]).release("vis")

    assert found is not None
    assert (found.revision, found.status) == (10, "deployed")
    assert hub().release("vis") is None


def test_settings_are_read_as_either_chart_keeps_them() -> None:
    for key in ("values.yaml", "values.json"):
        data = {key: base64.b64encode(json.dumps({"hub": {"a": 1}}).encode()).decode()}
        assert hub(secrets=[{"data": data}]).settings() == {"hub": {"a": 1}}
    assert hub().settings() is None


@pytest.mark.parametrize("kept", ["", "!!", base64.b64encode(b"\xff\xfe").decode(), base64.b64encode(b"a: [").decode()])
def test_settings_that_are_none_are_a_sentence_without_their_content(kept: str) -> None:
    with pytest.raises(CannotAsk, match="the Secret vis/hub holds no values of the chart"):
        hub(secrets=[{"data": {"values.yaml": kept}}]).settings()


def test_a_user_is_who_the_annotation_says_for_labels_and_names_are_escaped() -> None:
    about = {"name": "jupyter-j-2edoe", "annotations": {"hub.jupyter.org/username": "j.doe"}}
    named = {**about, "annotations": {**about["annotations"], "hub.jupyter.org/servername": "big"}}  # type: ignore[dict-item]
    pods = [
        {"metadata": {**named, "deletionTimestamp": "2026-01-01T00:00:00Z"}, "status": {"phase": "Running"}},
        {"metadata": about, "status": {"phase": "Running", "startTime": "2026-01-02T00:00:00Z"}},
    ]
    found = hub(pods=pods).servers()

    assert [(server.user, server.phase) for server in found] == [("j.doe", "Running"), ("j.doe/big", "Stopping")]
    assert hub(persistentvolumeclaims=[{"metadata": about}]).homes() == ["j.doe"]


def test_pods_ready_are_counted_against_those_wanted() -> None:
    assert hub(deployments=[{"spec": {"replicas": 1}, "status": {}}]).ready("hub") == (0, 1)
    assert hub(deployments=[{"spec": {}, "status": {"readyReplicas": 1}}]).ready("hub") == (1, 1)
    assert hub().ready("hub") is None
