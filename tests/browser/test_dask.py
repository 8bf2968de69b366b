"""Dask in the browser: a whole notebook, the dashboard during its computation, JupyterLab's Dask panel."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from local import directory, lifecycle
from local.paths import State
from tests.browser.hub import Hub
from tests.support.person import local_person

pytestmark = pytest.mark.browser

PasswordOf = Callable[[str], str]

START_MS = 60_000
COMPUTE_MS = 90_000

NOTEBOOK = "dask.ipynb"
CELLS = [
    """\
from dask_gateway import Gateway

cluster = Gateway().new_cluster()
cluster.adapt(minimum=0, maximum=2)
client = cluster.get_client()
print(cluster.dashboard_link)""",
    """\
import time
import numpy as np
import xarray as xr
from zarr.storage import MemoryStore

day, lat = np.arange(360.0), np.linspace(-90, 90, 37)
warmth = day[:, None] + lat
store = MemoryStore()
air = xr.DataArray(warmth, {"day": day, "lat": lat}, ("day", "lat"), name="air")
_ = air.to_dataset().to_zarr(store, encoding={"air": {"chunks": (18, 37)}}, consolidated=False)""",
    """\
def heavy(block):
    time.sleep(0.3)
    return block - 2.5

air = xr.open_zarr(store, chunks={}, consolidated=False).air
print("mean", float(xr.apply_ufunc(heavy, air, dask="parallelized", output_dtypes=[float]).mean()))""",
    """\
time.sleep(3)  # the dashboard ends with the cluster
cluster.shutdown()
print("shut down")""",
]
MEAN = "mean 177.0"
"""The mean of days 0 to 359 is 179.5, minus 2.5; the mean of the latitudes is 0."""


def notebook() -> str:
    cells: list[dict[str, object]] = [
        {"cell_type": "code", "id": f"cell-{n}", "metadata": {}, "execution_count": None, "outputs": [], "source": code}
        for n, code in enumerate(CELLS)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture(scope="module")
def server(state: State) -> None:
    """Alice's server, with the notebook in her home."""
    directory.grant(state, "alice", lifecycle.NOTEBOOK_USERS)
    alice = local_person(state, "alice")
    assert alice.log_in() == 200
    alice.start_server()
    alice.write(NOTEBOOK, notebook())


@pytest.fixture
def alice(server: None, hub: Hub, password_of: PasswordOf) -> Hub:
    """A window in which alice has logged in; each test opens JupyterLab itself."""
    hub.log_in("alice", password_of("alice"))
    hub.page.wait_for_url("**/user/alice/lab**", wait_until="commit")
    return hub


def test_a_notebook_computes_on_a_cluster_with_a_dashboard(alice: Hub, context: BrowserContext) -> None:
    outputs = alice.run_all_cells(NOTEBOOK)
    expect(outputs.first).to_contain_text("/status", timeout=START_MS)

    dashboard = Hub(context.new_page(), alice.url, alice.screenshots)
    dashboard.page.goto(alice.url + outputs.first.inner_text().strip())
    expect(dashboard.page.get_by_text("Processing", exact=True)).to_be_visible(timeout=START_MS)
    expect(outputs.nth(1)).to_have_text(MEAN, timeout=COMPUTE_MS)
    dashboard.take_screenshot("dask-dashboard")

    expect(outputs.nth(2)).to_have_text("shut down", timeout=START_MS)


def test_the_dask_panel_creates_and_shuts_down_a_cluster(alice: Hub) -> None:
    alice.open_launcher()
    cluster = alice.create_cluster_in_dask_panel()
    expect(cluster).to_contain_text("GatewayCluster")
    alice.take_screenshot("dask-panel")

    cluster.get_by_role("button", name="SHUTDOWN").click()
    expect(cluster).to_have_count(0)
