"""Scientists made for a measurement: in the directory, in the group, at the hub; gone afterwards with all they had."""

import json
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import ldap3
import requests
from ldap3.core.exceptions import LDAPNoSuchAttributeResult, LDAPNoSuchObjectResult

from local import lifecycle, web
from local.commands import output
from local.credentials import password
from local.directory import ADMIN, TENANCY, group_dn, user_dn
from local.directory.client import connection
from local.paths import State
from local.pki import authority

FIRST_UID = 671_900_000
CLASSES = ("top", "person", "organizationalPerson", "inetOrgPerson", "inetUser", "posixAccount", "ipaObject")
CALL_SECONDS = 60.0
SERVER_SECONDS = 180.0
LOOK_SECONDS = 0.1
NOTEBOOK_CPUS = 0.5
"""Of ``stacks/Pulumi.local.yaml``."""


class HubFailed(Exception):
    """The hub did not do what was measured; the text says what it did."""


@dataclass
class Scientist:
    """A person with a browser, as far as HTTP goes: one session with its cookies."""

    name: str
    password: str = field(repr=False)
    url: str
    authority: str
    _browser: requests.Session = field(default_factory=requests.Session, repr=False)

    def log_in(self, onward: str = "/hub/home") -> float:
        """Seconds from the click on the log-in button to the page it leads to.

        Raises:
            HubFailed: it led to no page.
        """
        self._browser = requests.Session()
        self._browser.trust_env = False
        self._browser.verify = self.authority
        self._browser.get(f"{self.url}/hub/login", timeout=CALL_SECONDS)
        started = time.perf_counter()
        page = self._browser.post(
            f"{self.url}/hub/login?next={onward}",
            data={"username": self.name, "password": self.password, "_xsrf": self._xsrf},
            headers={"Referer": f"{self.url}/hub/login"},
            timeout=CALL_SECONDS,
        )
        if not page.ok:
            raise HubFailed(f"the log-in of {self.name} ended with {page.status_code} at {page.url}")
        return time.perf_counter() - started

    def log_in_to_notebook(self) -> float:
        """Seconds from the click on the log-in button to the notebook's page.

        Raises:
            HubFailed: there is none after ``SERVER_SECONDS``.
        """
        started = time.perf_counter()
        before = self.log_in("/hub/spawn")
        prepared = time.perf_counter() - started - before
        while True:
            page = self._browser.get(f"{self.url}/user/{self.name}/lab", timeout=CALL_SECONDS)
            # A server that is still to come is answered by the hub's own pages.
            if page.ok and page.url.startswith(f"{self.url}/user/{self.name}/lab"):
                return time.perf_counter() - started - prepared
            if time.perf_counter() - started > SERVER_SECONDS:
                raise HubFailed(f"no notebook of {self.name}: {page.status_code} at {page.url}")
            time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        """Stop the notebook and wait until the hub knows of none."""
        mine = f"{self.url}/hub/api/users/{self.name}"
        xsrf = {"X-XSRFToken": self._xsrf, "Referer": f"{self.url}/hub/home"}
        self._browser.delete(f"{mine}/server", headers=xsrf, timeout=CALL_SECONDS)
        deadline = time.monotonic() + SERVER_SECONDS
        while self._browser.get(mine, headers=xsrf, timeout=CALL_SECONDS).json().get("servers"):
            if time.monotonic() > deadline:
                raise HubFailed(f"the notebook of {self.name} does not stop")
            time.sleep(LOOK_SECONDS)

    def remove(self, user: str) -> None:
        """As an admin: let the hub forget a user, whose notebook stops first; fine where it knows of none."""
        gone = self._browser.delete(
            f"{self.url}/hub/api/users/{user}",
            headers={"X-XSRFToken": self._xsrf, "Referer": f"{self.url}/hub/admin"},
            timeout=SERVER_SECONDS,
        )
        if gone.status_code not in (204, 404):
            raise HubFailed(f"the hub keeps {user}: {gone.status_code} {gone.text[:200]}")

    @property
    def _xsrf(self) -> str:
        return str(self._browser.cookies.get("_xsrf", path="/hub/"))


@contextmanager
def scientists(state: State, count: int) -> Iterator[Sequence[Scientist]]:
    """``count`` new members of the tenancy's group, known to nobody after the block, their volumes deleted."""
    word, run = secrets.token_hex(8), secrets.token_hex(2)
    names = [f"bench{run}n{number:03d}" for number in range(count)]
    made = [Scientist(name, word, web.url(state), _authority(state)) for name in names]
    try:
        _add(state, names, word)
        yield made
    finally:
        _forget(state, names)


def kubectl(state: State, *words: str, stdin: str | None = None, timeout_seconds: float = 120) -> str:
    """What kubectl prints about the hub's namespace."""
    return output(
        [state.bin / "kubectl", "--kubeconfig", state.kubeconfig, "-n", web.NAMESPACE, *words],
        timeout_seconds=timeout_seconds,
        stdin=stdin,
    )


def forget_volumes(state: State, names: Sequence[str]) -> None:
    """Delete scientists' homes; their next notebooks get new ones."""
    claims = [f"claim-{name}" for name in names]
    retain_no_more(state, web.NAMESPACE, claims)
    kubectl(state, "delete", "pvc", *claims, "--ignore-not-found", "--wait=true")


def retain_no_more(state: State, namespace: str, claims: Sequence[str]) -> None:
    """Let volumes go with their claims, files and all, which the storage class would retain."""
    volumes = json.loads(kubectl(state, "get", "pv", "-o", "json"))["items"]
    for volume in volumes:
        claim = volume["spec"].get("claimRef", {})
        if claim.get("namespace") == namespace and claim.get("name") in claims:
            change = json.dumps({"spec": {"persistentVolumeReclaimPolicy": "Delete"}})
            kubectl(state, "patch", "pv", volume["metadata"]["name"], "--patch", change)


def room_for(state: State) -> int:
    """How many more notebooks of the tenancy's size the node has CPUs for."""
    nodes = json.loads(kubectl(state, "get", "nodes", "-o", "json"))["items"]
    pods = json.loads(kubectl(state, "get", "pods", "--all-namespaces", "-o", "json"))["items"]
    allocatable = sum(_cpus(node["status"]["allocatable"]["cpu"]) for node in nodes)
    taken = sum(
        _cpus(container.get("resources", {}).get("requests", {}).get("cpu", "0"))
        for pod in pods
        if pod["status"].get("phase") in ("Pending", "Running")
        for container in pod["spec"]["containers"]
    )
    return int((allocatable - taken) / NOTEBOOK_CPUS + 1e-9)


def _cpus(quantity: str) -> float:
    return float(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)


def _add(state: State, names: Sequence[str], word: str) -> None:
    with connection(state, TENANCY, ADMIN, "admin") as admin:
        for number, name in enumerate(names):
            attributes = {
                "uid": name,
                "cn": name,
                "sn": name,
                "uidNumber": FIRST_UID + number,
                "gidNumber": FIRST_UID + number,
                "homeDirectory": f"/home/{name}",
                "ipaUniqueID": "autogenerate",
            }
            admin.add(user_dn(name), list(CLASSES), attributes)  # type: ignore[no-untyped-call]
            # Admins may set a password, but add no entry that has one.
            admin.modify(user_dn(name), {"userPassword": [(ldap3.MODIFY_REPLACE, [word])]})  # type: ignore[no-untyped-call]
        members = {"member": [(ldap3.MODIFY_ADD, [user_dn(name) for name in names])]}
        admin.modify(group_dn(lifecycle.NOTEBOOK_USERS), members)  # type: ignore[no-untyped-call]


def _forget(state: State, names: Sequence[str]) -> None:
    admin = Scientist("admin", password(state, "directory", "admin"), web.url(state), _authority(state))
    admin.log_in()
    for name in names:
        admin.remove(name)
    with connection(state, TENANCY, ADMIN, "admin") as directory:
        for name in names:
            gone = {"member": [(ldap3.MODIFY_DELETE, [user_dn(name)])]}
            with suppress(LDAPNoSuchAttributeResult):
                directory.modify(group_dn(lifecycle.NOTEBOOK_USERS), gone)  # type: ignore[no-untyped-call]
            with suppress(LDAPNoSuchObjectResult):
                directory.delete(user_dn(name))  # type: ignore[no-untyped-call]
    forget_volumes(state, names)


def _authority(state: State) -> str:
    return str(authority(state, "tenancy").crt)
