"""A scientist's way in: refused before the group, at work after it, her file there after a restart."""

import subprocess
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from local import directory
from local.paths import PROJECT, State
from tests.browser.hub import Hub

pytestmark = pytest.mark.browser

GROUP = "local_notebook_users"
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
def nobody_in_the_group(state: State) -> None:
    for user in directory.members(state, GROUP):
        directory.revoke(state, user, GROUP)


def test_a_directory_user_outside_the_group_is_refused_and_told_which_group(hub: Hub, password_of: PasswordOf) -> None:
    hub.log_in("alice", password_of("alice"))

    expect(hub.refusal).to_contain_text(
        f"Your password is correct, but alice is not a direct member of the FreeIPA group {GROUP}"
    )
    hub.picture("log-in-refused")


def test_after_make_grant_she_works_and_finds_her_file_again(hub: Hub, password_of: PasswordOf) -> None:
    subprocess.run(["make", "--no-print-directory", "grant", "USER=alice"], cwd=PROJECT, check=True, timeout=120)
    word = uuid4().hex

    hub.log_in("alice", password_of("alice"))
    hub.wait_for_lab()
    hub.open_launcher()
    hub.picture("jupyterlab")
    expect(hub.run_cell(WRITE_NOTES.format(word=word)).first).to_have_text("32 42")
    expect(hub.run_cell(PLOT).locator("img")).to_be_visible()
    hub.picture("cell")

    hub.stop_own_server()
    hub.picture("control-panel")
    hub.start_own_server()

    expect(hub.run_cell("print(open('field-notes.txt').read())").first).to_have_text(word)
    hub.picture("file-after-restart")


def test_the_notebook_has_the_cpus_and_memory_of_the_stack_file(hub: Hub, password_of: PasswordOf) -> None:
    directory_grant(hub, password_of)

    seen = hub.run_cell("import os; print(os.environ['CPU_LIMIT'], os.environ['MEM_LIMIT'])")

    expect(seen.first).to_have_text(f"0.5 {1024**3}")


def directory_grant(hub: Hub, password_of: PasswordOf) -> None:
    directory.grant(State(), "alice", GROUP)
    hub.log_in("alice", password_of("alice"))
    hub.wait_for_lab()


def test_a_wrong_password_is_refused(hub: Hub) -> None:
    hub.log_in("carol", "not-her-password")

    expect(hub.refusal).to_contain_text("Invalid username or password")
