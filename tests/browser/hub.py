"""The hub's web pages: elements and actions of a user, without knowledge of the implementation."""

import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Locator, Page, expect

SERVER_START_MS = 120_000
KERNEL_MS = 60_000


@dataclass(frozen=True)
class Hub:
    """A browser window with pages of the hub."""

    page: Page
    url: str
    screenshots: Path | None
    """The folder for screenshots; None if the run takes none."""

    def log_in(self, user: str, password: str, next_page: str = "") -> None:
        """Submit the log-in form. The caller waits for the page that follows: ``next_page``, or the user's server."""
        self.page.goto(f"{self.url}/hub/login?{urlencode({'next': next_page})}")
        self.page.get_by_label("Username").fill(user)
        self.page.get_by_label("Password").fill(password)
        # Otherwise a caller that opens another page at once would abort the log-in.
        with self.page.expect_navigation(wait_until="commit"):
            self.page.get_by_role("button", name="Sign in").click()

    @property
    def refusal(self) -> Locator:
        """The message of a refused log-in."""
        return self.page.locator(".login_error")

    def wait_for_lab(self) -> None:
        """Wait until JupyterLab is visible, whichever page of the hub precedes it."""
        self.page.wait_for_url("**/user/*/lab**", timeout=SERVER_START_MS)
        expect(self.page.locator("#jp-top-panel")).to_be_visible(timeout=KERNEL_MS)
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0, timeout=KERNEL_MS)
        expect(self.page.locator(".jp-Launcher, .jp-NotebookPanel").first).to_be_visible(timeout=KERNEL_MS)

    def open_launcher(self) -> None:
        """Open JupyterLab without the tabs of earlier sessions."""
        self.page.goto(f"{self._server}/lab?reset")
        self.wait_for_lab()
        expect(self.page.locator(".jp-LauncherCard[data-category='Notebook']").first).to_be_visible(timeout=KERNEL_MS)
        expect(self.page.locator(".jp-DirListing-content")).to_be_visible()

    def run_cell(self, code: str) -> Locator:
        """Open a new notebook, run ``code`` in its first cell and return the cell's output."""
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
        """Open a notebook of the user's home and start all its cells; return their output areas."""
        self.page.goto(f"{self._server}/lab/tree/{notebook}?reset")
        self.wait_for_lab()
        expect(self.page.locator("#jp-bottom-panel").get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(
            timeout=KERNEL_MS
        )
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        return self.page.locator(".jp-NotebookPanel:visible .jp-OutputArea-output")

    def create_cluster_in_dask_panel(self) -> Locator:
        """Start a cluster in JupyterLab's Dask panel; return its entry in the panel."""
        # The list of clusters is below a list of 27 plots.
        self.page.set_viewport_size({"width": 1280, "height": 1200})
        self.page.locator("[data-id='dask-dashboard-launcher']").click()
        self.page.get_by_role("button", name="NEW", exact=True).click()
        cluster = self.page.locator(".dask-ClusterListingItem")
        expect(cluster).to_be_visible(timeout=KERNEL_MS)
        return cluster

    def stop_own_server(self) -> None:
        """Stop the user's server on the hub's home page."""
        self.page.goto(f"{self.url}/hub/home")
        # The page's script sets this when its buttons work; earlier clicks have no effect.
        self.page.wait_for_function("window._jupyterhub_page_loaded === true")
        stop = self.page.get_by_role("button", name="Stop My Server")
        with self.page.expect_response(lambda answer: answer.request.method == "DELETE") as answered:
            stop.click()
        assert answered.value.ok, f"{answered.value.status}: {answered.value.text()}"
        expect(stop).to_be_hidden(timeout=SERVER_START_MS)

    def start_own_server(self) -> None:
        """Start the user's server on the hub's home page."""
        self.page.goto(f"{self.url}/hub/home")
        self.page.get_by_role("button", name="Start My Server").click()
        self.wait_for_lab()

    def admin_row(self, user: str) -> Locator:
        """Open the admin panel and return a user's row."""
        self.page.goto(f"{self.url}/hub/admin")
        row = self.page.get_by_role("row").filter(has=self.page.get_by_test_id(f"user-name-div-{user}"))
        expect(row).to_be_visible()
        return row

    def admin_row_with(self, user: str, button: str) -> Locator:
        """Reload the admin panel until a user's row has the button; return the row."""
        deadline = time.monotonic() + SERVER_START_MS / 1000
        while True:
            row = self.admin_row(user)
            if row.get_by_role("button", name=button).is_visible():
                return row
            if time.monotonic() > deadline:
                raise AssertionError(f"no button {button} for {user}: {row.inner_text()}")
            self.page.wait_for_timeout(1000)

    def edit_user(self, user: str, *, admin: bool, screenshot: str | None = None) -> None:
        """Set or clear the Admin box of a user in *Edit User*."""
        self.admin_row(user).get_by_role("button", name="Edit User").click()
        expect(self.page.get_by_role("heading", name=f"Editing user {user}")).to_be_visible()
        box = self.page.get_by_role("checkbox")
        unchanged = box.is_checked() == admin
        box.set_checked(admin)
        if screenshot:
            self.take_screenshot(screenshot)
        self.page.get_by_role("button", name="Back" if unchanged else "Apply").click()
        expect(self.page.get_by_test_id(f"user-name-div-{user}")).to_be_visible()

    def take_screenshot(self, name: str) -> None:
        """Save a screenshot of the window for the guides, if the run takes screenshots."""
        if self.screenshots is not None:
            self.page.screenshot(path=self.screenshots / f"{name}.png")

    @property
    def _server(self) -> str:
        url = urlsplit(self.page.url)
        return f"{url.scheme}://{url.netloc}/user/{url.path.split('/')[2]}"
