"""A person at the hub by its web pages and its REST API, for what needs no browser."""

import time
from collections.abc import Callable
from typing import Any

import requests

from local.paths import State
from local.tenancy import web
from local.tenancy.credentials import password
from local.tenancy.pki import authority

CALL_TIMEOUT_SECONDS = 30.0
SERVER_TIMEOUT_SECONDS = 120.0


class Person:
    """One user: logs in with the directory's password, then acts with a token of their own."""

    def __init__(self, state: State, user: str) -> None:
        self.user = user
        self.url = web.url(state)
        self.ca = str(authority(state, "tenancy").crt)
        self._password = password(state, "directory", user)
        self.token = ""

    def log_in(self) -> int:
        """Fill in the log-in form and, once in, take a token; the status of the page the form leads to."""
        with requests.Session() as browser:
            # Or REQUESTS_CA_BUNDLE and its like would win.
            browser.trust_env = False
            browser.verify = self.ca
            browser.get(f"{self.url}/hub/login", timeout=CALL_TIMEOUT_SECONDS)
            answer = browser.post(
                f"{self.url}/hub/login?next=/hub/home",
                data={"username": self.user, "password": self._password, "_xsrf": _xsrf(browser)},
                headers={"Referer": f"{self.url}/hub/login"},
                timeout=CALL_TIMEOUT_SECONDS,
            )
            if answer.ok:
                taken = browser.post(
                    f"{self.url}/hub/api/users/{self.user}/tokens",
                    json={"expires_in": 3600, "note": "test"},
                    headers={"X-XSRFToken": _xsrf(browser), "Referer": f"{self.url}/hub/token"},
                    timeout=CALL_TIMEOUT_SECONDS,
                )
                taken.raise_for_status()
                self.token = taken.json()["token"]
            return answer.status_code

    def start_server(self) -> None:
        """Start one's server and wait until its own API answers."""
        asked = self.call("POST", f"/hub/api/users/{self.user}/server")
        # 400: it runs already.
        assert asked.status_code in (201, 202, 400), asked.text
        deadline = time.monotonic() + SERVER_TIMEOUT_SECONDS
        while self.call("GET", f"/user/{self.user}/api/status").status_code != 200:
            assert time.monotonic() < deadline, f"the server of {self.user} does not answer"
            time.sleep(0.2)

    def stop_server(self) -> None:
        """Stop one's server and wait until the hub knows of none.

        A hub that has just started first looks whether the servers it knew of answer, and stops none meanwhile.
        """
        self._wait_while(lambda servers: any(each["pending"] == "check" for each in servers), "is still looked for")
        self.call("DELETE", f"/hub/api/users/{self.user}/server").raise_for_status()
        self._wait_while(bool, "does not stop")

    def _wait_while(self, holds: Callable[[list[dict[str, Any]]], bool], what: str) -> None:
        deadline = time.monotonic() + SERVER_TIMEOUT_SECONDS
        while holds(list(self.call("GET", f"/hub/api/users/{self.user}").json().get("servers", {}).values())):
            assert time.monotonic() < deadline, f"the server of {self.user} {what}"
            time.sleep(0.2)

    def write(self, name: str, text: str) -> None:
        """Put a file into one's home."""
        body = {"type": "file", "format": "text", "content": text}
        self.call("PUT", f"/user/{self.user}/api/contents/{name}", body).raise_for_status()

    def read(self, name: str) -> str:
        """A file in one's home."""
        found = self.call("GET", f"/user/{self.user}/api/contents/{name}")
        found.raise_for_status()
        return str(found.json()["content"])

    def call(self, method: str, path: str, body: object = None) -> requests.Response:
        """Ask anything below the hub's address with one's token."""
        return requests.request(
            method,
            f"{self.url}{path}",
            json=body,
            headers={"Authorization": f"token {self.token}"},
            verify=self.ca,
            timeout=CALL_TIMEOUT_SECONDS,
        )


def _xsrf(browser: requests.Session) -> str:
    return str(browser.cookies.get("_xsrf", path="/hub/"))
