"""A real Traefik on free ports of loopback that serves the Ingresses of an API server."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

from local.paths import PROJECT
from tests.support.api_server import ApiServer
from tests.support.ports import free_ports
from tests.support.waiting import LIMIT_SECONDS

CRDS = PROJECT / "local" / "stand_ins" / "charts" / "dask-gateway" / "crds" / "traefik.yaml"
ANSWER_SECONDS = 30


class Web:
    """Traefik's two ports."""

    def __init__(self, http_port: int, https_port: int) -> None:
        self.http = f"http://127.0.0.1:{http_port}"
        self.https = f"https://127.0.0.1:{https_port}"

    def get(self, url: str, host: str) -> requests.Response:
        """Request a URL as a browser does for the host, without following redirects."""
        with requests.Session() as session:
            session.trust_env = False
            return session.get(url, headers={"Host": host}, timeout=ANSWER_SECONDS, allow_redirects=False, verify=False)

    def wait_for(self, url: str, host: str, accept: int | Callable[[requests.Response], bool]) -> requests.Response:
        """Repeat the request until its status, or the answer, is the expected one."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while True:
            last = "no connection"
            with suppress(requests.ConnectionError, requests.Timeout):
                answer = self.get(url, host)
                if accept(answer) if callable(accept) else answer.status_code == accept:
                    return answer
                last = f"{answer.status_code} {answer.text[:100]}"
            assert time.monotonic() < deadline, f"{url}: {last}"
            time.sleep(0.3)


@contextmanager
def running_traefik(api_server: ApiServer, log: Path) -> Iterator[Web]:
    """Serve during the block. Traefik itself redirects nothing; it may send requests to any name or address."""
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
        "--providers.kubernetesIngress.allowExternalNameServices=true",
        "--providers.kubernetesCRD=true",
    ]
    api_server.kubectl("apply", "--server-side", "--force-conflicts", "--filename", str(CRDS))
    with log.open("wb") as out:
        traefik = subprocess.Popen(command, stdout=out, stderr=out, env={"KUBECONFIG": str(api_server.kubeconfig)})
    try:
        yield Web(http_port, https_port)
    finally:
        traefik.kill()
        traefik.wait(ANSWER_SECONDS)
