"""Chromium as a person has it: the local authority in its trust store, the hub's name resolved to this machine."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from local.paths import PROJECT, State
from local.tenancy import web
from local.tenancy.credentials import password
from local.tenancy.pki import authority
from tests.browser.hub import Hub

CHROMIUM = "/usr/bin/chromium"
IMAGES = PROJECT / "docs" / "images"
PATIENCE_MS = 60_000


@pytest.fixture(scope="session")
def state() -> State:
    return State()


@pytest.fixture(scope="session")
def chromium_home(state: State, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder whose certificate database trusts the local authority for web sites."""
    home = tmp_path_factory.mktemp("chromium")
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    where = f"sql:{database}"
    subprocess.run(["certutil", "-N", "-d", where, "--empty-password"], check=True)
    ca = str(authority(state, "tenancy").crt)
    subprocess.run(["certutil", "-A", "-d", where, "-n", "local tenancy", "-t", "C,,", "-i", ca], check=True)
    return home


@pytest.fixture(scope="session")
def browser(chromium_home: Path) -> Iterator[Browser]:
    # By themselves expectations wait no longer than 5 s, whatever else runs.
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            chromium_sandbox=False,
            env={**os.environ, "HOME": str(chromium_home)},
            args=[
                "--host-resolver-rules=MAP pangeo.127-0-0-1.sslip.io 127.0.0.1, MAP * ~NOTFOUND",
                "--disable-quic",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without cookies: a person who has not logged in."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def hub(context: BrowserContext, state: State) -> Hub:
    return Hub(context.new_page(), web.url(state), IMAGES)


@pytest.fixture
def password_of(state: State) -> Callable[[str], str]:
    return lambda user: password(state, "directory", user)
