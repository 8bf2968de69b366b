"""What the FreeIPA user `admin` can do in the hub: see everybody, start and stop servers, name more admins."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from local import directory
from local.paths import State
from tests.browser.hub import SERVER_START_MS, Hub

pytestmark = pytest.mark.browser

GROUP = "local_notebook_users"
PasswordOf = Callable[[str], str]


@pytest.fixture(autouse=True, scope="module")
def alice_and_bob_in_the_group(state: State) -> None:
    for user in ("alice", "bob"):
        directory.grant(state, user, GROUP)


def test_admin_starts_opens_and_stops_a_users_server(
    hub: Hub, context: BrowserContext, password_of: PasswordOf
) -> None:
    hub.log_in("admin", password_of("admin"))
    alice = hub.admin_row("alice")
    hub.picture("admin-panel")
    if alice.get_by_role("button", name="Stop Server").is_visible():
        alice.get_by_role("button", name="Stop Server").click()
    alice.get_by_role("button", name="Start Server").click()
    expect(alice.get_by_role("button", name="Access Server")).to_be_visible(timeout=SERVER_START_MS)

    alice.get_by_role("button", name="Access Server").click()
    hub.page.wait_for_url("**/user/alice/**", timeout=SERVER_START_MS)
    hub.wait_for_lab()
    hub.picture("admin-in-alices-server")

    alice = hub.admin_row("alice")
    alice.get_by_role("button", name="Stop Server").click()
    expect(alice.get_by_role("button", name="Start Server")).to_be_visible(timeout=SERVER_START_MS)


def test_edit_user_makes_bob_an_admin_who_then_sees_the_admin_tab(
    hub: Hub, context: BrowserContext, password_of: PasswordOf
) -> None:
    bob = Hub(context.new_page(), hub.url, hub.images)
    bob.log_in("bob", password_of("bob"))
    bob.wait_for_lab()
    bob.page.goto(f"{hub.url}/hub/home")
    if bob.page.get_by_role("link", name="Admin").is_visible():
        pytest.fail("bob is an admin already")
    context.clear_cookies()

    hub.log_in("admin", password_of("admin"))
    hub.admin_row("bob").get_by_role("button", name="Edit User").click()
    hub.page.get_by_label("Admin").check()
    hub.picture("edit-user")
    hub.page.get_by_role("button", name="Apply").click()
    hub.admin_row("bob")
    context.clear_cookies()

    bob.log_in("bob", password_of("bob"))
    bob.page.goto(f"{hub.url}/hub/home")
    expect(bob.page.get_by_role("link", name="Admin")).to_be_visible()
    bob.picture("bob-sees-admin-tab")
