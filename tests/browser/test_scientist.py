"""A scientist's log-in: refused outside the group, accepted in it; files survive a restart of the server."""

import subprocess
from collections.abc import Callable
from uuid import uuid4

import pytest
import yaml
from playwright.sync_api import expect

from local import directory, lifecycle
from local.paths import PROJECT, State
from local.tenancy import engine
from tests.browser.hub import Hub

pytestmark = pytest.mark.browser

WRITE_NOTES = """\
from pathlib import Path
print(Path("field-notes.txt").write_text("{word}"), 6 * 7)"""

PLOT = """\
import numpy as np
import xarray as xr
lat, lon = np.linspace(-90, 90, 181), np.linspace(0, 360, 361)
warmth = 30 * np.cos(np.radians(lat))[:, None] + 4 * np.sin(np.radians(3 * lon))
air = xr.DataArray(warmth, {"lat": lat, "lon": lon}, ("lat", "lon"), name="air temperature (degC)")
_ = air.plot.contourf(levels=20, figsize=(7, 3))"""

PasswordOf = Callable[[str], str]


@pytest.fixture(autouse=True, scope="module")
def empty_group(state: State) -> None:
    for user in directory.members(state, lifecycle.NOTEBOOK_USERS):
        directory.revoke(state, user, lifecycle.NOTEBOOK_USERS)


def test_a_refused_user_reads_the_name_of_the_group(hub: Hub, password_of: PasswordOf) -> None:
    hub.log_in("alice", password_of("alice"))

    expect(hub.refusal).to_contain_text(
        f"Your password is correct, but alice is not a direct member of the FreeIPA group {lifecycle.NOTEBOOK_USERS}"
    )
    hub.take_screenshot("log-in-refused")


def test_a_granted_user_works_and_keeps_files(hub: Hub, password_of: PasswordOf) -> None:
    subprocess.run(["make", "--no-print-directory", "grant", "USER=alice"], cwd=PROJECT, check=True, timeout=120)
    word = uuid4().hex

    hub.log_in("alice", password_of("alice"))
    hub.wait_for_lab()
    hub.open_launcher()
    hub.take_screenshot("jupyterlab")
    expect(hub.run_cell(WRITE_NOTES.format(word=word)).first).to_have_text("32 42")
    expect(hub.run_cell(PLOT).locator("img")).to_be_visible()
    hub.take_screenshot("cell")

    hub.stop_own_server()
    hub.take_screenshot("control-panel")
    hub.start_own_server()

    expect(hub.run_cell("print(open('field-notes.txt').read())").first).to_have_text(word)
    hub.take_screenshot("file-after-restart")


def test_a_notebook_has_the_configured_cpus_and_memory(hub: Hub, password_of: PasswordOf) -> None:
    config = yaml.safe_load((PROJECT / "stacks" / f"Pulumi.{engine.STACK}.yaml").read_text())["config"]
    ram_bytes = int(config["pangeo:notebookRamGb"] * 1024**3)
    directory.grant(State(), "alice", lifecycle.NOTEBOOK_USERS)
    hub.log_in("alice", password_of("alice"))
    hub.wait_for_lab()

    printed = hub.run_cell("import os; print(os.environ['CPU_LIMIT'], os.environ['MEM_LIMIT'])")

    expect(printed.first).to_have_text(f"{config['pangeo:notebookCpus']:g} {ram_bytes}")


def test_a_wrong_password_is_refused(hub: Hub) -> None:
    hub.log_in("carol", "not-her-password")

    expect(hub.refusal).to_contain_text("Invalid username or password")
