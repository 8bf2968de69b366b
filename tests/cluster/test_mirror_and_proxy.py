"""A second tenancy whose images are only in a mirror, and whose requests to other hosts use a web proxy.

The node has no registry: its images get the names that they have in the mirror.
"""

import json
import os
from collections.abc import Iterator
from functools import reduce
from ipaddress import ip_address

import pytest
import yaml

from components.chart.images import CHART_IMAGES
from components.config.image import Image
from components.config.registries import Registries
from local.cluster.names import CONTAINERD_SOCKET
from local.images import loader
from local.images.definitions import NOTEBOOK, UPSTREAM_IMAGES, reference
from local.paths import State
from local.stand_ins.charts.assemble import chart_sources
from local.tenancy.addresses import NODE_ADDRESS
from tests.support.dask import CLEAN_UP_SECONDS
from tests.support.kernel import Kernel
from tests.support.node_capacity import stop_admin_server
from tests.support.second_tenancy import SecondTenancy
from tests.support.web_proxy import ANSWER, WebProxy, running_web_proxy

pytestmark = pytest.mark.cluster

NAME = "mirror-proxy"
MIRROR = "mirror.tenancy.test/cache"
PULL_SECRET = "registry-login"
START_SECONDS = 180
SETTINGS = {
    # Besides the notebooks of the local tenancy, two cores hold only a small one.
    "notebookCpus": 0.2,
    "notebookRamGb": 0.5,
    "notebook": {"image": NOTEBOOK.reference, "prePull": False},
    "dask": {"schedulerRamGb": 0.5, "cpuRequest": 0.02, "workerRamGb": {"min": 0.25, "default": 0.5, "max": 4}},
    "registries": {"mirror": MIRROR, "pullSecrets": [PULL_SECRET]},
}

FETCH = """\
import os, urllib.request
def fetch(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()
"""
CLUSTER = f"""\
from dask_gateway import Gateway
cluster = Gateway().new_cluster()
cluster.scale(1)
client = cluster.get_client()
client.wait_for_workers(1, timeout={START_SECONDS})
"""


def name_images_as_in_mirror(state: State) -> None:
    """Give the node's images the names that the mirror has for the charts' images and the notebook."""
    registries = Registries(mirror=MIRROR)
    names = {str(registries.locate(Image.parse(NOTEBOOK.reference))): NOTEBOOK.reference}
    for chart, keys in UPSTREAM_IMAGES.items():
        values = yaml.safe_load((chart_sources(os.environ) / chart / "values.yaml").read_text())
        for key, image in keys.items():
            path = tuple(key.split("."))
            if name := CHART_IMAGES.get((chart, *path)):
                tag = reduce(lambda tree, part: tree[part], path, values)["tag"]
                names[str(registries.locate(Image(name, tag)))] = reference(image)
    for name, local in names.items():
        loader.tag(state, str(CONTAINERD_SOCKET), local, name)


@pytest.fixture(scope="module")
def web_proxy() -> Iterator[WebProxy]:
    with running_web_proxy(str(NODE_ADDRESS)) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def tenancy(web_proxy: WebProxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondTenancy]:
    state = State()
    name_images_as_in_mirror(state)
    url = f"http://{web_proxy.address}:{web_proxy.port}"
    reach = [{"name": "web-proxy", "cidrs": web_proxy.address, "ports": web_proxy.port}]
    network = {"proxy": {"http": url, "https": url}, "reach": reach}
    tenancy = SecondTenancy(state, tmp_path_factory.mktemp("second"), NAME, **SETTINGS, network=network)
    tenancy.wipe()
    stop_admin_server(state)
    tenancy.up()
    log_in = ("--docker-server=mirror.tenancy.test", "--docker-username=pangeo", "--docker-password=not-used")
    tenancy.kubectl("create", "secret", "docker-registry", PULL_SECRET, *log_in)
    yield tenancy
    tenancy.wipe()


@pytest.fixture(scope="module")
def kernel(tenancy: SecondTenancy) -> Iterator[Kernel]:
    """A kernel on alice's server, with a Dask cluster of one worker."""
    tenancy.grant("alice")
    tenancy.wait_for_hub()
    alice = tenancy.person("alice")
    assert alice.log_in() == 200
    alice.start_server()
    with Kernel(alice) as kernel:
        kernel.run(FETCH)
        kernel.run(CLUSTER, START_SECONDS)
        yield kernel
        kernel.run("cluster.shutdown()", CLEAN_UP_SECONDS)


def test_every_pod_runs_an_image_of_the_mirror(tenancy: SecondTenancy, kernel: Kernel) -> None:
    del kernel  # its server and cluster are among the pods
    pods = json.loads(tenancy.kubectl("get", "pods", "--output", "json"))["items"]
    assert len(pods) == 8, "hub, proxy, three of the gateway; notebook, scheduler and worker"
    for pod in pods:
        assert pod["status"]["phase"] == "Running"
        assert pod["spec"]["imagePullSecrets"] == [{"name": PULL_SECRET}], pod["metadata"]["name"]
        for container in (*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]):
            assert container["image"].startswith(f"{MIRROR}/"), pod["metadata"]["name"]


def test_notebooks_and_workers_reach_other_hosts_through_the_proxy(web_proxy: WebProxy, kernel: Kernel) -> None:
    assert kernel.value("fetch('http://data.example.org/notebook')") == ANSWER
    assert kernel.value("client.submit(fetch, 'http://data.example.org/worker').result(timeout=60)") == ANSWER
    assert {"http://data.example.org/notebook", "http://data.example.org/worker"} <= set(web_proxy.urls)


def test_no_request_inside_the_cluster_uses_the_proxy(web_proxy: WebProxy, kernel: Kernel) -> None:
    assert "version" in kernel.value("fetch(os.environ['JUPYTERHUB_API_URL'] + '/')")
    kernel.run("import httpx; httpx.Client().close()")  # it reads NO_PROXY, too

    # By now, the hub has asked its proxy and the server, and the kernel the gateway.
    assert [host for host in web_proxy.hosts if is_inside(host)] == []


def is_inside(host: str) -> bool:
    """Return whether a host is a Service or a pod."""
    try:
        return bool(ip_address(host))
    except ValueError:
        return "." not in host or host.endswith((".svc", ".cluster.local", f".{NAME}"))
