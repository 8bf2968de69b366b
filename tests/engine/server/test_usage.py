"""Disk, memory and CPUs of a server against their limits: a real notebook server, and JupyterLab in Chromium."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from components.chart.server_code import SOURCE
from components.in_hub.home_use import REPORT_PATH
from tests.support.tenancies import tenancy
from tests.support.user_server import TOKEN, UserServer, running_server, write_server_files
from tests.support.waiting import LIMIT_SECONDS, wait_until

pytestmark = pytest.mark.engine

CHROMIUM = "/usr/bin/chromium"
TIMEOUT_MS = 60_000
MIB = 1024**2
GIB = 1024**3
LIMITS = {"MEM_LIMIT": str(64 * GIB), "CPU_LIMIT": "2"}
NO_NEWS = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
"""Setting of JupyterLab in the images: no question whether to read news from the Internet."""

USE_OF_OWN_FILE_SYSTEM = """\
import asyncio, json, os, sys
from dataclasses import asdict
from pangeo_server import home

async def answer(report):
    return {"addFiles": False, "size": 1}

async def main():
    folder = home.Home(sys.argv[1])
    before = await folder.use()
    await folder.report()
    print(json.dumps([before, asdict(await folder.use())]))

home.send = answer
asyncio.run(main())
"""

StartServer = Callable[[int, int], AbstractContextManager[UserServer]]


@pytest.fixture(scope="module")
def screenshots(request: pytest.FixtureRequest) -> Path | None:
    folder: Path | None = request.config.getoption("--screenshots-to")
    return folder


@pytest.fixture(scope="module")
def unit(screenshots: Path | None) -> int:
    """The size of a tenth of a home: the guide's picture has a home of 10 GB."""
    return 10 * MIB if screenshots is None else GIB


@pytest.fixture(scope="module")
def start_used_server(server_python: Path, tmp_path_factory: pytest.TempPathFactory, unit: int) -> StartServer:
    """Return a function that runs a server whose home, a folder of a larger file system, is used to some tenths."""

    @contextmanager
    def start(tenths: int, used: int) -> Iterator[UserServer]:
        folder = tmp_path_factory.mktemp("server")
        home, code = folder / "home", folder / "code"
        (home / ".jupyter" / "labconfig").mkdir(parents=True)
        (home / ".jupyter" / "labconfig" / "page_config.json").write_text(json.dumps(NO_NEWS))
        command = write_server_files(code, tenancy())
        (code / "pangeo_server" / "settings.json").write_text(json.dumps({"home": str(home)}))
        with (home / "results.nc").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, used)
        answers = {f"/hub{REPORT_PATH}": {"addFiles": True, "size": tenths * unit}}
        with running_server(server_python, home, folder, command, LIMITS, answers=answers) as server:
            wait_until(lambda: server.get("pangeo/usage").json()["disk"], server.log)
            yield server

    return start


@pytest.fixture(scope="module")
def server(start_used_server: StartServer, unit: int) -> Iterator[UserServer]:
    """A server with a home of which little is used."""
    with start_used_server(10, unit) as server:
        yield server


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    home = tmp_path_factory.mktemp("chromium")  # Chromium writes files there
    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, chromium_sandbox=False, env={**os.environ, "HOME": str(home)}
        )
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": 1280, "height": 600}, extra_http_headers={"Authorization": f"token {TOKEN}"}
    )
    context.set_default_timeout(TIMEOUT_MS)
    yield context
    context.close()


def open_lab(context: BrowserContext, server: UserServer) -> Page:
    page = context.new_page()
    page.goto(f"{server.url}lab")
    expect(page.locator("#pangeo-usage")).to_contain_text("Disk")
    return page


def save_picture(page: Page, folder: Path | None, name: str) -> None:
    if folder is not None:
        page.screenshot(path=folder / f"{name}.png")


def test_figures_are_those_of_the_home_and_the_container(server: UserServer, unit: int) -> None:
    server.get("pangeo/usage")  # CPU use is measured between two questions
    wait_until(lambda: server.get("pangeo/usage").json()["cpu"]["used"] is not None, server.log)
    usage = server.get("pangeo/usage").json()
    assert usage["disk"]["limit"] == 10 * unit
    assert unit <= usage["disk"]["used"] < unit + 5 * MIB
    assert usage["memory"]["limit"] == 64 * GIB
    assert 20 * MIB < usage["memory"]["used"] < 64 * GIB
    assert usage["cpu"]["limit"] == 2


def test_only_the_user_reads_them(server: UserServer) -> None:
    for path in ("pangeo/usage", "pangeo/usage/help"):
        answer = requests.get(server.url + path, timeout=LIMIT_SECONDS, allow_redirects=False)
        assert answer.status_code in (requests.codes.found, requests.codes.forbidden)


def test_questions_are_no_activity(server: UserServer) -> None:
    """An open window alone does not keep a server running."""
    server.get("api/contents")
    before = server.get("api/status").json()["last_activity"]
    assert server.get("pangeo/usage").ok
    assert server.get("api/status").json()["last_activity"] == before


def test_home_with_its_own_file_system_needs_no_addition(server_python: Path, tmp_path: Path) -> None:
    command = [str(server_python), "-P", "-c", USE_OF_OWN_FILE_SYSTEM, str(tmp_path)]
    done = subprocess.run(
        command, env={"PYTHONPATH": str(SOURCE)}, capture_output=True, check=True, timeout=LIMIT_SECONDS
    )
    before, use = json.loads(done.stdout)
    found = os.statvfs(tmp_path)
    assert before is None
    assert use["limit"] - use["used"] == pytest.approx(found.f_bavail * found.f_frsize, rel=0.1)


def test_low_use_is_shown_without_a_warning(context: BrowserContext, server: UserServer, unit: int) -> None:
    page = open_lab(context, server)
    limit = "10 GB" if unit == GIB else "100 MB"
    expect(page.locator("#pangeo-usage [data-kind=disk]")).to_have_text(re.compile(rf"^Disk 1\d?(\.\d)? of {limit}$"))
    expect(page.locator("#pangeo-usage [data-kind=memory]")).to_contain_text(" of 64 GB")
    expect(page.locator("#pangeo-usage [data-kind=cpu]")).to_contain_text(" of 2")
    expect(page.locator("#pangeo-usage [data-high]")).to_have_count(0)
    assert "nearly full" not in page.locator("body").inner_text()


def test_nearly_full_disk_is_marked_and_explained_once(
    context: BrowserContext, start_used_server: StartServer, unit: int, screenshots: Path | None
) -> None:
    disk = r"9\.4 of 10 GB" if unit == GIB else r"94(\.\d)? of 100 MB"
    with start_used_server(10, int(9.4 * unit)) as server:
        page = open_lab(context, server)
        expect(page.locator("#pangeo-usage [data-high]")).to_have_text(re.compile(f"^⚠ Disk {disk}$"))
        message = page.locator(".Toastify__toast").filter(has_text="Disk is nearly full")
        expect(message).to_contain_text(
            re.compile(
                f"^Disk is nearly full: {disk}. Once full, no file can be saved. Delete files, or ask your "
                "administrator for a larger home."
            )
        )
        message.get_by_role("button", name="What to do").click(trial=True)  # waits until the message stands still
        save_picture(page, screenshots, "usage-warning")
        with context.expect_page() as opened:
            message.get_by_role("button", name="What to do").click()
        expect(opened.value.locator("#disk")).to_have_text("The disk is nearly full")
        opened.value.close()

        page.reload()
        expect(page.locator("#pangeo-usage [data-high]")).to_be_visible()
        expect(page.locator("#jp-main-dock-panel")).to_be_visible()
        expect(message).to_have_count(0)
