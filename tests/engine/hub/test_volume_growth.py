"""Growth of homes while others change the claim or Kubernetes does not answer: the hub's code on a real API server."""

import json
import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from local.paths import PROJECT
from tests.engine.hub.hub_namespace import EXPANDABLE, HubNamespace, create_hub_namespace
from tests.support.api_server import ApiServer

pytestmark = pytest.mark.engine

NAMESPACE = "hub-tests-growth"
PROCESS_TIMEOUT_SECONDS = 60

Grow = Callable[..., str]


@pytest.fixture(scope="module")
def namespace(api_server: ApiServer) -> HubNamespace:
    return create_hub_namespace(api_server, NAMESPACE)


@pytest.fixture
def grow(hub_python: Path, api_server: ApiServer) -> Grow:
    """Return a function that grows a user's home to 20Gi and returns the log."""

    def run(user: str, *, changes_by_others: int = 0, kubeconfig: Path = api_server.kubeconfig) -> str:
        done = subprocess.run(
            [
                hub_python,
                Path(__file__).with_name("grow_home.py"),
                NAMESPACE,
                f"claim-{user}",
                "20Gi",
                str(changes_by_others),
            ],
            env={"KUBECONFIG": str(kubeconfig), "PYTHONPATH": str(PROJECT), "PATH": os.defpath},
            capture_output=True,
            text=True,
            timeout=PROCESS_TIMEOUT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    return run


def test_changed_claim_is_read_again_and_grown(namespace: HubNamespace, grow: Grow) -> None:
    namespace.create_claim("busy", "10Gi", EXPANDABLE)

    log = grow("busy", changes_by_others=2)

    assert namespace.requested_size("busy") == "20Gi"
    assert "INFO home claim-busy grows from 10Gi to 20Gi" in log


def test_constantly_changed_claim_is_left_for_the_next_start(namespace: HubNamespace, grow: Grow) -> None:
    namespace.create_claim("restless", "10Gi", EXPANDABLE)

    log = grow("restless", changes_by_others=9)

    assert namespace.requested_size("restless") == "10Gi"
    assert "WARNING home claim-restless was not grown: it was changed during each of 3 attempts" in log


def test_hanging_api_server_is_logged_after_the_deadline(
    namespace: HubNamespace, grow: Grow, api_server: ApiServer, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = yaml.safe_load(api_server.kubeconfig.read_text())
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{silent.getsockname()[1]}"
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.touch(mode=0o600)
        kubeconfig.write_text(json.dumps(config))

        log = grow("anybody", kubeconfig=kubeconfig)

    assert "WARNING home claim-anybody was not grown: Kubernetes did not answer in time" in log


def test_unreachable_api_server_is_logged(namespace: HubNamespace, grow: Grow, api_server: ApiServer) -> None:
    with api_server.stopped():
        log = grow("anybody")

    assert "WARNING home claim-anybody was not grown: ClientConnectorError: Cannot connect to host 127.0.0.1" in log
    assert "Traceback" not in log
