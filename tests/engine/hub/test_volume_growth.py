"""Homes that grow in a cluster where others work too, or that does not answer: the hub's code on a real API server."""

import json
import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from local.paths import PROJECT
from tests.engine.hub.cluster import EXPANDABLE, HubNamespace, hub_namespace
from tests.support.api_server import ApiServer

pytestmark = pytest.mark.engine

NAMESPACE = "hub-tests-growth"
TIMEOUT_SECONDS = 60

Grow = Callable[..., str]


@pytest.fixture(scope="module")
def namespace(api_server: ApiServer) -> HubNamespace:
    return hub_namespace(api_server, NAMESPACE)


@pytest.fixture
def grow(hub_python: Path, api_server: ApiServer) -> Grow:
    """Grow a user's home to 20Gi and give what was logged. It never fails."""

    def run(user: str, *, meddlings: int = 0, kubeconfig: Path = api_server.kubeconfig) -> str:
        done = subprocess.run(
            [hub_python, Path(__file__).with_name("grow_home.py"), NAMESPACE, f"claim-{user}", "20Gi", str(meddlings)],
            env={"KUBECONFIG": str(kubeconfig), "PYTHONPATH": str(PROJECT), "PATH": os.defpath},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    return run


def test_a_claim_that_others_change_meanwhile_is_read_again_and_grown(namespace: HubNamespace, grow: Grow) -> None:
    namespace.claim("busy", "10Gi", EXPANDABLE)

    said = grow("busy", meddlings=2)

    assert namespace.requested("busy") == "20Gi"
    assert "INFO home claim-busy grows from 10Gi to 20Gi" in said


def test_a_claim_that_others_change_again_and_again_is_left_for_the_next_start(
    namespace: HubNamespace, grow: Grow
) -> None:
    namespace.claim("restless", "10Gi", EXPANDABLE)

    said = grow("restless", meddlings=9)

    assert namespace.requested("restless") == "10Gi"
    assert "WARNING home claim-restless was not grown: it was changed during each of 3 attempts" in said


def test_a_cluster_that_does_not_answer_is_said_and_not_waited_for_long(
    namespace: HubNamespace, grow: Grow, api_server: ApiServer, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = yaml.safe_load(api_server.kubeconfig.read_text())
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{silent.getsockname()[1]}"
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.touch(mode=0o600)
        kubeconfig.write_text(json.dumps(config))

        said = grow("anybody", kubeconfig=kubeconfig)

    assert "WARNING home claim-anybody was not grown: Kubernetes did not answer in time" in said


def test_a_cluster_that_is_down_is_said(namespace: HubNamespace, grow: Grow, api_server: ApiServer) -> None:
    with api_server.stopped():
        said = grow("anybody")

    assert "WARNING home claim-anybody was not grown: ClientConnectorError: Cannot connect to host 127.0.0.1" in said
    assert "Traceback" not in said
