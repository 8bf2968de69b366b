"""Announcements, the community's name, logo and links, and the terms of use, as users of a real tenancy see them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from components.cli.terms import PROGRAM
from tests.browser.hub import Hub
from tests.browser.second_settings import ANNOUNCEMENTS, BRANDING, NEXT_ANNOUNCEMENTS, TERMS, URL
from tests.support.second_tenancy import SecondTenancy
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser

PasswordOf = Callable[[str], str]


@pytest.fixture
def window(second: SecondTenancy, context: BrowserContext, screenshots: Path | None) -> Hub:
    """A window at the tenancy's hub, in which no user is logged in."""
    del second  # it runs
    return Hub(context.new_page(), URL, screenshots)


def pods(tenancy: SecondTenancy) -> list[str]:
    """Return the UID and the restarts of each pod."""
    each = "{.metadata.uid} {.status.containerStatuses[*].restartCount}"
    listed = tenancy.kubectl("get", "pods", "--output", f"jsonpath={{range .items[*]}}{each}{{'\\n'}}{{end}}")
    return sorted(listed.splitlines())


def test_name_logo_and_links_are_visible(window: Hub) -> None:
    page = window.page
    page.goto(f"{URL}/hub/login")

    expect(page).to_have_title(BRANDING["name"])
    expect(page.locator(".navbar-brand")).to_contain_text(BRANDING["name"])
    assert page.locator("img.own-logo").evaluate("image => image.complete && image.naturalWidth > 0")
    expect(page.get_by_role("link", name="Help")).to_have_attribute("href", BRANDING["links"][0]["url"])
    expect(page.get_by_role("link", name="Terms of use")).to_be_visible()


def test_terms_come_first_and_are_recorded(second: SecondTenancy, window: Hub, password_of: PasswordOf) -> None:
    began, page = datetime.now(UTC).replace(microsecond=0), window.page
    second.grant("bob")

    window.log_in("bob", password_of("bob"), "/hub/home")
    page.wait_for_url(f"{URL}/hub/terms?next=%2Fhub%2Fhome")
    page.goto(f"{URL}/hub/spawn")
    page.wait_for_url(f"{URL}/hub/terms?next=%2Fhub%2Fspawn")
    page.goto(f"{URL}/hub/home")
    expect(page.get_by_text("Use this service for research only.")).to_be_visible()
    page.get_by_label("I have read these terms of use").check()
    window.take_screenshot("terms-of-use")
    page.get_by_role("button", name="Accept and continue").click()

    page.wait_for_url(f"{URL}/hub/home")
    recorded = json.loads(second.kubectl("exec", "deployment/hub", "--container=hub", "--", *PROGRAM))
    [record] = [each for each in recorded if each["user"] == "bob"]
    assert record["version"] == TERMS["version"]
    assert began <= datetime.fromisoformat(record["time"]) <= datetime.now(UTC)


def test_announcements_change_without_a_restart(second: SecondTenancy, window: Hub, password_of: PasswordOf) -> None:
    page, [present, past], [following] = window.page, ANNOUNCEMENTS, NEXT_ANNOUNCEMENTS
    before = pods(second)
    assert before

    def shown(path: str) -> list[str]:
        """Return which announcements a page shows."""
        page.goto(f"{URL}{path}")
        text = page.locator("body").inner_text()
        return [each["text"] for each in (present, past, following) if each["text"] in text]

    wait_until(lambda: shown("/hub/login") == [present["text"]], page.content)
    window.take_screenshot("announcement")
    window.log_in("alice", password_of("alice"), "/hub/home")
    page.wait_for_url(f"{URL}/hub/home")
    assert shown("/hub/home") == [present["text"]]

    second.write_stack_file(announcements=NEXT_ANNOUNCEMENTS)
    second.up()

    wait_until(lambda: shown("/hub/home") == [following["text"]], page.content)
    assert pods(second) == before
