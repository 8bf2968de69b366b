import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from components.cli.diagnose.deployed_hub import DeployedHub
from components.cluster.errors import CannotAsk
from tests.support.cluster_objects import event, pod, waiting


class Recorded:
    """API whose answers are given by kind."""

    server = "https://api.example:6443"

    def __init__(self, **items: list[dict[str, Any]]) -> None:
        self.items = items
        self.paths: list[str] = []

    def get(self, path: str, accept: str = "application/json") -> Mapping[str, Any]:
        self.paths.append(path)
        return {"items": self.items.get(path.partition("?")[0].rpartition("/")[2], [])}


def hub(**items: list[dict[str, Any]]) -> DeployedHub:
    return DeployedHub(Recorded(**items), "vis")


def test_values_are_read_under_either_key() -> None:
    for key in ("values.yaml", "values.json"):
        data = {key: base64.b64encode(json.dumps({"hub": {"a": 1}}).encode()).decode()}
        assert hub(secrets=[{"data": data}]).values() == {"hub": {"a": 1}}
    assert hub().values() is None


@pytest.mark.parametrize(
    "encoded", ["", "!!", base64.b64encode(b"\xff\xfe").decode(), base64.b64encode(b"a: [").decode()]
)
def test_unreadable_values_are_reported_without_content(encoded: str) -> None:
    with pytest.raises(CannotAsk, match="the Secret vis/hub contains no values of the chart"):
        hub(secrets=[{"data": {"values.yaml": encoded}}]).values()


def test_user_names_come_from_the_annotation() -> None:
    about = {"name": "jupyter-j-2edoe", "annotations": {"hub.jupyter.org/username": "j.doe"}}
    named = {**about, "annotations": {**about["annotations"], "hub.jupyter.org/servername": "big"}}  # type: ignore[dict-item]
    pods = [
        {"metadata": {**named, "deletionTimestamp": "2026-01-01T00:00:00Z"}, "status": {"phase": "Running"}},
        {"metadata": about, "status": {"phase": "Running", "startTime": "2026-01-02T00:00:00Z"}},
    ]
    found = hub(pods=pods).servers()

    assert [(server.user, server.phase) for server in found] == [("j.doe", "Running"), ("j.doe/big", "Stopping")]


def test_ready_pods_are_counted() -> None:
    assert hub(deployments=[{"spec": {"replicas": 1}, "status": {}}]).count_ready("hub") == (0, 1)
    assert hub(deployments=[{"spec": {}, "status": {"readyReplicas": 1}}]).count_ready("hub") == (1, 1)
    assert hub().count_ready("hub") is None


def test_failed_pulls_are_found_with_the_events_of_the_pod() -> None:
    owner = {"metadata": {"name": "hub", "uid": "uid-hub"}}
    refused = waiting("ErrImagePull", "401 Unauthorized")
    missing = event("FailedToRetrieveImagePullSecret", "Unable to retrieve some image pull secrets (login); …")
    pods = [pod(owner, refused, imagePullSecrets=[{"name": "login"}]), pod(owner, waiting("ContainerCreating"))]

    [found] = hub(pods=pods, events=[missing]).failed_pulls()

    assert str(found).startswith("pod hub-x: image quay.io/pangeo/hub:1 cannot be pulled")
    assert "the Secret login (pangeo:registries.pullSecrets) does not exist" in (found.fix or "")
