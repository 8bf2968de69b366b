"""Chromium that trusts the local authority and resolves the names of the local tenancies to this machine."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from local.paths import State
from local.tenancy import web
from local.tenancy.addresses import INGRESS_ADDRESS
from local.tenancy.credentials import password
from local.tenancy.ingress_ports import ingress_ports
from local.tenancy.pki import authority
from tests.browser.hub import Hub
from tests.browser.second_settings import NAME, SETTINGS, TERMS
from tests.support import second_tenancy
from tests.support.homes import delete_homes
from tests.support.node_capacity import stop_servers
from tests.support.second_tenancy import SecondTenancy

CHROMIUM = "/usr/bin/chromium"
TIMEOUT_MS = 60_000
USERS = ("alice", "bob", "admin")
"""The users of the browser tests."""


@pytest.fixture(scope="session")
def state() -> State:
    return State()


@pytest.fixture(scope="session")
def screenshots(request: pytest.FixtureRequest) -> Path | None:
    """The folder for screenshots; None if the run takes none."""
    folder: Path | None = request.config.getoption("--screenshots-to")
    return folder


@pytest.fixture(scope="module", autouse=True)
def empty_homes(state: State, screenshots: Path | None) -> None:
    """If the run takes screenshots, let each module start with empty homes, so that these show no other files."""
    if screenshots is None:
        return
    stop_servers(state, USERS)
    delete_homes(state, USERS)


@pytest.fixture(scope="session")
def chromium_home(state: State, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder whose certificate database trusts the local authority for web sites."""
    home = tmp_path_factory.mktemp("chromium")
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    location = f"sql:{database}"
    subprocess.run(["certutil", "-N", "-d", location, "--empty-password"], check=True)
    ca = str(authority(state, "tenancy").crt)
    subprocess.run(["certutil", "-A", "-d", location, "-n", "local tenancy", "-t", "C,,", "-i", ca], check=True)
    return home


@pytest.fixture(scope="session")
def browser(state: State, chromium_home: Path) -> Iterator[Browser]:
    # The default of 5 s is too short for a busy machine.
    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            chromium_sandbox=False,
            env={**os.environ, "HOME": str(chromium_home)},
            args=[
                f"--host-resolver-rules={resolver_rules(state)}",
                "--disable-quic",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        yield browser
        browser.close()


def resolver_rules(state: State) -> str:
    """Return the addresses of the names that the browser may look up.

    The second tenancy's URLs have no port, also if the ingress listens on another one than 443.
    """
    ingress, name = f"{INGRESS_ADDRESS}:{ingress_ports(state).https}", second_tenancy.DOMAIN
    rules = (
        f"MAP {web.DOMAIN} {INGRESS_ADDRESS}",
        f"MAP {name} {ingress}",
        f"MAP *.{name} {ingress}",
        "MAP * ~NOTFOUND",
    )
    return ", ".join(rules)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser context without cookies, so that no user is logged in."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(TIMEOUT_MS)
    yield context
    context.close()


@pytest.fixture
def hub(context: BrowserContext, state: State, screenshots: Path | None) -> Hub:
    return Hub(context.new_page(), web.url(state), screenshots)


@pytest.fixture(scope="session")
def second(state: State, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondTenancy]:
    """A second tenancy, whose terms of use alice and the admin have accepted.

    The modules that use it come last in alphabetical order: the local tenancy's users need the room meanwhile.
    """
    with SecondTenancy.clean(state, tmp_path_factory.mktemp("second"), NAME, **SETTINGS) as tenancy:
        tenancy.up()
        tenancy.grant("alice")
        tenancy.wait_for_hub()
        for user in map(tenancy.person, ("alice", "admin")):
            assert user.log_in() == requests.codes.ok
            user.accept_terms(TERMS["version"])
        yield tenancy


@pytest.fixture
def password_of(state: State) -> Callable[[str], str]:
    return lambda user: password(state, "directory", user)
