"""Dask clusters match the server of the user who starts them, which has a profile of another image."""

from collections.abc import Iterator

import pytest

from local.images.definitions import NOTEBOOK, PANGEO
from tests.cluster.data_access.pangeo_like import CLIENT, GATEWAY
from tests.cluster.data_access.settings import ACCESS, OTHER_IMAGE, REGION_TEXT, pulled
from tests.support.dask import CLEAN_UP_SECONDS
from tests.support.kernel import Kernel, KernelRaised
from tests.support.notebook_user import START_SECONDS, NotebookUser
from tests.support.second_tenancy import SecondTenancy
from tests.support.user_guide import printed_code

pytestmark = pytest.mark.cluster

WORKERS = """\
cluster.scale({count})
client = cluster.get_client()
client.wait_for_workers({count}, timeout={timeout})
"""
SEEN = """\
import os
names = ("MALLOC_TRIM_THRESHOLD_", "STORE_REGION", "STORE_ACCESS")
seen = client.run(lambda: [os.environ.get(name) for name in names])
here = [os.environ.get(name) for name in names]
"""


@pytest.fixture(scope="module")
def kernel(alice: NotebookUser) -> Iterator[Kernel]:
    """A kernel on alice's server, with the cluster that the user guide's code creates."""
    with Kernel(alice.person) as kernel:
        kernel.run(printed_code("options.environment"), START_SECONDS)
        yield kernel
        kernel.run("cluster.shutdown()", CLEAN_UP_SECONDS)


def images(tenancy: SecondTenancy, selector: str) -> list[str]:
    """Return the images of the first containers of the pods with these labels."""
    path = "jsonpath={.items[*].spec.containers[0].image}"
    return tenancy.kubectl("get", "pods", "--selector", selector, "--output", path).split()


def test_workers_have_image_and_variables_of_the_users_server(tenancy: SecondTenancy, kernel: Kernel) -> None:
    assert images(tenancy, "component=singleuser-server,hub.jupyter.org/username=alice") == [pulled(OTHER_IMAGE)]

    for count in (1, 2):  # the second worker starts later
        kernel.run(WORKERS.format(count=count, timeout=START_SECONDS), START_SECONDS)
    kernel.run(SEEN)

    cluster = kernel.value("cluster.name").rpartition(".")[2]
    assert images(tenancy, f"gateway.dask.org/cluster={cluster}") == [pulled(OTHER_IMAGE)] * 3
    seen = kernel.value("list(seen.values())")
    assert seen == [["0", REGION_TEXT, ACCESS]] * 2
    assert kernel.value("here") == [None, *seen[0][1:]]


def test_server_and_cluster_run_in_the_environment_of_an_image_like_pangeos(kernel: Kernel) -> None:
    kernel.run(WORKERS.format(count=2, timeout=START_SECONDS), START_SECONDS)
    kernel.run("""\
import os
def environment():
    return [os.environ["PATH"].split(":")[0], os.environ["PANGEO_ENV"], os.getuid(), os.getgid(), os.getcwd()]
seen = [environment(), client.run_on_scheduler(environment), *client.run(environment).values()]
""")

    here = ["/srv/conda/envs/notebook/bin", "pangeo-notebook", 1000, 1000, "/home/jovyan"]
    assert kernel.value("seen") == [here] * 4, "notebook, scheduler and two workers"
    assert kernel.value("gateway.get_versions()") == {"server": {"version": GATEWAY}, "client": {"version": CLIENT}}


def test_operator_learns_of_the_older_client(tenancy: SecondTenancy, kernel: Kernel) -> None:
    del kernel  # its cluster works all the same
    found = tenancy.results("images")

    assert found[NOTEBOOK.reference]["status"] == found[PANGEO.reference]["status"] == "good"
    assert found[OTHER_IMAGE]["status"] == "warning"
    assert found[OTHER_IMAGE]["message"].startswith(
        f"has dask-gateway {CLIENT}, but the tenancy's gateway has {GATEWAY}; "
    )


def test_notebook_that_names_another_image_learns_the_approved_ones(kernel: Kernel) -> None:
    with pytest.raises(KernelRaised) as refused:
        kernel.run("gateway.new_cluster(image='pangeo/pangeo-notebook:2020.01.01')")

    assert (
        "image is 'pangeo/pangeo-notebook:2020.01.01', which is not approved here; leave image out to use that of your "
        f"server, {OTHER_IMAGE}, or write one of: {NOTEBOOK.reference}"
    ) in str(refused.value)
