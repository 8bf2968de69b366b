"""Result of a dashboard's requests, with and without a log-in."""

import pytest

from components.cli.diagnose.certificates import Endpoint
from components.cli.diagnose.result import Status
from components.cli.verify.context import DaskCluster
from components.cli.verify.dashboard import assess_owner, assess_stranger, check_dashboard
from components.cli.verify.web import Answer
from tests.unit.components.cli.verify.contexts import ScriptedWeb, scripted

PAGE = Answer(200, {}, b"<title>Dask: Status</title>")
LED_TO_LOG_IN = [("host/user", Answer(302, {}, b"")), ("host/services", Answer(404, {}, PAGE.body))]


@pytest.mark.parametrize(
    ("answer", "status", "fix"),
    [
        (PAGE, Status.GOOD, ""),
        (Answer(200, {}, b"<title>JupyterHub</title>"), Status.BROKEN, "traefik"),
        (Answer(200, {}, b'<title>JupyterLab</title><script>{"extension": "Dask"}</script>'), Status.BROKEN, "traefik"),
        (Answer(404, {}, b""), Status.BROKEN, "jupyter-server-proxy"),
        (Answer(403, {}, b""), Status.BROKEN, "host_allowlist"),
        (Answer(500, {}, b""), Status.BROKEN, "traefik"),
    ],
)
def test_owner(answer: Answer, status: Status, fix: str) -> None:
    found = assess_owner(answer)
    assert found.status is status
    assert fix in found.fix


def test_strangers_are_led_to_the_log_in() -> None:
    found = assess_stranger(LED_TO_LOG_IN, opens_for_owner=True)
    assert (found.status, found.message) == (
        Status.GOOD,
        "without a log-in the dashboard is not shown (HTTP 302, HTTP 404)",
    )


def test_dashboard_that_nobody_can_open_proves_nothing() -> None:
    assert assess_stranger(LED_TO_LOG_IN, opens_for_owner=False).status is Status.UNKNOWN


def test_open_dashboard_is_named_with_the_users_own_host() -> None:
    context = scripted(Answer(404, {}, b""))
    context.dask_cluster = DaskCluster("vis-pangeo.abc", "/user/x/proxy/status")
    context.scripted_server.web = ScriptedWeb([PAGE])
    context.scripted_server.web.endpoint = Endpoint("user.hub.example.org", "192.0.2.1", 443)
    owners, strangers = check_dashboard(context)

    assert owners.status is Status.GOOD
    assert strangers.message == "everybody can open https://user.hub.example.org/user/x/proxy/status"


@pytest.mark.parametrize("opens_for_owner", [True, False])
def test_dashboard_without_log_in_is_broken(*, opens_for_owner: bool) -> None:
    opened = [("host/user", Answer(302, {}, b"")), ("host/services", PAGE)]
    found = assess_stranger(opened, opens_for_owner=opens_for_owner)
    assert (found.status, found.message) == (Status.BROKEN, "everybody can open https://host/services")
