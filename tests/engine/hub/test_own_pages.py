"""The tenancy's own pages on a real hub: announcements, name, logo and links, and the terms of use."""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from components.chart.hub_pages import announcement_values
from components.chart.logo import LOGO_KEY, logo_text
from components.chart.values import Values
from components.in_hub import messages
from tests.engine.hub.conftest import CreateNamespace, ValuesFor
from tests.engine.hub.hub_namespace import HubNamespace, render_templates
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_process import Hub, running_hub
from tests.support.hub_users import CLUSTER, MEMBERS, PASSWORD, People
from tests.support.notebooks import ADMIN_TOKEN, SERVERS, User, add_member, log_in, with_admin
from tests.support.tenancies import tenancy
from tests.support.waiting import LIMIT_SECONDS, wait_until

pytestmark = pytest.mark.engine

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle r="4"/></svg>'
BRANDING = {
    "name": "Ocean & <Ice>",
    "logo": "stacks/logos/ocean.svg",
    "links": [{"text": "Help <me>", "url": "https://example.org/help?a=1&b=2"}],
}
TERMS = "For research only: <b>no mining</b>.\nDetails: https://example.org/terms."
ESCAPED_TERMS = (
    "For research only: &lt;b&gt;no mining&lt;/b&gt;.\nDetails: "
    '<a href="https://example.org/terms" rel="noopener noreferrer">https://example.org/terms</a>.'
)


@dataclass
class Deployment:
    """A hub that can be started again with its volume, and the namespace with its announcements."""

    python: Path
    folder: Path
    tools: Path
    environment: dict[str, str]
    namespace: HubNamespace
    values_for: Callable[..., Values]
    hub: Hub = field(init=False)

    def values(self, version: str) -> Values:
        """Return the values with a version of the terms."""
        made = with_admin(self.values_for(branding=BRANDING, termsOfUse={"text": TERMS, "version": version}))
        hub = made["jupyterhub"]["hub"]
        hub["config"]["JupyterHub"]["cleanup_servers"] = False  # as z2jh sets it
        # The file that the stack file names is not in the repository.
        hub["extraFiles"][LOGO_KEY]["stringData"] = logo_text(SVG)
        hub["extraConfig"]["tests"] = (
            "import components.in_hub.announcements\ncomponents.in_hub.announcements.READ_SECONDS = 0.2\n"
        )
        return made

    def announce(self, *announcements: dict[str, Any]) -> None:
        """Apply the objects that the chart has for the announcements of a stack file."""
        values = announcement_values(tenancy(announcements=list(announcements)))["announcements"]
        options = f"--set-json=announcements={json.dumps(values)}"
        rendered = render_templates(
            self.tools, self.folder / "announcements", ["announcements"], CLUSTER, self.namespace.name, options
        )
        self.namespace.kubectl("apply", "--filename=-", stdin=rendered)


@pytest.fixture(scope="module")
def deployment(
    hub_python: Path,
    tools: Path,
    values_for: ValuesFor,
    create_namespace: CreateNamespace,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployment]:
    namespace, environment = create_namespace("hub-tests-own-pages")
    folder = tmp_path_factory.mktemp("own-pages")
    deployed = Deployment(hub_python, folder, tools, {**environment, **SERVERS}, namespace, values_for)
    with running_hub(hub_python, folder, deployed.values("2026-12"), deployed.environment) as deployed.hub:
        yield deployed


@pytest.fixture
def member(deployment: Deployment, people: People) -> User:
    """A user who is logged in and has not accepted the terms."""
    return log_in(deployment.hub, add_member(people), PASSWORD)


def in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")


def accept(user: User, **form: str) -> requests.Response:
    user.browser.get("/hub/terms?next=%2Fhub%2Ftoken")
    return user.browser.post("/hub/terms", **{"accept": "2026-12", "next": "/hub/token", **form})


def start(hub: Hub, user: str, token: str) -> requests.Response:
    headers = {"Authorization": f"token {token}"}
    return requests.post(f"{hub.url}/hub/api/users/{user}/server", headers=headers, timeout=LIMIT_SECONDS)


def records(python: Path, folder: Path) -> list[dict[str, str]]:
    """Return the records in a hub's folder as the operator's command reads them."""
    printed = subprocess.run(
        [python, "-m", "components.in_hub.acceptances"],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        check=True,
        timeout=LIMIT_SECONDS,
    )
    found: list[dict[str, str]] = json.loads(printed.stdout)
    return found


def test_announcements_appear_and_end_without_a_restart(deployment: Deployment, member: User) -> None:
    accept(member)
    visitor = deployment.hub.visitor()
    soon = (datetime.now(UTC) + timedelta(seconds=15)).isoformat(timespec="seconds")
    deployment.announce(
        {"text": "<script>alert(1)</script> see https://example.org/a?b=1&c=<i>.", "until": in_an_hour()},
        {"text": "For the log-in", "until": in_an_hour(), "where": ["logIn"], "severity": "urgent"},
        {"text": "For others", "until": "2100-01-02T03:04+01:00", "where": ["others"], "severity": "warning"},
        {"text": "Ends soon", "until": soon},
        {"text": "Long past", "until": "2020-01-01T00:00Z"},
    )

    wait_until(lambda: "For the log-in" in visitor.get("/hub/login").text, deployment.hub.log)

    page = visitor.page.text
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; see" in page
    assert '<a href="https://example.org/a?b=1&amp;c=" rel="noopener noreferrer">' in page
    assert "Sign in with your FreeIPA user name" in page
    assert "For others" not in page
    assert "Long past" not in page
    home = member.browser.get("/hub/home").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in home
    assert "For the log-in" not in home
    for path in ("/hub/token", "/hub/no-such-page"):  # the second is rendered in another way
        others = member.browser.get(path).text
        assert "Saturday 2 January 2100, 03:04 UTC+01:00" in others, path
    wait_until(lambda: "Ends soon" not in visitor.get("/hub/login").text, deployment.hub.log)
    deployment.namespace.kubectl("delete", "configmap", "announcements")
    wait_until(lambda: "For the log-in" not in visitor.get("/hub/login").text, deployment.hub.log)


def test_name_logo_and_links_are_on_every_page(deployment: Deployment) -> None:
    visitor = deployment.hub.visitor()

    for path in ("/hub/login", "/hub/no-such-page"):
        page = visitor.get(path).text
        assert "<title>Ocean &amp; &lt;Ice&gt;</title>" in page, path
        assert '<a href="https://example.org/help?a=1&amp;b=2" rel="noopener noreferrer">Help &lt;me&gt;</a>' in page
        assert '<a href="/hub/terms">Terms of use</a>' in page
    logo = visitor.get("/hub/logo")
    assert logo.content == SVG
    assert logo.headers["Content-Type"] == "image/svg+xml"
    assert logo.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in logo.headers["Content-Security-Policy"]
    assert visitor.session.head(f"{deployment.hub.url}/hub/logo", timeout=LIMIT_SECONDS).ok


def test_terms_come_first_and_can_be_read_by_everybody(deployment: Deployment, people: People) -> None:
    page = deployment.hub.visitor().get("/hub/terms").text
    assert ESCAPED_TERMS in page
    assert "<form" not in page

    visitor = deployment.hub.visitor()
    visitor.get("/hub/login?next=%2Fhub%2Fhome")
    after_log_in = visitor.post("/hub/login?next=%2Fhub%2Fhome", username=add_member(people), password=PASSWORD)

    assert after_log_in.headers["Location"] == "/hub/terms?next=%2Fhub%2Fhome"
    for path in ("/hub/home", "/hub/spawn"):
        assert visitor.get(path).url.endswith(f"/hub/terms?next={path.replace('/', '%2F')}")
    assert ESCAPED_TERMS in visitor.page.text
    assert visitor.get("/hub/token").ok


def test_acceptance_is_recorded_once_and_leads_on(deployment: Deployment, people: People, member: User) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    assert accept(member, accept="").status_code == 200  # not ticked
    assert accept(member, accept="2026-11").status_code == 200  # of another version
    forged = member.browser.session.post(
        f"{deployment.hub.url}/hub/terms", data={"accept": "2026-12"}, timeout=LIMIT_SECONDS, allow_redirects=False
    )
    assert forged.status_code == 403  # without the form's token
    with_token = member.request(member.token, "POST", "/hub/terms?accept=2026-12")
    assert with_token.status_code == 403
    assert start(deployment.hub, member.name, member.token).status_code == 403

    accepted = accept(member)
    accept(member)

    assert accepted.status_code == 302
    assert accepted.headers["Location"] == "/hub/token"
    [record] = [each for each in records(deployment.python, deployment.folder) if each["user"] == member.name]
    assert record["user_id"] == people.unique_id(member.name)
    assert record["version"] == "2026-12"
    assert before <= datetime.fromisoformat(record["time"]) <= datetime.now(UTC)
    assert "You accepted these terms on" in member.browser.get("/hub/terms").text
    member.start_server()
    member.stop_server_as_admin()


def test_terms_lead_to_pages_of_the_hub_only(member: User) -> None:
    answer = accept(member, next="https://elsewhere.example.org/")

    assert answer.status_code == 302
    assert "elsewhere" not in answer.headers["Location"]


def test_no_way_of_starting_goes_round_the_terms(
    deployment: Deployment, directory: ThrowAwayDirectory, member: User
) -> None:
    refusal = messages.terms_not_accepted(member.name, "2026-12")
    admin = deployment.hub.log_in("admin", directory.password("admin"))
    accept(User(deployment.hub, "admin", admin, ""))

    for _ in range(6):  # more than the failed starts after which z2jh restarts the hub
        answer = start(deployment.hub, member.name, member.token)
        assert answer.status_code == 403
        assert answer.json()["message"] == refusal
    assert start(deployment.hub, member.name, ADMIN_TOKEN).json()["message"] == refusal
    assert member.name in admin.get(f"/hub/spawn/{member.name}").text
    assert "has not accepted the terms of use" in admin.page.text
    assert admin.post(f"/hub/spawn/{member.name}").status_code == 403
    assert member.browser.post("/hub/spawn").status_code == 403
    assert not member.has_server()
    assert "consecutive spawns failed" not in deployment.hub.log()


def test_record_survives_a_restart_and_a_new_version_is_asked_for(
    deployment: Deployment, people: People, tmp_path: Path
) -> None:
    folder = tmp_path / "hub"
    folder.mkdir()
    environment = deployment.environment
    with running_hub(deployment.python, folder, deployment.values("1"), environment) as hub:
        member = log_in(hub, add_member(people), PASSWORD)
        member.browser.get("/hub/terms")
        member.browser.post("/hub/terms", accept="1")
        member.start_server()

    with running_hub(deployment.python, folder, deployment.values("1"), environment) as hub:
        assert member.browser.get("/hub/home").url.endswith("/hub/home")

    with running_hub(deployment.python, folder, deployment.values("2"), environment) as hub:
        assert member.has_server()  # it goes on
        assert member.browser.get("/hub/home").url.endswith("/hub/terms?next=%2Fhub%2Fhome")
        member.stop_server_as_admin()
        assert start(hub, member.name, member.token).status_code == 403
        # The next person of this name has accepted nothing.
        people.give_name_to_another_person(member.name, MEMBERS)
        [record] = records(deployment.python, folder)
        assert record["version"] == "1"
        assert record["user_id"] != people.unique_id(member.name)


def test_records_that_cannot_be_read_let_nobody_start(deployment: Deployment, people: People, tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    folder.mkdir()
    with running_hub(deployment.python, folder, deployment.values("1"), deployment.environment) as hub:
        member = log_in(hub, add_member(people), PASSWORD)
        (folder / "terms-of-use.sqlite").write_bytes(b"this is no database" * 100)

        answer = start(hub, member.name, member.token)

        assert answer.status_code == 503
        assert answer.json()["message"] == messages.terms_unavailable()
