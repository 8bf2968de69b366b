"""A user whose cluster's scheduler ends at its start learns what its image needs."""

import json

import pytest
import requests

from tests.engine.gateway.gateway_processes import Gateway
from tests.support.waiting import LIMIT_SECONDS, wait_for

pytestmark = pytest.mark.engine

USER = "bianca"


@pytest.mark.parametrize(
    ("image", "own"),
    [
        ("docker.io/example/lean:7\n", "docker.io/example/lean:7"),
        ("", "mirror.example.org/cache/docker.io/example/notebook:7"),
    ],
)
def test_a_failed_cluster_names_its_image_and_the_gateways_version(gateway: Gateway, image: str, own: str) -> None:
    name = gateway.new_cluster(USER, image=image).json()["name"]
    [scheduler] = gateway.wait_for_objects("pods", name, "dask-scheduler")
    ended = {"exitCode": 1, "reason": "Error", "message": "No module named 'dask_gateway'"}
    [container] = scheduler["spec"]["containers"]
    status = {
        "phase": "Failed",
        "containerStatuses": [
            {
                **{key: container[key] for key in ("name", "image")},
                **{"imageID": "", "ready": False, "restartCount": 0, "state": {"terminated": ended}},
            }
        ],
    }
    words = ("patch", "pod", scheduler["metadata"]["name"], "--subresource=status", "--type=merge")
    gateway.server.kubectl(*words, f"--patch={json.dumps({'status': status})}", "--namespace", gateway.namespace)
    wait_for(lambda: gateway.ask("GET", f"clusters/{name}", USER).json()["status"], lambda found: found == "FAILED")

    answer = gateway.ask("GET", f"clusters/{name}?wait", USER)

    version = requests.get(f"{gateway.url}/api/version", timeout=LIMIT_SECONDS).json()["version"]
    assert answer.status_code == requests.codes.conflict
    assert answer.json()["error"].startswith(
        f"Your Dask cluster has failed: its scheduler ended. Its image {own} needs dask, distributed and dask-gateway, "
        f"preferably in the gateway's version {version}"
    )
