"""Origins of users' servers, with a real JupyterHub, its real proxy, and servers with JupyterHub's own log-in."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from components.chart.values import Values
from components.in_hub.messages import former_host
from components.in_hub.subdomains import user_domain
from local.paths import PROJECT
from tests.engine.hub.conftest import ValuesFor
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_process import running_hub
from tests.support.hub_users import PASSWORD, UNUSUAL_NAMES, People
from tests.support.notebooks import declare_again
from tests.support.proxy_process import running_proxy
from tests.support.web_client import WebClient

pytestmark = pytest.mark.engine

DOMAIN = "hub.tenancy.test"
SERVER_SECONDS = 60
LOG_IN_COOKIE = "jupyterhub-hub-login"


@dataclass
class Web:
    """A hub behind its proxy."""

    port: int
    directory: ThrowAwayDirectory

    def visitor(self, user: str = "", password: str = PASSWORD) -> WebClient:
        """Return a new browser, in which the user is logged in, if one is given."""
        client = WebClient(self.port, DOMAIN)
        if user:
            answer = client.log_in(user, password)
            assert answer.status_code == 302, answer.text
        return client

    def admin(self) -> WebClient:
        return self.visitor("admin", self.directory.password("admin"))


ServeValues = Callable[..., AbstractContextManager[Web]]
Change = Callable[[bool, bool], AbstractContextManager[Web]]


@pytest.fixture(scope="module")
def serve(hub_python: Path, directory: ThrowAwayDirectory, tmp_path_factory: pytest.TempPathFactory) -> ServeValues:
    """Return a context manager: ``with serve(values, folder, *arguments) as web``.

    A hub in the folder of an earlier one continues with its database.
    """

    @contextmanager
    def serve(values: Values, folder: Path | None = None, *arguments: str) -> Iterator[Web]:
        # As in z2jh's Deployment of the proxy.
        flags = ["--host-routing"] if "subdomain_host" in values["jupyterhub"]["hub"]["config"]["JupyterHub"] else []
        with running_proxy(tmp_path_factory.mktemp("proxy"), *flags) as proxy:
            program = {"HUB_SERVER_PROGRAM": str(PROJECT / "tests" / "support" / "users_page.py")}
            environment = {**proxy.hub_environment, **program}
            with running_hub(hub_python, folder or tmp_path_factory.mktemp("hub"), values, environment, arguments):
                running = Web(proxy.port, directory)
                wait_for_route(running)
                yield running

    return serve


@pytest.fixture(scope="module")
def web(serve: ServeValues, values_for: ValuesFor, people: People) -> Iterator[Web]:
    """A hub with users' own hosts."""
    with serve(values_for(pangeoDomain=DOMAIN, ingress={"userSubdomains": True})) as running:
        yield running


def wait_for_route(web: Web) -> None:
    """Wait until the hub, which answers already, has told the proxy its route."""
    deadline = time.monotonic() + SERVER_SECONDS
    while not web.visitor().get(f"https://{DOMAIN}/hub/health").ok:
        assert time.monotonic() < deadline, "the proxy has no route to the hub"
        time.sleep(0.1)


def open_server(client: WebClient, user: str) -> requests.Response:
    """Start a user's server and open its page, once it answers."""
    client.start_server(user)
    return open_running_server(client, user)


def open_running_server(client: WebClient, user: str) -> requests.Response:
    """Return the server's page, or the hub's refusal to log in there."""
    deadline = time.monotonic() + SERVER_SECONDS
    while True:
        page = client.get(f"https://{DOMAIN}/user/{user}/")
        # Before, it is the hub's page of the server's progress.
        if urlsplit(page.url).path.startswith(("/user/", "/hub/api/oauth2/")):
            return page
        assert time.monotonic() < deadline, f"{page.url}: {page.text}"
        time.sleep(0.2)


def cookies_of(answer: requests.Response) -> dict[str, str]:
    """Return the ``Set-Cookie`` headers of an answer by the cookie's name."""
    headers: list[str] = answer.raw.headers.getlist("Set-Cookie")
    return {header.partition("=")[0]: header for header in headers}


def shown(page: requests.Response) -> dict[str, Any]:
    assert page.ok, page.text
    content: dict[str, Any] = page.json()
    return content


def test_users_page_is_at_the_users_host_and_does_not_receive_the_hubs_cookie(web: Web) -> None:
    anna = web.visitor("anna")

    page = open_server(anna, "anna")

    assert urlsplit(page.url).netloc == f"anna.{DOMAIN}"
    assert shown(page)["owner"] == shown(page)["visitor"] == "anna"
    assert shown(page)["public_url"] == f"https://anna.{DOMAIN}/user/anna/"
    again = shown(anna.get(page.url))["cookies"]
    assert "__Host-jupyterhub-user-anna" in again
    assert not [name for name in again if LOG_IN_COOKIE in name]


def test_link_for_all_users_starts_the_server_and_leads_to_its_page_at_the_users_host(web: Web) -> None:
    mona = web.visitor("mona")
    query = "repo=https%3A%2F%2Fgit.example.org%2Fcourse&urlpath=lab%2Ftree%2Fcourse"
    deadline = time.monotonic() + SERVER_SECONDS

    page = mona.get(f"https://{DOMAIN}/hub/user-redirect/git-pull?{query}")
    while urlsplit(page.url).netloc == DOMAIN:
        assert time.monotonic() < deadline, f"{page.url}: {page.text}"
        time.sleep(0.2)
        page = mona.get(page.url)

    # JupyterHub counts the redirects while a server starts.
    assert page.url.partition("&redirects=")[0] == f"https://mona.{DOMAIN}/user/mona/git-pull?{query}"


def test_log_in_cookie_is_bound_to_the_hubs_host(web: Web) -> None:
    cookie = cookies_of(web.visitor().log_in("anna", PASSWORD))[f"__Host-{LOG_IN_COOKIE}"]

    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"secure", "httponly", "path=/"} <= attributes
    assert not [each for each in attributes if each.startswith("domain")]


@pytest.mark.parametrize("user", UNUSUAL_NAMES)
def test_every_user_name_has_a_host_that_works(web: Web, user: str) -> None:
    page = open_server(web.visitor(user), user)

    host = urlsplit(page.url).netloc
    assert host == user_domain(user, DOMAIN, "user")
    assert host.removesuffix(f".{DOMAIN}").count(".") == 0
    assert shown(page)["owner"] == user


def test_admin_opens_a_users_page_without_giving_it_the_hub(web: Web) -> None:
    open_server(web.visitor("anna"), "anna")
    admin = web.admin()

    page = admin.authorize(admin.get(f"https://anna.{DOMAIN}/user/anna/"))

    assert shown(page)["visitor"] == "admin"
    assert not [name for name in shown(page)["cookies"] if LOG_IN_COOKIE in name]
    # What a script of that page can send to the hub, with the admin's cookies: the two hosts are one site.
    script = {"Origin": f"https://anna.{DOMAIN}", "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}
    answer = admin.get(f"https://{DOMAIN}/hub/api/users", **script)
    assert answer.status_code == requests.codes.forbidden
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_users_page_cannot_replace_the_log_in_of_a_visitor(web: Web) -> None:
    open_server(web.visitor("anna"), "anna")
    theirs = web.visitor("anna").session.cookies[f"__Host-{LOG_IN_COOKIE}"]
    admin = web.admin()
    page = admin.authorize(admin.get(f"https://anna.{DOMAIN}/user/anna/"))

    # A browser refuses __Host- with a domain; only the name without the prefix can be set from another host.
    admin.get(f"{page.url}?toss={LOG_IN_COOKIE}={theirs}; Domain={DOMAIN}; Path=/hub/; Secure")

    assert LOG_IN_COOKIE in admin.session.cookies
    model = admin.get(f"https://{DOMAIN}/hub/api/user", **{"X-XSRFToken": admin.xsrf(DOMAIN)}).json()
    assert model["name"] == "admin"


@pytest.mark.parametrize("host", [f"anna.{DOMAIN}", f"nobody.{DOMAIN}", "hub.tenancy.test.evil.test"])
def test_log_in_is_possible_at_the_hubs_host_only(web: Web, host: str) -> None:
    client = web.visitor()
    form = {"username": "anna", "password": PASSWORD}

    answer = client.session.post(f"https://{host}/hub/login?next=%2Fhub%2Fhome", data=form, allow_redirects=False)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"https://{DOMAIN}/hub/login?next=%2Fhub%2Fhome")
    assert not client.session.cookies


def test_pages_of_the_hub_at_a_users_host_lead_to_the_hubs_log_in(web: Web) -> None:
    for path in ("/", "/hub/home", "/hub/admin", "/user/anna/lab"):
        page = web.visitor().get(f"https://mona.{DOMAIN}{path}")
        assert page.url.startswith(f"https://{DOMAIN}/hub/login"), path


def test_one_host_for_all_has_secure_cookies_that_only_the_hub_receives(
    serve: ServeValues, values_for: ValuesFor, people: People
) -> None:
    with serve(values_for(pangeoDomain=DOMAIN)) as web:
        anna = web.visitor()
        answer = anna.log_in("anna", PASSWORD)
        assert all("secure" in cookie.lower() for cookie in cookies_of(answer).values())
        page = open_server(anna, "anna")
        assert urlsplit(page.url).netloc == DOMAIN
        assert LOG_IN_COOKIE not in shown(anna.get(page.url))["cookies"]


def test_host_bound_cookies_on_one_host_would_reach_every_users_server(
    serve: ServeValues, values_for: ValuesFor, people: People
) -> None:
    """Why the hub refuses ``cookie_host_prefix_enabled`` without users' own hosts."""
    values = values_for(pangeoDomain=DOMAIN)
    values["jupyterhub"]["hub"]["config"]["JupyterHub"]["cookie_host_prefix_enabled"] = True

    with serve(declare_again(values)) as web:
        anna = web.visitor("anna")
        assert f"__Host-{LOG_IN_COOKIE}" in shown(open_server(anna, "anna"))["cookies"]


@pytest.fixture
def change(serve: ServeValues, values_for: ValuesFor, people: People, tmp_path: Path) -> Change:
    """Return a context manager: the hub after a change of the key, with anna's server still running."""

    def served(subdomains: bool, *arguments: str) -> AbstractContextManager[Web]:
        values = values_for(pangeoDomain=DOMAIN, ingress={"userSubdomains": subdomains})
        return serve(values, tmp_path, *arguments)

    @contextmanager
    def change(before: bool, after: bool) -> Iterator[Web]:
        # As in z2jh: a hub that ends lets servers run. Those of the test end with the second hub.
        with served(before, "--JupyterHub.cleanup_servers=False") as web:
            open_server(web.visitor("anna"), "anna")
        with served(after) as web:
            yield web

    return change


@pytest.mark.parametrize("subdomains", [False, True])
def test_server_is_open_after_a_restart_of_the_hub(change: Change, subdomains: bool) -> None:
    with change(subdomains, subdomains) as web:
        assert shown(open_running_server(web.visitor("anna"), "anna"))["visitor"] == "anna"


@pytest.mark.parametrize("after", [False, True])
def test_server_of_a_former_host_is_refused_until_it_is_restarted(change: Change, after: bool) -> None:
    host = f"anna.{DOMAIN}" if after else DOMAIN
    with change(not after, after) as web:
        anna = web.visitor("anna")
        for visitor in (anna, web.admin()):
            page = open_running_server(visitor, "anna")
            assert (page.status_code, urlsplit(page.url).netloc) == (requests.codes.conflict, DOMAIN)
            assert former_host("anna").replace("'", "&#39;") in page.text
        page = web.visitor("mona").get(f"https://{host}/user/anna/")
        assert page.status_code == requests.codes.forbidden, "mona may not open the server at all"

        anna.stop_server("anna")
        page = open_server(anna, "anna")

        assert shown(page)["visitor"] == "anna"
        assert urlsplit(page.url).netloc == host
