"""A tenancy with ``ingress.userSubdomains``, as browsers see it: one origin for the hub and one for each user's server.

Hosts, cookies and requests across origins are real: Chromium, Traefik with a wildcard host, a wildcard certificate. The
tenancy is deployed without the setting, and changed while alice's server is running; the first test restarts it for the
others.
"""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, expect

from components.in_hub.messages import former_host
from local import directory, lifecycle
from local.paths import State
from local.tenancy import web
from tests.browser.hub import SERVER_START_MS, Hub
from tests.browser.second_settings import ONE_HOST
from tests.support.second_tenancy import DOMAIN, SecondTenancy

pytestmark = pytest.mark.browser

USERS_HOSTS = {**ONE_HOST, "userSubdomains": True}
ALICES_HOST = f"alice.{DOMAIN}"
HUB_COOKIE = "jupyterhub-hub-login"
DASHBOARD_MS = 60_000

READ = """async url => {
  const token = /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie)?.[1] ?? ""
  try {
    const answer = await fetch(url, {credentials: "include", headers: token ? {"X-XSRFToken": token} : {}})
    return `${answer.status} ${await answer.text()}`
  } catch (failure) {
    return failure.name
  }
}"""
"""Script that requests a page of the hub with the visitor's cookies and returns what it can read of the answer."""

SEND = """async url => {
  await fetch(url, {method: "POST", mode: "no-cors", credentials: "include"})
}"""
"""Script that sends a request to the hub with the visitor's cookies; it cannot read the answer."""

SET_COOKIE = """name => {
  for (const domain of ["", "; Domain=%s"]) document.cookie = `${name}=forged; Path=/; Secure${domain}`
}"""
"""Script that tries to set a cookie, for its own host and for the hub's."""

PasswordOf = Callable[[str], str]


@pytest.fixture(scope="module")
def tenancy(second: SecondTenancy) -> SecondTenancy:
    """The tenancy after the change, with alice's server of the time before it."""
    second.start_server("alice")
    pod = alices_pod(second)
    second.write_stack_file(ingress=USERS_HOSTS)
    second.up()
    second.wait_for_hub()
    assert alices_pod(second) == pod, "the change has restarted alice's server"
    return second


def alices_pod(tenancy: SecondTenancy) -> str:
    return tenancy.kubectl("get", "pod", "jupyter-alice", "--output", "jsonpath={.metadata.uid} {.status.phase}")


@pytest.fixture
def pages(tenancy: SecondTenancy, context: BrowserContext) -> Hub:
    """A window at the tenancy's hub, in which no user is logged in."""
    return Hub(context.new_page(), f"https://{DOMAIN}", None)


@pytest.fixture
def alice(pages: Hub, password_of: PasswordOf) -> Hub:
    """A window with alice's JupyterLab, to which the log-in at the hub's host has led."""
    pages.log_in("alice", password_of("alice"))
    pages.wait_for_lab()
    return pages


@pytest.fixture
def admin(pages: Hub, password_of: PasswordOf) -> Hub:
    """A window with the hub's page Home, in which the admin is logged in; the admin has no server."""
    pages.log_in("admin", password_of("admin"), "/hub/home")
    pages.page.wait_for_url(f"https://{DOMAIN}/hub/home")
    return pages


def host(pages: Hub) -> str:
    return urlsplit(pages.page.url).netloc


def cookies(context: BrowserContext, *urls: str) -> dict[str, dict[str, object]]:
    """Return the cookies that the browser sends to these addresses, or all, by name."""
    return {str(each.get("name")): dict(each) for each in context.cookies(list(urls))}


def test_alices_running_server_is_refused_until_she_restarts_it(pages: Hub, password_of: PasswordOf) -> None:
    pages.log_in("alice", password_of("alice"))
    expect(pages.page.get_by_text(former_host("alice"))).to_be_visible()
    assert host(pages) == DOMAIN

    pages.stop_own_server()
    pages.start_own_server()

    assert host(pages) == ALICES_HOST


def test_alices_server_with_a_kernel_is_at_her_own_host(alice: Hub) -> None:
    assert host(alice) == ALICES_HOST

    expect(alice.run_cell("print(6 * 7)").first).to_have_text("42")


def test_the_hubs_cookie_stays_at_the_hubs_host(alice: Hub, context: BrowserContext) -> None:
    cookie = cookies(context)[f"__Host-{HUB_COOKIE}"]

    assert (cookie["domain"], cookie["path"], cookie["secure"], cookie["httpOnly"]) == (DOMAIN, "/", True, True)
    sent_to_alice = cookies(context, f"https://{ALICES_HOST}/user/alice/")
    assert "__Host-jupyterhub-user-alice" in sent_to_alice
    assert not [name for name in sent_to_alice if HUB_COOKIE in name]


def test_a_users_page_cannot_replace_the_hubs_cookie(alice: Hub, context: BrowserContext) -> None:
    before = cookies(context)[f"__Host-{HUB_COOKIE}"]
    for name in (f"__Host-{HUB_COOKIE}", HUB_COOKIE):
        alice.page.evaluate(SET_COOKIE % DOMAIN, name)

    # The name without the prefix is not the hub's cookie, so the browser may send it.
    received = cookies(context, f"https://{DOMAIN}/hub/")
    assert received[f"__Host-{HUB_COOKIE}"] == before
    assert received[HUB_COOKIE]["value"] == "forged"
    alice.page.goto(f"https://{DOMAIN}/hub/home")
    expect(alice.page.get_by_text("alice", exact=True).first).to_be_visible()


def test_the_dask_panel_opens_the_dashboard_at_her_host(alice: Hub, context: BrowserContext) -> None:
    alice.open_launcher()
    cluster = alice.create_cluster_in_dask_panel()
    with context.expect_page() as opened:
        cluster.get_by_role("link").click()
    dashboard = opened.value

    # Drawn by a script with data from a websocket.
    expect(dashboard.get_by_text("Processing", exact=True)).to_be_visible(timeout=DASHBOARD_MS)
    assert urlsplit(dashboard.url).netloc == ALICES_HOST

    cluster.get_by_role("button", name="SHUTDOWN").click()
    expect(cluster).to_have_count(0)


def test_an_admin_in_alices_server_gives_it_no_access_to_the_hub(admin: Hub) -> None:
    users, intruder = f"https://{DOMAIN}/hub/api/users", f"https://{DOMAIN}/hub/api/users/intruder"
    assert admin.page.evaluate(READ, users).startswith("200 "), "the admin's own page can read the hub's API"
    if admin.admin_row("alice").get_by_role("button", name="Start Server").is_visible():
        admin.admin_row("alice").get_by_role("button", name="Start Server").click()

    admin.admin_row_with("alice", "Access Server").get_by_role("button", name="Access Server").click()
    admin.page.get_by_role("button", name="Authorize").click()
    admin.page.wait_for_url(f"https://{ALICES_HOST}/user/alice/lab**", timeout=SERVER_START_MS)
    admin.wait_for_lab()

    assert admin.page.evaluate(READ, users) == "TypeError", "a page of alice's server can read the hub's API"
    admin.page.evaluate(SEND, intruder)
    admin.page.goto(f"https://{DOMAIN}/hub/home")
    assert admin.page.evaluate(READ, intruder).startswith("404 "), "a page of alice's server can change the hub"


def test_a_tenancy_without_the_setting_keeps_one_host(
    hub: Hub, state: State, context: BrowserContext, password_of: PasswordOf
) -> None:
    directory.grant(state, "alice", lifecycle.NOTEBOOK_USERS)
    hub.log_in("alice", password_of("alice"), "/hub/home")
    hub.page.wait_for_url("**/hub/home")

    found = cookies(context)
    assert (found[HUB_COOKIE]["domain"], found[HUB_COOKIE]["path"]) == (web.DOMAIN, "/hub/")
    assert not [name for name in found if name.startswith("__Host-")]
    expect(hub.page.locator("#start")).to_have_attribute("href", re.compile("^/"))
