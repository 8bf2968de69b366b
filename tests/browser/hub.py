"""The hub as a person sees it: what to click and what to read, nothing of how it is made."""

import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

SERVER_START_MS = 120_000
KERNEL_MS = 60_000


@dataclass(frozen=True)
class Hub:
    """One browser window on the hub."""

    page: Page
    url: str
    images: Path

    def log_in(self, user: str, password: str) -> None:
        """Fill in the log-in form; where that leads is the caller's to say."""
        self.page.goto(f"{self.url}/hub/login")
        self.page.get_by_label("Username").fill(user)
        self.page.get_by_label("Password").fill(password)
        # Or who goes elsewhere at once would cut the log-in off.
        with self.page.expect_navigation(wait_until="commit"):
            self.page.get_by_role("button", name="Sign in").click()

    @property
    def refusal(self) -> Locator:
        """The message of a refused log-in."""
        return self.page.locator(".login_error")

    def wait_for_lab(self) -> None:
        """Until JupyterLab is there, whichever page of the hub comes before it."""
        self.page.wait_for_url("**/user/*/lab**", timeout=SERVER_START_MS)
        expect(self.page.locator("#jp-top-panel")).to_be_visible(timeout=KERNEL_MS)
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0, timeout=KERNEL_MS)
        expect(self.page.locator(".jp-Launcher, .jp-NotebookPanel").first).to_be_visible(timeout=KERNEL_MS)

    def open_launcher(self) -> None:
        """JupyterLab without what was open before."""
        self.page.goto(f"{self._server}/lab?reset")
        self.wait_for_lab()
        expect(self.page.locator(".jp-LauncherCard[data-category='Notebook']").first).to_be_visible(timeout=KERNEL_MS)
        expect(self.page.locator(".jp-DirListing-content")).to_be_visible()

    def run_cell(self, code: str) -> Locator:
        """Open a new notebook, run ``code`` in its first cell, return what the cell gave."""
        self.open_launcher()
        self.page.locator(".jp-LauncherCard[data-category='Notebook']").first.click()
        expect(self.page.locator("#jp-bottom-panel").get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(
            timeout=KERNEL_MS
        )
        notebook = self.page.locator(".jp-NotebookPanel:visible")
        notebook.locator(".jp-Cell .cm-content").first.click()
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Shift+Enter")
        output = notebook.locator(".jp-OutputArea-output")
        expect(output.first).to_be_visible(timeout=KERNEL_MS)
        return output

    def run_all_cells(self, notebook: str) -> Locator:
        """Open a notebook of one's home, run it top to bottom, do not wait; return its cells' output areas."""
        self.page.goto(f"{self._server}/lab/tree/{notebook}?reset")
        self.wait_for_lab()
        expect(self.page.locator("#jp-bottom-panel").get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(
            timeout=KERNEL_MS
        )
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        return self.page.locator(".jp-NotebookPanel:visible .jp-OutputArea-output")

    def new_cluster_in_the_dask_panel(self) -> Locator:
        """Have JupyterLab's Dask panel start a cluster; return the cluster's entry in the panel."""
        # The panel's list of clusters is below one of 27 plots.
        self.page.set_viewport_size({"width": 1280, "height": 1200})
        self.page.locator("[data-id='dask-dashboard-launcher']").click()
        self.page.get_by_role("button", name="NEW", exact=True).click()
        cluster = self.page.locator(".dask-ClusterListingItem")
        expect(cluster).to_be_visible(timeout=KERNEL_MS)
        return cluster

    def stop_own_server(self) -> None:
        """Stop one's own server from the hub's home page."""
        self.page.goto(f"{self.url}/hub/home")
        # The page's script sets this once its buttons work: a click before that does nothing at all.
        self.page.wait_for_function("window._jupyterhub_page_loaded === true")
        stop = self.page.get_by_role("button", name="Stop My Server")
        with self.page.expect_response(lambda answer: answer.request.method == "DELETE") as answered:
            stop.click()
        assert answered.value.ok, f"{answered.value.status}: {answered.value.text()}"
        expect(stop).to_be_hidden(timeout=SERVER_START_MS)

    def start_own_server(self) -> None:
        """Start one's own server from the hub's home page."""
        self.page.goto(f"{self.url}/hub/home")
        self.page.get_by_role("button", name="Start My Server").click()
        self.wait_for_lab()

    def admin_row(self, user: str) -> Locator:
        """A user's row in the admin panel."""
        self.page.goto(f"{self.url}/hub/admin")
        row = self.page.get_by_role("row").filter(has=self.page.get_by_test_id(f"user-name-div-{user}"))
        expect(row).to_be_visible()
        return row

    def admin_row_with(self, user: str, button: str) -> Locator:
        """A user's row once it has ``button``; the panel shows news of a server only when loaded anew."""
        deadline = time.monotonic() + SERVER_START_MS / 1000
        while True:
            row = self.admin_row(user)
            if row.get_by_role("button", name=button).is_visible():
                return row
            if time.monotonic() > deadline:
                raise AssertionError(f"no button {button} for {user}: {row.inner_text()}")
            self.page.wait_for_timeout(1000)

    def edit_user(self, user: str, *, admin: bool, picture: str | None = None) -> None:
        """Set or clear the Admin box of a user by way of Edit User."""
        self.admin_row(user).get_by_role("button", name="Edit User").click()
        expect(self.page.get_by_role("heading", name=f"Editing user {user}")).to_be_visible()
        box = self.page.get_by_role("checkbox")
        unchanged = box.is_checked() == admin
        box.set_checked(admin)
        if picture:
            self.picture(picture)
        self.page.get_by_role("button", name="Back" if unchanged else "Apply").click()
        expect(self.page.get_by_test_id(f"user-name-div-{user}")).to_be_visible()

    def picture(self, name: str) -> None:
        """Keep what the window shows for the guides."""
        self.images.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=self.images / f"{name}.png")

    @property
    def _server(self) -> str:
        parts = self.page.url.removeprefix(self.url).split("/")
        return f"{self.url}/user/{parts[2]}"
