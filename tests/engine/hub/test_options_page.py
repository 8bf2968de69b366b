"""The page on which users choose a profile, an image and a size, in Chromium on a real hub."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.engine.hub.conftest import CreateNamespace, StartHub, ValuesFor
from tests.engine.hub.deployments import Deployment
from tests.support.hub_users import PASSWORD, People

pytestmark = pytest.mark.engine

CHROMIUM = "/usr/bin/chromium"
TIMEOUT_MS = 60_000
DESK, PHONE = {"width": 1280, "height": 600}, {"width": 360, "height": 740}
PROFILES: list[dict[str, Any]] = [
    {"name": "Standard", "description": "For courses and small data", "default": True},
    {
        "name": "Research",
        "description": "Choose the software and the size",
        "images": [
            {"name": "Pangeo", "image": "quay.io/pangeo/pangeo-notebook:2026.06.04"},
            {"name": "Machine learning", "image": "quay.io/pangeo/ml-notebook:2026.06.04"},
        ],
        "customImages": {"pattern": "registry.example.org/ocean/*"},
        "sizes": [
            {"name": "Small", "cpus": 1, "ramGb": 4, "default": True},
            {"name": "Large", "cpus": 8, "ramGb": 32},
        ],
    },
]
OWN = "registry.example.org/ocean/nemo:2.1"

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def deployment(start_hub: StartHub, values_for: ValuesFor, create_namespace: CreateNamespace) -> Iterator[Deployment]:
    namespace, environment = create_namespace("hub-tests-options-page")
    with start_hub(values_for(notebook={"profiles": PROFILES}), environment) as hub:
        yield Deployment(hub, namespace)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    home = tmp_path_factory.mktemp("chromium")  # Chromium writes files there
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, chromium_sandbox=False, env={**os.environ, "HOME": str(home)}
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, deployment: Deployment, people: People) -> Iterator[OpenPage]:
    """Return a function that logs a user in and opens the page; its scripts must have no errors."""
    del people  # they are in the directory
    errors: list[str] = []
    contexts = []

    def open_page(user: str, viewport: dict[str, int]) -> Page:
        context = browser.new_context(viewport={"width": viewport["width"], "height": viewport["height"]})
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        # Chromium reports expressions that browsers cannot read as errors of the console.
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        page.goto(f"{deployment.hub.url}/hub/login?next=%2Fhub%2Fspawn")
        page.get_by_label("Username").fill(user)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("radio", name="Standard")).to_be_checked(timeout=TIMEOUT_MS)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def save_picture(request: pytest.FixtureRequest, page: Page, name: str) -> None:
    folder: Path | None = request.config.getoption("--screenshots-to")
    if folder is not None:
        page.screenshot(path=folder / f"{name}.png", full_page=True)


def test_user_chooses_an_image_of_their_own(
    open_page: OpenPage, deployment: Deployment, request: pytest.FixtureRequest
) -> None:
    page = open_page("anna", DESK)
    image, written = page.get_by_label("Image", exact=True), page.get_by_label("Your image")
    expect(image).to_be_hidden()

    page.get_by_text("Research", exact=True).click()
    expect(image).to_be_visible()
    expect(written).to_be_hidden()
    page.get_by_label("Size").select_option("Large (8 CPUs, 32 GB)")
    save_picture(request, page, "server-options")

    image.select_option("Another image …")
    written.fill("registry.example.org/ocean/nemo")
    page.get_by_role("button", name="Start").click()
    assert written.evaluate("field => field.validity.patternMismatch")

    written.fill(f" {OWN} ")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/hub/spawn-pending/**", timeout=TIMEOUT_MS)
    container = deployment.namespace.pod("anna")["spec"]["containers"][0]
    assert (container["image"], container["resources"]["limits"]["cpu"]) == (OWN, "8")


def test_invalid_text_in_a_hidden_field_does_not_prevent_the_start(open_page: OpenPage, deployment: Deployment) -> None:
    page = open_page("mona", DESK)
    page.get_by_text("Research", exact=True).click()
    page.get_by_label("Image", exact=True).select_option("Another image …")
    page.get_by_label("Your image").fill("no image")

    page.get_by_label("Image", exact=True).select_option("Machine learning")
    page.get_by_role("button", name="Start").click()

    page.wait_for_url("**/hub/spawn-pending/**", timeout=TIMEOUT_MS)
    assert deployment.namespace.pod("mona")["spec"]["containers"][0]["image"].startswith("quay.io/pangeo/ml-notebook")


def test_page_fits_a_phone_and_needs_no_mouse(open_page: OpenPage, request: pytest.FixtureRequest) -> None:
    page = open_page("1eve", PHONE)

    page.get_by_role("radio", name="Standard").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Research")).to_be_checked()
    page.keyboard.press("Tab")
    expect(page.get_by_role("combobox", name="Image")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("textbox", name="Your image")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    save_picture(request, page, "server-options-phone")
