"""A second tenancy that pulls all images from a registry with a password, and whose requests use a web proxy.

The registry's images are in no other store, so the node has to pull them. Packages come from an index in a private
network.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

import pytest
from pulumi.automation import CommandError

from components.config.image import Image
from components.config.registries import split_registry
from components.secret_commands import LOG_INS, REGISTRY_LOG_IN, create_registry_log_in
from local.cluster.names import CONTAINERD_SOCKET
from local.images.builder import layout_folder
from local.images.definitions import NOTEBOOK
from local.images.loader import remove_images
from local.paths import State
from local.tenancy.addresses import NODE_ADDRESS
from local.tenancy.pki import authority
from tests.support.dask import CLEAN_UP_SECONDS
from tests.support.image_registry import ImageRegistry, running_image_registry
from tests.support.kernel import Kernel
from tests.support.mirrored_images import push_images
from tests.support.package_index import MODULE, PACKAGE, VERSION, PackageIndex, running_package_index
from tests.support.second_tenancy import SecondTenancy
from tests.support.start_page import read_start_page
from tests.support.waiting import wait_for
from tests.support.web_proxy import ANSWER, WebProxy, running_web_proxy

pytestmark = pytest.mark.cluster

NAME = "mirror-proxy"
PULL_SECRET = "registry-login"
START_SECONDS = 180
CONDA_CHANNELS = "http://conda.tenancy.test/channels"
SETTINGS = {
    # Besides the notebooks of the local tenancy, two cores hold only a small one.
    "notebookCpus": 0.2,
    "notebookRamGb": 0.5,
    "dask": {"schedulerRamGb": 0.5, "cpuRequest": 0.02, "workerRamGb": {"min": 0.25, "default": 0.5, "max": 4}},
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
PACKAGES = f"""\
import os, subprocess, sys
def variables():
    return {{name: value for name, value in os.environ.items() if name.startswith(("PIP_", "CONDA_", "MAMBA_"))}}
def install():
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", "/tmp/packages", "{PACKAGE}"]
    subprocess.run(command, check=True, capture_output=True)
    sys.path.append("/tmp/packages")
    import {MODULE}
    return {MODULE}.VERSION
"""


@dataclass(frozen=True)
class Mirror:
    """The registry with the tenancy's images."""

    registry: ImageRegistry
    name: str
    images: set[Image]

    def create_secret(self, tenancy: SecondTenancy, password: str) -> None:
        """Create the pull Secret as the guide says, in place of an existing one."""
        log_in = base64.b64encode(f"{self.registry.user}:{password}".encode()).decode()
        tenancy.kubectl("delete", "secret", PULL_SECRET, "--ignore-not-found")
        options = (f"--from-file={LOG_INS}=/dev/stdin", f"--type={REGISTRY_LOG_IN}")
        content = json.dumps({"auths": {self.registry.name: {"auth": log_in}}})
        tenancy.kubectl("create", "secret", "generic", PULL_SECRET, *options, stdin=content)


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    state = State()
    folder = tmp_path_factory.mktemp("registry") / "files"
    with running_image_registry(folder, layout_folder(state)) as registry:
        # An earlier run that was killed may have had the same port.
        remove_images(state, str(CONTAINERD_SOCKET), f"{registry.name}/")
        name = f"{registry.name}/cache"
        yield Mirror(registry, name, push_images(registry, name))
        remove_images(state, str(CONTAINERD_SOCKET), f"{registry.name}/")


@pytest.fixture(scope="module")
def web_proxy() -> Iterator[WebProxy]:
    with running_web_proxy(str(NODE_ADDRESS)) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PackageIndex]:
    with running_package_index(str(NODE_ADDRESS), tmp_path_factory.mktemp("packages")) as index:
        yield index


@pytest.fixture(scope="module")
def new_tenancy(
    mirror: Mirror, web_proxy: WebProxy, index: PackageIndex, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SecondTenancy]:
    """The tenancy before its first ``up``."""
    url = f"http://{web_proxy.address}:{web_proxy.port}"
    environment = {
        "PIP_INDEX_URL": index.url,
        "PIP_TRUSTED_HOST": index.address,
        "CONDA_CHANNEL_ALIAS": CONDA_CHANNELS,
        "MAMBA_CHANNEL_ALIAS": CONDA_CHANNELS,
    }
    settings = {
        **SETTINGS,
        "notebook": {"image": NOTEBOOK.reference, "prePull": False, "environment": environment},
        "registries": {"mirror": mirror.name, "pullSecrets": [PULL_SECRET]},
        "network": {
            "proxy": {"http": url, "https": url},
            "reach": [
                {"name": "web-proxy", "cidrs": web_proxy.address, "ports": web_proxy.port},
                {"name": "packages", "cidrs": index.address, "ports": index.port},
            ],
        },
    }
    with SecondTenancy.clean(State(), tmp_path_factory.mktemp("second"), NAME, **settings) as tenancy:
        yield tenancy


@pytest.fixture(scope="module")
def first_up(new_tenancy: SecondTenancy) -> str:
    """The output of the first ``up``, which makes the namespace and so cannot have the Secret."""
    with pytest.raises(CommandError) as failed:
        new_tenancy.up()
    return str(failed.value)


@pytest.fixture(scope="module")
def tenancy(new_tenancy: SecondTenancy, first_up: str, mirror: Mirror) -> SecondTenancy:
    """The deployed tenancy."""
    del first_up
    mirror.create_secret(new_tenancy, mirror.registry.password)
    # The kubelet tries again by itself, but waits longer after each failure.
    new_tenancy.kubectl("delete", "pods", "--all", "--wait=false")
    new_tenancy.up()
    new_tenancy.grant("alice")
    new_tenancy.wait_for_hub()
    return new_tenancy


@dataclass(frozen=True)
class RefusedStart:
    """Messages about the start of a server while the Secret has a wrong password."""

    page: list[str]
    status: dict[str, str]


@pytest.fixture(scope="module")
def refused_start(tenancy: SecondTenancy, mirror: Mirror) -> RefusedStart:
    """A start of alice's server, whose image the node does not have yet. Afterwards the Secret is right again."""
    mirror.create_secret(tenancy, "wrong")
    alice = tenancy.person("alice")
    assert alice.log_in() == 200
    assert alice.call("POST", "/hub/api/users/alice/server").status_code in (201, 202)
    page = read_start_page(alice, lambda message: "Failed to pull image" in message)
    ca_file = str(authority(tenancy.state, "tenancy").crt)
    # The kubelet reports the event that the page shows before it writes the container's state, which status reads.
    status = wait_for(
        lambda: tenancy.results("status", "--no-drift", "--ca-file", ca_file)["images"],
        lambda images: images["status"] != "good",
    )
    mirror.create_secret(tenancy, mirror.registry.password)
    return RefusedStart(page, status)


@pytest.fixture(scope="module")
def kernel(tenancy: SecondTenancy, refused_start: RefusedStart) -> Iterator[Kernel]:
    """A kernel on alice's server, with a Dask cluster of one worker."""
    del refused_start
    alice = tenancy.person("alice")
    assert alice.log_in() == 200
    alice.start_server()
    with Kernel(alice) as kernel:
        kernel.run(FETCH)
        kernel.run(CLUSTER, START_SECONDS)
        yield kernel
        kernel.run("cluster.shutdown()", CLEAN_UP_SECONDS)


def test_up_without_the_secret_names_it_and_the_registry(first_up: str, mirror: Mirror) -> None:
    assert f"the Secret {PULL_SECRET} (pangeo:registries.pullSecrets) does not exist" in first_up
    assert create_registry_log_in(PULL_SECRET, NAME, mirror.registry.name) in first_up


def test_start_with_a_wrong_password_names_secret_and_registry(refused_start: RefusedStart, mirror: Mirror) -> None:
    registry = mirror.registry.name
    assert f'Failed to pull image "{registry}/' in refused_start.page[-1]
    assert "401 Unauthorized" in refused_start.page[-1]
    assert refused_start.status["status"] == "broken"
    assert (
        f"refuses the log-in of the Secret {PULL_SECRET} (pangeo:registries.pullSecrets) at {registry}"
        in (refused_start.status["fix"])
    )


def test_every_pod_runs_an_image_that_was_pulled_with_the_secret(
    tenancy: SecondTenancy, kernel: Kernel, mirror: Mirror
) -> None:
    del kernel  # its server and cluster are among the pods
    pods = json.loads(tenancy.kubectl("get", "pods", "--output", "json"))["items"]
    assert len(pods) == 8, "hub, proxy, three of the gateway; notebook, scheduler and worker"
    for pod in pods:
        assert pod["status"]["phase"] == "Running"
        assert pod["spec"]["imagePullSecrets"] == [{"name": PULL_SECRET}], pod["metadata"]["name"]
        for container in (*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]):
            assert Image.parse(container["image"]) in mirror.images, pod["metadata"]["name"]
    pulls = mirror.registry.pulls()
    pulled = {pull.repository for pull in pulls if (pull.method, pull.status) == ("GET", 200)}
    assert {split_registry(image.name)[1] for image in mirror.images} <= pulled
    assert 401 in {pull.status for pull in pulls}


def test_notebooks_and_workers_install_packages_of_the_mirror(kernel: Kernel, index: PackageIndex) -> None:
    kernel.run(PACKAGES)
    expected = {
        "PIP_INDEX_URL": index.url,
        "PIP_TRUSTED_HOST": index.address,
        "CONDA_CHANNEL_ALIAS": CONDA_CHANNELS,
        "MAMBA_CHANNEL_ALIAS": CONDA_CHANNELS,
    }

    # Unlike in Pangeo's images, the environment of the local image belongs to root.
    kernel.run(f"%pip install --target /tmp/packages {PACKAGE}")
    kernel.run("sys.path.append('/tmp/packages')")
    assert kernel.value(f"__import__('{MODULE}').VERSION") == VERSION
    assert kernel.value("client.submit(install).result(timeout=60)") == VERSION
    assert sum(path.endswith(".whl") for path in index.paths) == 2
    for expression in ("variables()", "client.submit(variables).result(timeout=60)"):
        assert expected.items() <= kernel.value(expression).items(), expression


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
