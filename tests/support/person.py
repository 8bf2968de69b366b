"""A person at a hub, through its web pages and its REST API: for everything that needs no browser engine."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from local.paths import State
from local.tenancy import web
from local.tenancy.addresses import INGRESS_ADDRESS
from local.tenancy.credentials import password
from local.tenancy.pki import authority

CALL_TIMEOUT_SECONDS = 60.0
SERVER_TIMEOUT_SECONDS = 180.0
POLL_SECONDS = 0.2


class HubFailed(AssertionError):
    """The hub did not do what it was asked to do; the text contains its answer."""


@dataclass(frozen=True)
class Hub:
    """A hub behind the ingress of this machine."""

    url: str
    ca_file: str
    """The certificate of the authority that signed the hub's certificate."""

    @classmethod
    def at(cls, state: State, url: str) -> "Hub":
        """Return the hub at this address, whose certificate is signed by the local tenancy's authority."""
        return cls(url, str(authority(state, "tenancy").crt))

    def session(self) -> requests.Session:
        """Return a session without cookies that connects to the ingress and trusts only the hub's authority."""
        session = requests.Session()
        # Otherwise REQUESTS_CA_BUNDLE and proxy variables would take precedence.
        session.trust_env = False
        session.verify = self.ca_file
        session.mount(self.url, _IngressAdapter(str(INGRESS_ADDRESS), self.url))
        return session


class Person:
    """A user of a hub: logs in with the directory's password, then acts with a token of their own."""

    def __init__(self, hub: Hub, user: str, password: str) -> None:
        self.hub = hub
        self.user = user
        self.session = hub.session()
        """The browser session of the last log-in."""
        self.token = ""
        self._password = password

    def in_new_session(self) -> "Person":
        """Return the same person with another browser session."""
        return Person(self.hub, self.user, self._password)

    def submit_log_in(self, next_page: str = "/hub/home") -> tuple[requests.Response, float]:
        """Submit the log-in form in a new session; return the page it leads to and the seconds from the click."""
        url = self.hub.url
        self.session = self.hub.session()
        self.session.get(f"{url}/hub/login", timeout=CALL_TIMEOUT_SECONDS)
        started = time.perf_counter()
        page = self.session.post(
            f"{url}/hub/login?next={next_page}",
            data={"username": self.user, "password": self._password, "_xsrf": self._xsrf},
            headers={"Referer": f"{url}/hub/login"},
            timeout=CALL_TIMEOUT_SECONDS,
        )
        return page, time.perf_counter() - started

    def log_in(self) -> int:
        """Submit the log-in form and, after success, take a token; return the HTTP status of the log-in."""
        page, _ = self.submit_log_in()
        if page.ok:
            self.take_token()
        return page.status_code

    def time_log_in(self, next_page: str = "/hub/home") -> float:
        """Return the seconds from the click on the log-in button to the next page.

        Raises:
            HubFailed: the user was refused.
        """
        page, seconds = self.submit_log_in(next_page)
        if not page.ok:
            raise HubFailed(f"the log-in of {self.user} ended with {page.status_code} at {page.url}")
        return seconds

    def time_log_in_to_notebook(
        self, timeout_seconds: float = SERVER_TIMEOUT_SECONDS, poll_seconds: float = 0.1
    ) -> float:
        """Return the seconds from the click on the log-in button to the notebook's page.

        Args:
            timeout_seconds: the longest time to wait for the notebook's page.
            poll_seconds: the pause between two requests for this page.

        Raises:
            HubFailed: there is no such page after ``timeout_seconds``.
        """
        log_in_seconds = self.time_log_in("/hub/spawn")
        logged_in = time.perf_counter()
        lab = f"{self.hub.url}/user/{self.user}/lab"
        while True:
            page = self.session.get(lab, timeout=CALL_TIMEOUT_SECONDS)
            seconds = log_in_seconds + time.perf_counter() - logged_in
            # While the server starts, pages of the hub itself answer.
            if page.ok and page.url.startswith(lab):
                return seconds
            if seconds > timeout_seconds:
                raise HubFailed(f"no notebook of {self.user}: {page.status_code} at {page.url}")
            time.sleep(poll_seconds)

    def accept_terms(self, version: str) -> None:
        """Accept the terms of use with the session of the last log-in."""
        page = f"{self.hub.url}/hub/terms"
        self.session.post(
            page,
            data={"accept": version, "next": "/hub/home", "_xsrf": self._xsrf},
            headers={"Referer": page},
            timeout=CALL_TIMEOUT_SECONDS,
        ).raise_for_status()

    def take_token(self) -> None:
        """Take a token with the session of the last log-in; all other calls use it."""
        answer = self.session.post(
            f"{self.hub.url}/hub/api/users/{self.user}/tokens",
            json={"expires_in": 3600, "note": "test"},
            headers={"X-XSRFToken": self._xsrf, "Referer": f"{self.hub.url}/hub/token"},
            timeout=CALL_TIMEOUT_SECONDS,
        )
        answer.raise_for_status()
        self.token = answer.json()["token"]

    def start_server(self, profile: str | None = None) -> None:
        """Start the person's server and wait until its own API answers.

        Args:
            profile: the slug of the profile of a server that is not running yet; None for the default.

        Raises:
            HubFailed: the server does not start or does not answer within ``SERVER_TIMEOUT_SECONDS``.
        """
        answer = self.call("POST", f"/hub/api/users/{self.user}/server", {"profile": profile} if profile else None)
        # A choice that is not offered is refused with the same status.
        is_there = answer.status_code == 400 and re.search("is (already running|pending)", answer.text)
        if answer.status_code not in (201, 202) and not is_there:
            raise HubFailed(f"the server of {self.user} does not start: {answer.status_code} {answer.text[:200]}")
        self._wait_until(
            lambda: self.call("GET", f"/user/{self.user}/api/status").status_code == 200, "does not answer"
        )

    def page_of_refused_start(self, profile: str) -> str:
        """Start the server with a profile in the session of the last log-in; return the page with the hub's refusal."""
        form = f"{self.hub.url}/hub/spawn/{self.user}"
        page = self.session.post(
            form,
            data={"profile": profile, "_xsrf": self._xsrf},
            headers={"Referer": form},
            timeout=CALL_TIMEOUT_SECONDS,
        )
        deadline = time.monotonic() + SERVER_TIMEOUT_SECONDS
        while page.ok:
            if time.monotonic() > deadline:
                raise HubFailed(f"the start for {self.user} is not refused: {page.status_code} at {page.url}")
            time.sleep(POLL_SECONDS)
            page = self.session.get(f"{self.hub.url}/hub/spawn-pending/{self.user}", timeout=CALL_TIMEOUT_SECONDS)
        return page.text

    def stop_server(self, user: str | None = None) -> None:
        """Stop the person's server or, as an admin, another user's, and wait until the hub has removed it.

        After its own start the hub first checks the servers of its database, and stops none until it has finished.
        """
        user = user or self.user
        self._wait_until(
            lambda: all(server["pending"] != "check" for server in self._servers(user)), "is still being checked"
        )
        self.call("DELETE", f"/hub/api/users/{user}/server").raise_for_status()
        self._wait_until(lambda: not self._servers(user), "does not stop")

    def remove_user(self, user: str) -> None:
        """Remove a user from the hub's database, as an admin; the hub stops the user's server first.

        Raises:
            HubFailed: the hub refused.
        """
        answer = self.call("DELETE", f"/hub/api/users/{user}", timeout_seconds=SERVER_TIMEOUT_SECONDS)
        # 404: the hub does not know the user.
        if answer.status_code not in (204, 404):
            raise HubFailed(f"the hub does not remove {user}: {answer.status_code} {answer.text[:200]}")

    def write(self, name: str, text: str) -> None:
        """Write a file in the person's home."""
        body = {"type": "file", "format": "text", "content": text}
        self.call("PUT", f"/user/{self.user}/api/contents/{name}", body).raise_for_status()

    def read(self, name: str) -> str:
        """Return the text of a file in the person's home."""
        found = self.call("GET", f"/user/{self.user}/api/contents/{name}")
        found.raise_for_status()
        return str(found.json()["content"])

    def call(
        self, method: str, path: str, body: object = None, timeout_seconds: float = CALL_TIMEOUT_SECONDS
    ) -> requests.Response:
        """Send a request with the person's token to any path of the hub's address."""
        with self.hub.session() as session:
            return session.request(
                method,
                f"{self.hub.url}{path}",
                json=body,
                headers={"Authorization": f"token {self.token}"},
                timeout=timeout_seconds,
            )

    def _servers(self, user: str) -> list[dict[str, Any]]:
        return list(self.call("GET", f"/hub/api/users/{user}").json().get("servers", {}).values())

    def _wait_until(self, condition: Callable[[], bool], failure: str) -> None:
        deadline = time.monotonic() + SERVER_TIMEOUT_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise HubFailed(f"a server, as seen by {self.user}, {failure}")
            time.sleep(POLL_SECONDS)

    @property
    def _xsrf(self) -> str:
        return str(self.session.cookies.get("_xsrf", path="/hub/"))


def local_person(state: State, user: str) -> Person:
    """Return a person at the local tenancy's hub."""
    return Person(Hub.at(state, web.url(state)), user, password(state, "directory", user))


class _IngressAdapter(HTTPAdapter):
    """Connects to the ingress by its address and verifies the certificate under the hub's name.

    No DNS server of this machine knows the names of further tenancies.
    """

    def __init__(self, address: str, url: str) -> None:
        super().__init__()
        self._address, self._host = address, urlsplit(url)

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: bool | str,
        cert: str | tuple[str, str] | None = None,
    ) -> tuple[Any, Any]:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        name = self._host.hostname
        return {**host, "host": self._address}, {**pool, "server_hostname": name, "assert_hostname": name}

    def add_headers(self, request: requests.PreparedRequest, **_: Mapping[str, Any]) -> None:
        request.headers["Host"] = self._host.netloc
