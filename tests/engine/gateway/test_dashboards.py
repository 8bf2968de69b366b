"""Dashboards are reachable only through the user's own server: a real Jupyter server, started as the hub starts it."""

import http.server
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from components.chart.dask_access import gateway_service, notebook_environment
from components.chart.values import chart_values
from tests.support.ports import free_ports
from tests.support.tenancies import tenancy
from tests.support.waiting import LIMIT_SECONDS, is_healthy, wait_for_server

pytestmark = pytest.mark.engine

TENANCY = tenancy()
GATEWAY, ELSEWHERE = "127.0.0.2", "127.0.0.3"
"""Local addresses that stand for the gateway's Service and for another host."""

PUBLIC_ADDRESS = notebook_environment(TENANCY)["DASK_GATEWAY__PUBLIC_ADDRESS"]


class Dashboard(http.server.BaseHTTPRequestHandler):
    """Returns the requested path."""

    def do_GET(self) -> None:
        self.send_response(requests.codes.ok)
        self.end_headers()
        self.wfile.write(self.path.encode())


@pytest.fixture(scope="module")
def dashboards() -> Iterator[int]:
    """The port of a dashboard on both addresses."""
    [port] = free_ports(1)
    servers = [http.server.ThreadingHTTPServer((address, port), Dashboard) for address in (GATEWAY, ELSEWHERE)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield port
    for server in servers:
        server.shutdown()


@pytest.fixture(scope="module")
def notebook_server(gateway_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a user's server, started with the arguments that the hub passes."""
    [port] = free_ports(1)
    home = tmp_path_factory.mktemp("home")
    hub_arguments = chart_values(TENANCY)["jupyterhub"]["hub"]["config"]["KubeSpawner"]["args"]
    arguments = [argument.replace(gateway_service(TENANCY), GATEWAY) for argument in hub_arguments]
    process = subprocess.Popen(
        [
            *(gateway_program.with_name("jupyter-server"), "--no-browser", "--allow-root", f"--port={port}"),
            *("--ServerApp.base_url=/user/alice/", "--IdentityProvider.token=alices", *arguments),
        ],
        cwd=home,
        env={"PATH": os.defpath, "HOME": str(home)},
        stderr=(home / "log").open("wb"),
    )
    url = f"http://127.0.0.1:{port}"
    wait_for_server(process, lambda: is_healthy(f"{url}/user/alice/api"), (home / "log").read_text)
    yield url
    process.terminate()
    process.wait(LIMIT_SECONDS)


def link(port: int, host: str = GATEWAY) -> str:
    """Return a dashboard's address as the Dask client prints it, with a local address instead of the Service."""
    address = PUBLIC_ADDRESS.format().format(JUPYTERHUB_SERVICE_PREFIX="/user/alice/")
    return f"{address}/clusters/ns.one/status".replace(f"{gateway_service(TENANCY)}:80", f"{host}:{port}")


def test_owner_sees_the_dashboard_at_the_clients_link(notebook_server: str, dashboards: int) -> None:
    own = {"Authorization": "token alices"}
    shown = requests.get(notebook_server + link(dashboards), headers=own, timeout=LIMIT_SECONDS)
    assert (shown.status_code, shown.text) == (200, "/services/dask-gateway/clusters/ns.one/status")


def test_link_requires_log_in(notebook_server: str, dashboards: int) -> None:
    asked = requests.get(notebook_server + link(dashboards), timeout=LIMIT_SECONDS, allow_redirects=False)
    assert asked.status_code in (requests.codes.forbidden, requests.codes.found)
    assert "clusters/ns.one" not in asked.text


def test_server_proxies_no_other_host(notebook_server: str, dashboards: int) -> None:
    own = {"Authorization": "token alices"}
    refused = requests.get(notebook_server + link(dashboards, ELSEWHERE), headers=own, timeout=LIMIT_SECONDS)
    assert refused.status_code == requests.codes.forbidden
