"""A real Traefik redirects plain HTTP to HTTPS because of the declared manifests; by itself it redirects nothing."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from components.config.controllers import TRAEFIK
from components.resources.ingress import https_redirect, hub_ingress
from local.paths import PROJECT
from tests.support.api_server import ApiServer
from tests.support.ports import free_ports
from tests.support.tenancies import tenancy

pytestmark = pytest.mark.engine

CRDS = PROJECT / "local" / "stand_ins" / "charts" / "dask-gateway" / "crds" / "traefik.yaml"
ANSWER_SECONDS = 5
READY_SECONDS = 60
TENANCY = tenancy(clusterName="redirected", ingress={"className": "traefik"})


class Web:
    """Traefik's two ports."""

    def __init__(self, http_port: int, https_port: int) -> None:
        self.http = f"http://127.0.0.1:{http_port}"
        self.https = f"https://127.0.0.1:{https_port}"

    def get(self, url: str) -> requests.Response:
        headers = {"Host": TENANCY.domain}
        with requests.Session() as session:
            session.trust_env = False
            return session.get(url, headers=headers, timeout=ANSWER_SECONDS, allow_redirects=False, verify=False)

    def wait_for(self, url: str, status: int) -> requests.Response:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            last = "no connection"
            with suppress(requests.ConnectionError):
                answer = self.get(url)
                if answer.status_code == status:
                    return answer
                last = f"{answer.status_code} {answer.text[:100]}"
            assert time.monotonic() < deadline, f"{url}: {last}"
            time.sleep(0.3)


@pytest.fixture(scope="module")
def applied(api_server: ApiServer) -> Iterator[None]:
    """Traefik's CRDs, the hub's Service without a hub, and the declared manifests."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "proxy-public", "namespace": TENANCY.namespace},
        "spec": {"ports": [{"name": "http", "port": 80}]},
    }
    ingress_class = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": TENANCY.ingress.class_name},
        "spec": {"controller": "traefik.io/ingress-controller"},
    }
    api_server.kubectl("apply", "--server-side", "--force-conflicts", "--filename", str(CRDS))
    api_server.kubectl("create", "namespace", TENANCY.namespace)
    for manifest in (ingress_class, service, hub_ingress(TENANCY), *https_redirect(TENANCY, TRAEFIK)):
        api_server.kubectl("apply", "--filename", "-", stdin=json.dumps(manifest))
    yield
    api_server.kubectl("delete", "namespace", TENANCY.namespace, "--wait=false")


@pytest.fixture(scope="module")
def web(api_server: ApiServer, applied: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    http_port, https_port = free_ports(2)
    command = [
        str(Path(sys.executable).parent / "traefik"),
        "--global.checkNewVersion=false",
        "--global.sendAnonymousUsage=false",
        f"--entryPoints.web.address=127.0.0.1:{http_port}",
        f"--entryPoints.websecure.address=127.0.0.1:{https_port}",
        "--entryPoints.websecure.http.tls=true",
        "--providers.kubernetesIngress=true",
        "--providers.kubernetesIngress.allowEmptyServices=true",
        "--providers.kubernetesCRD=true",
    ]
    log = tmp_path_factory.mktemp("traefik") / "log"
    with log.open("wb") as out:
        traefik = subprocess.Popen(command, stdout=out, stderr=out, env={"KUBECONFIG": str(api_server.kubeconfig)})
    yield Web(http_port, https_port)
    traefik.kill()
    traefik.wait(ANSWER_SECONDS)


def test_plain_http_is_redirected_to_the_same_page(web: Web) -> None:
    answer = web.wait_for(f"{web.http}/hub/login?next=%2F", 301)

    assert answer.headers["Location"] == f"https://{TENANCY.domain}/hub/login?next=%2F"


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_https_reaches_the_hubs_proxy(web: Web) -> None:
    web.wait_for(f"{web.https}/hub/login", 503)
