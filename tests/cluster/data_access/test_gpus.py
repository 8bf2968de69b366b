"""GPUs of a server and of Dask workers on a node that advertises two: for a group only, and not more than there are."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.data_access.settings import GPU_COUNT, GPU_PROFILE, GPU_RESOURCE
from tests.support.dask import CLEAN_UP_SECONDS
from tests.support.kernel import Kernel, KernelRaised
from tests.support.node_devices import advertised_devices
from tests.support.notebook_user import START_SECONDS, NotebookUser
from tests.support.person import Person
from tests.support.second_tenancy import SecondTenancy
from tests.support.user_guide import printed_code

pytestmark = pytest.mark.cluster

ANOTHER_CLUSTER = """\
another = gateway.new_cluster(worker_gpus=1)
try:
    another.scale(1)
except Exception as error:
    refusal = str(error)
finally:
    another.shutdown()
"""


@pytest.fixture(scope="module", autouse=True)
def _devices(tenancy: SecondTenancy) -> Iterator[None]:
    with advertised_devices(tenancy.state, GPU_RESOURCE, GPU_COUNT):
        yield


@pytest.fixture(scope="module")
def carol(tenancy: SecondTenancy) -> Iterator[Person]:
    """The member of the group, whose server has a GPU."""
    carol = tenancy.start_server("carol", GPU_PROFILE)
    yield carol
    carol.stop_server()


@pytest.fixture(scope="module")
def kernel(carol: Person) -> Iterator[Kernel]:
    """A kernel on carol's server, with the cluster that the user guide's code creates."""
    with Kernel(carol) as kernel:
        kernel.run(printed_code("worker_gpus"), START_SECONDS)
        yield kernel
        kernel.run("cluster.shutdown()", CLEAN_UP_SECONDS)


def pods(tenancy: SecondTenancy, selector: str) -> list[dict[str, Any]]:
    """Return the pods with these labels."""
    found: list[dict[str, Any]] = json.loads(
        tenancy.kubectl("get", "pods", "--selector", selector, "--output", "json")
    )["items"]
    return found


def gpus(pod: dict[str, Any]) -> list[str | None]:
    """Return the request and the limit of a pod."""
    resources = pod["spec"]["containers"][0]["resources"]
    return [resources[part].get(GPU_RESOURCE) for part in ("requests", "limits")]


def test_server_of_a_member_has_a_gpu(tenancy: SecondTenancy, carol: Person) -> None:
    [pod] = pods(tenancy, f"hub.jupyter.org/username={carol.user}")

    assert pod["status"]["phase"] == "Running"
    assert gpus(pod) == ["1", "1"]


def test_worker_has_a_gpu_and_tasks_can_ask_for_it(tenancy: SecondTenancy, kernel: Kernel) -> None:
    assert kernel.value("future.result(timeout=60)") == "a task on a worker with a GPU"

    cluster = kernel.value("cluster.name").rpartition(".")[2]
    found = {
        pod["metadata"]["labels"]["app.kubernetes.io/component"]: gpus(pod)
        for pod in pods(tenancy, f"gateway.dask.org/cluster={cluster}")
    }
    assert found == {"dask-scheduler": [None, None], "dask-worker": ["1", "1"]}
    assert kernel.value("[each['resources'] for each in client.scheduler_info()['workers'].values()]") == [{"GPU": 1}]


def test_more_gpus_than_the_clusters_share_are_refused(kernel: Kernel) -> None:
    with pytest.raises(KernelRaised, match="need 2 GPUs, but only 1 of the 2 that all users' clusters share are free"):
        kernel.run("gateway.new_cluster(worker_gpus=2)")


def test_gpu_that_no_node_has_left_is_reported(kernel: Kernel) -> None:
    kernel.run(ANOTHER_CLUSTER, START_SECONDS)

    refusal = kernel.value("refusal")
    assert "No node has room for the worker of your Dask cluster" in refusal
    assert f"Insufficient {GPU_RESOURCE}" in refusal
    assert "fewer worker_gpus" in refusal


def test_others_are_refused_in_the_gateway_and_in_the_hub(tenancy: SecondTenancy, bob: NotebookUser) -> None:
    with Kernel(bob.person) as kernel:
        kernel.run("from dask_gateway import Gateway\ngateway = Gateway()")
        assert "worker_gpus" not in kernel.value("list(gateway.cluster_options())")
        with pytest.raises(KernelRaised, match="worker_gpus is only for members of data_access_gpus"):
            kernel.run("gateway.new_cluster(worker_gpus=1)")
    bob.person.stop_server()

    page = bob.person.page_of_refused_start(GPU_PROFILE)

    assert f"the profile {GPU_PROFILE} is not offered to you" in page
    assert pods(tenancy, f"hub.jupyter.org/username={bob.name}") == []
    bob.person.start_server()
