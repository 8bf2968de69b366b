"""A real Traefik redirects plain HTTP to HTTPS because of the declared manifests; by itself it redirects nothing."""

import json
from collections.abc import Iterator

import pytest

from components.config.controllers import TRAEFIK
from components.resources.ingress import https_redirect, hub_ingress
from tests.support.api_server import ApiServer
from tests.support.tenancies import tenancy
from tests.support.traefik import Web, running_traefik

pytestmark = pytest.mark.engine

TENANCY = tenancy(clusterName="redirected", ingress={"className": "traefik"})


@pytest.fixture(scope="module")
def web(api_server: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with running_traefik(api_server, tmp_path_factory.mktemp("traefik") / "log") as web:
        yield web


@pytest.fixture(scope="module", autouse=True)
def applied(api_server: ApiServer, web: Web) -> Iterator[None]:
    """The hub's Service without a hub, and the declared manifests."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "proxy-public", "namespace": TENANCY.namespace},
        "spec": {"ports": [{"name": "http", "port": 80}]},
    }
    api_server.kubectl("create", "namespace", TENANCY.namespace)
    for manifest in (service, hub_ingress(TENANCY), *https_redirect(TENANCY, TRAEFIK)):
        api_server.kubectl("apply", "--filename", "-", stdin=json.dumps(manifest))
    yield
    api_server.kubectl("delete", "namespace", TENANCY.namespace, "--wait=false")


def test_plain_http_is_redirected_to_the_same_page(web: Web) -> None:
    answer = web.wait_for(f"{web.http}/hub/login?next=%2F", TENANCY.domain, 301)

    assert answer.headers["Location"] == f"https://{TENANCY.domain}/hub/login?next=%2F"


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_https_reaches_the_hubs_proxy(web: Web) -> None:
    web.wait_for(f"{web.https}/hub/login", TENANCY.domain, 503)
