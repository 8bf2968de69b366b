"""People with browsers, as far as HTTP goes: they log in to a hub, get a notebook, and leave it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from local import lifecycle
from local.paths import State
from local.tenancy import web
from local.tenancy.addresses import INGRESS_ADDRESS
from local.tenancy.pki import authority

CALL_SECONDS = 60.0
SERVER_SECONDS = 180.0
LOOK_SECONDS = 0.1


class HubFailed(Exception):
    """The hub did not do what was measured; the text says what it did."""


@dataclass(frozen=True)
class Hub:
    """A tenancy's hub as seen from this machine."""

    url: str
    address: str
    """Where its ingress answers, for no DNS server knows its name here."""
    authority: str
    """The file of the authority that signed its certificate."""
    group: str
    """Whose members may log in."""

    def browser(self) -> requests.Session:
        """A browser of its own that finds this hub and trusts its authority."""
        session = requests.Session()
        session.trust_env = False
        session.verify = self.authority
        session.mount(self.url, _At(self.address, self.url))
        return session


def local_hub(state: State) -> Hub:
    """The hub of the local tenancy."""
    return hub_at(state, web.url(state), lifecycle.NOTEBOOK_USERS)


def hub_at(state: State, url: str, group: str) -> Hub:
    """A hub behind this machine's ingress, its certificate signed by the tenancy's authority."""
    return Hub(url, str(INGRESS_ADDRESS), str(authority(state, "tenancy").crt), group)


@dataclass
class Scientist:
    """One person in one browser."""

    name: str
    password: str = field(repr=False)
    hub: Hub
    _browser: requests.Session = field(default_factory=requests.Session, repr=False)

    def elsewhere(self) -> "Scientist":
        """The same person in another browser."""
        return Scientist(self.name, self.password, self.hub)

    def log_in(self, onward: str = "/hub/home") -> float:
        """Seconds from the click on the log-in button to the page it leads to.

        Raises:
            HubFailed: it led to no page.
        """
        url = self.hub.url
        self._browser = self.hub.browser()
        self._browser.get(f"{url}/hub/login", timeout=CALL_SECONDS)
        started = time.perf_counter()
        page = self._browser.post(
            f"{url}/hub/login?next={onward}",
            data={"username": self.name, "password": self.password, "_xsrf": self._xsrf},
            headers={"Referer": f"{url}/hub/login"},
            timeout=CALL_SECONDS,
        )
        if not page.ok:
            raise HubFailed(f"the log-in of {self.name} ended with {page.status_code} at {page.url}")
        return time.perf_counter() - started

    def log_in_to_notebook(self, patience_seconds: float = SERVER_SECONDS, look_seconds: float = LOOK_SECONDS) -> float:
        """Seconds from the click on the log-in button to the notebook's page.

        ``look_seconds`` is how long the browser waits before it asks again.

        Raises:
            HubFailed: there is none after ``patience_seconds``.
        """
        started = time.perf_counter()
        before = self.log_in("/hub/spawn")
        prepared = time.perf_counter() - started - before
        lab = f"{self.hub.url}/user/{self.name}/lab"
        while True:
            page = self._browser.get(lab, timeout=CALL_SECONDS)
            # A server that is still to come is answered by the hub's own pages.
            if page.ok and page.url.startswith(lab):
                return time.perf_counter() - started - prepared
            if time.perf_counter() - started > patience_seconds:
                raise HubFailed(f"no notebook of {self.name}: {page.status_code} at {page.url}")
            time.sleep(look_seconds)

    def stop(self) -> None:
        """Stop the notebook and wait until the hub knows of none."""
        mine = f"{self.hub.url}/hub/api/users/{self.name}"
        xsrf = {"X-XSRFToken": self._xsrf, "Referer": f"{self.hub.url}/hub/home"}
        self._browser.delete(f"{mine}/server", headers=xsrf, timeout=CALL_SECONDS)
        deadline = time.monotonic() + SERVER_SECONDS
        while self._browser.get(mine, headers=xsrf, timeout=CALL_SECONDS).json().get("servers"):
            if time.monotonic() > deadline:
                raise HubFailed(f"the notebook of {self.name} does not stop")
            time.sleep(LOOK_SECONDS)

    def remove(self, user: str) -> None:
        """As an admin: let the hub forget a user, whose notebook stops first; fine where it knows of none."""
        gone = self._browser.delete(
            f"{self.hub.url}/hub/api/users/{user}",
            headers={"X-XSRFToken": self._xsrf, "Referer": f"{self.hub.url}/hub/admin"},
            timeout=SERVER_SECONDS,
        )
        if gone.status_code not in (204, 404):
            raise HubFailed(f"the hub keeps {user}: {gone.status_code} {gone.text[:200]}")

    @property
    def _xsrf(self) -> str:
        return str(self._browser.cookies.get("_xsrf", path="/hub/"))


class _At(HTTPAdapter):
    """Reaches a host at an address, and verifies its certificate under its own name."""

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
