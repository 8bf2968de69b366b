"""Dask clusters match the server of the user who starts them, on a second tenancy with a profile of another image."""

import json
from collections.abc import Iterator

import pytest

from local.cluster.names import CONTAINERD_SOCKET
from local.images import loader
from local.images.definitions import NOTEBOOK, REPOSITORY
from local.paths import State
from tests.support.dask import CLEAN_UP_SECONDS
from tests.support.kernel import Kernel, KernelRaised
from tests.support.node_capacity import stop_admin_server
from tests.support.second_tenancy import SecondTenancy
from tests.support.user_guide import printed_code

pytestmark = pytest.mark.cluster

NAME = "dask-match"
OTHER_IMAGE = f"{REPOSITORY}/notebook:other"
"""The notebook image under another tag."""

START_SECONDS = 180
KEY = {"secret": "store-keys", "key": "access"}
SETTINGS = {
    # Besides the notebooks of the local tenancy, two cores hold only a small one.
    "notebookCpus": 0.2,
    "notebookRamGb": 0.5,
    "notebook": {
        "image": NOTEBOOK.reference,
        "prePull": False,
        "environment": {"STORE_REGION": "of ${all} {servers}", "STORE_ACCESS": KEY},
        "profiles": [{"name": "Usual"}, {"name": "Other", "image": OTHER_IMAGE}],
    },
    "dask": {
        "schedulerRamGb": 0.5,
        "cpuRequest": 0.02,
        "workerRamGb": {"min": 0.25, "default": 0.5, "max": 4},
    },
}

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
def tenancy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondTenancy]:
    state = State()
    loader.tag(state, str(CONTAINERD_SOCKET), NOTEBOOK.reference, OTHER_IMAGE)
    tenancy = SecondTenancy(state, tmp_path_factory.mktemp("second"), NAME, **SETTINGS)
    tenancy.wipe()
    stop_admin_server(state)
    tenancy.up()
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": KEY["secret"]},
        "stringData": {KEY["key"]: "a key $(HOME)"},
    }
    tenancy.kubectl("apply", "--filename=-", stdin=json.dumps(secret))
    yield tenancy
    tenancy.wipe()


@pytest.fixture(scope="module")
def kernel(tenancy: SecondTenancy) -> Iterator[Kernel]:
    """A kernel on alice's server, which she has started with the profile of another image."""
    tenancy.grant("alice")
    tenancy.wait_for_hub()
    alice = tenancy.person("alice")
    assert alice.log_in() == 200
    alice.call("POST", "/hub/api/users/alice/server", {"profile": "other"}).raise_for_status()
    alice.start_server()
    with Kernel(alice) as kernel:
        yield kernel


def images(tenancy: SecondTenancy, selector: str) -> list[str]:
    """Return the images of the first containers of the pods with these labels."""
    path = "jsonpath={.items[*].spec.containers[0].image}"
    return tenancy.kubectl("get", "pods", "--selector", selector, "--output", path).split()


def test_workers_have_image_and_variables_of_the_users_server(tenancy: SecondTenancy, kernel: Kernel) -> None:
    assert images(tenancy, "component=singleuser-server") == [OTHER_IMAGE]

    kernel.run(printed_code("options.environment"), START_SECONDS)
    for count in (1, 2):  # the second worker starts later
        kernel.run(WORKERS.format(count=count, timeout=START_SECONDS), START_SECONDS)
    kernel.run(SEEN)

    dask = "app.kubernetes.io/component in (dask-scheduler, dask-worker)"
    assert images(tenancy, dask) == [OTHER_IMAGE] * 3
    seen = kernel.value("list(seen.values())")
    assert seen == [["0", "of ${all} {servers}", "a key $(HOME)"]] * 2
    assert kernel.value("here") == [None, *seen[0][1:]]
    kernel.run("cluster.shutdown()", CLEAN_UP_SECONDS)


def test_notebook_that_names_another_image_learns_the_approved_ones(kernel: Kernel) -> None:
    with pytest.raises(KernelRaised) as refused:
        kernel.run("gateway.new_cluster(image='pangeo/pangeo-notebook:2020.01.01')")

    assert (
        "image is 'pangeo/pangeo-notebook:2020.01.01', which is not approved here; leave image out to use that of your "
        f"server, {OTHER_IMAGE}, or write one of: {NOTEBOOK.reference}"
    ) in str(refused.value)
