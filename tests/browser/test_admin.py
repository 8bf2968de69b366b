"""The FreeIPA user `admin` in the hub: lists users, starts and stops their servers, appoints admins."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from local import directory, lifecycle
from local.paths import State
from tests.browser.hub import SERVER_START_MS, Hub

pytestmark = pytest.mark.browser

PasswordOf = Callable[[str], str]


@pytest.fixture(autouse=True, scope="module")
def members(state: State) -> None:
    for user in ("alice", "bob"):
        directory.grant(state, user, lifecycle.NOTEBOOK_USERS)


def test_admin_starts_opens_and_stops_a_users_server(
    hub: Hub, context: BrowserContext, password_of: PasswordOf
) -> None:
    hub.log_in("admin", password_of("admin"))
    hub.page.wait_for_url("**/user/admin/**", timeout=SERVER_START_MS)
    if hub.admin_row("alice").get_by_role("button", name="Stop Server").is_visible():
        hub.admin_row("alice").get_by_role("button", name="Stop Server").click()
    alice = hub.admin_row_with("alice", "Start Server")
    hub.take_screenshot("admin-panel")
    alice.get_by_role("button", name="Start Server").click()
    alice = hub.admin_row_with("alice", "Access Server")

    alice.get_by_role("button", name="Access Server").click()
    hub.page.get_by_role("button", name="Authorize").click()
    hub.page.wait_for_url("**/user/alice/**", timeout=SERVER_START_MS)
    hub.wait_for_lab()
    hub.open_launcher()
    hub.take_screenshot("admin-in-alices-server")

    hub.admin_row_with("alice", "Stop Server").get_by_role("button", name="Stop Server").click()
    hub.admin_row_with("alice", "Start Server")


def test_edit_user_makes_bob_an_admin_with_the_admin_tab(
    hub: Hub, context: BrowserContext, password_of: PasswordOf
) -> None:
    bob = Hub(context.new_page(), hub.url, hub.screenshots)
    bob.log_in("bob", password_of("bob"))
    bob.page.wait_for_url("**/user/bob/**", timeout=SERVER_START_MS)
    context.clear_cookies()

    hub.log_in("admin", password_of("admin"))
    hub.page.wait_for_url("**/user/admin/**", timeout=SERVER_START_MS)
    hub.edit_user("bob", admin=False)
    assert not admin_tab_of_bob(bob, context, password_of).is_visible()

    context.clear_cookies()
    hub.log_in("admin", password_of("admin"))
    hub.edit_user("bob", admin=True, screenshot="edit-user")
    expect(admin_tab_of_bob(bob, context, password_of)).to_be_visible()
    bob.take_screenshot("bob-sees-admin-tab")


def admin_tab_of_bob(bob: Hub, context: BrowserContext, password_of: PasswordOf) -> Locator:
    context.clear_cookies()
    bob.log_in("bob", password_of("bob"))
    bob.page.goto(f"{bob.url}/hub/home")
    expect(bob.page.get_by_role("link", name="Home")).to_be_visible()
    return bob.page.get_by_role("link", name="Admin")
