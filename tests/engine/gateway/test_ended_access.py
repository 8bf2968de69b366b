"""The real gateway asks the hub about the token of every request: its user, its groups, and whether it has ended."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from components.chart.dask_access import GATEWAY_SCOPE
from local.paths import State
from local.stand_ins.charts.assemble import assemble, chart_sources
from tests.engine.charts.renders import render_chart
from tests.engine.gateway.gateway_processes import Gateway, running_gateway
from tests.support.api_server import ApiServer
from tests.support.tenancies import tenancy
from tests.support.tools import link_tools
from tests.support.waiting import LIMIT_SECONDS

pytestmark = pytest.mark.engine

TOKEN = "a" * 32
GPU = "docker.io/example/gpu:7"
OTHER = "docker.io/example/other:7"
NOTEBOOK = {
    "prePull": False,
    "profiles": [
        {"name": "GPU", "image": GPU, "groups": ["modellers"]},
        {"name": "Other", "image": OTHER, "groups": ["others"]},
    ],
}

REFUSED = "Permission failure verifying user's JupyterHub API token"
"""Message of dask-gateway for a token that the hub does not accept."""


class StandInHub(ThreadingHTTPServer):
    """The hub's answer to the question for the owner of a token, which it accepts or not."""

    accepts = True


class _Handler(BaseHTTPRequestHandler):
    server: StandInHub

    def do_GET(self) -> None:
        is_valid = self.server.accepts and self.headers["Authorization"] == f"token {TOKEN}"
        self.send_response(200 if is_valid else 403)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        about = {"name": "bob", "kind": "user", "groups": ["modellers"], "scopes": [GATEWAY_SCOPE]}
        self.wfile.write(json.dumps(about if is_valid else {}).encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running_stand_in() -> Iterator[StandInHub]:
    with StandInHub(("127.0.0.1", 0), _Handler) as hub:
        threading.Thread(target=hub.serve_forever, daemon=True).start()
        yield hub
        hub.shutdown()


@pytest.fixture(scope="module")
def hub() -> Iterator[StandInHub]:
    with running_stand_in() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(
    gateway_program: Path, api_server: ApiServer, hub: StandInHub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    state = State(tmp_path_factory.mktemp("charts"))
    link_tools(state.bin, ["helm"])
    render = render_chart(state.bin / "helm", assemble(state), tenancy(clusterName="ended-access", notebook=NOTEBOOK))
    crds = chart_sources(os.environ) / "dask-gateway" / "crds"
    folder = tmp_path_factory.mktemp("gateway")
    with running_gateway(gateway_program, api_server, render, crds, folder, hub.server_port) as running:
        yield running


def test_images_of_profiles_are_approved_for_the_groups_of_the_hub(gateway: Gateway) -> None:
    def start(image: str) -> requests.Response:
        return requests.post(
            f"{gateway.url}/api/v1/clusters/",
            headers={"Authorization": f"jupyterhub {TOKEN}"},
            json={"cluster_options": {"image": image}},
            timeout=LIMIT_SECONDS,
        )

    assert start(GPU).ok
    refused = start(OTHER).json()["error"]
    assert "not approved" in refused
    assert GPU in refused


def test_ended_token_starts_no_cluster_in_the_same_session(gateway: Gateway, hub: StandInHub) -> None:
    clusters = f"{gateway.url}/api/v1/clusters/"
    with requests.Session() as session:  # with the cookies of the gateway
        session.headers["Authorization"] = f"jupyterhub {TOKEN}"
        assert session.get(clusters, timeout=LIMIT_SECONDS).ok

        hub.accepts = False

        refused = session.post(clusters, json={"cluster_options": {}}, timeout=LIMIT_SECONDS)
        assert refused.json() == {"error": REFUSED}
        assert session.get(clusters, timeout=LIMIT_SECONDS).json() == {"error": REFUSED}
