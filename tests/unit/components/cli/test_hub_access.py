"""The end of a user's access at the hub, as ``members remove`` reports it."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from components.chart.members_access import TOKEN_KEY
from components.cli.diagnose.certificates import NoConnection
from components.cli.diagnose.hub_client import Page
from components.cli.hub_access import (
    STOP_SECONDS,
    AccessNotEnded,
    HubAccess,
    end_access,
    explain_remaining,
    read_token,
)
from tests.support.tenancies import tenancy

TOKEN = "0123456789abcdef"


@dataclass
class FakeClient:
    """A hub that gives these answers in turn, the last one for ever."""

    answers: list[Page | Exception]
    requests: list[tuple[str, Any, str]] = field(default_factory=list)

    def post_json(self, path: str, body: object, token: str) -> Page:
        self.requests.append((path, body, token))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def page(
    servers: int = 0, clusters: int = 0, problem: str = "", status: int = 200, visited: tuple[str, ...] = ()
) -> Page:
    user = {"servers": [""] * servers, "clusters": ["x"] * clusters, "problem": problem, "visited": visited}
    return Page(status, json.dumps({"users": {"bob": user}}), "")


def run(*answers: Page | Exception, keep_server: bool = False) -> tuple[bool, list[str], FakeClient]:
    client, lines, now = FakeClient(list(answers)), list[str](), [0.0]
    hub = HubAccess(client, TOKEN)  # type: ignore[arg-type]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    ended = end_access(hub, "bob", keep_server=keep_server, report=lines.append, sleep=sleep, clock=lambda: now[0])
    return ended, lines, client


ENDED = "bob: log-in, sessions and API tokens have ended, and no server can be started"
GONE = "bob: no server and no Dask cluster runs; the home is kept"


def test_progress_of_servers_and_clusters_is_reported() -> None:
    ended, lines, client = run(page(1, 2), page(1, 2), page(0, 1), page())

    assert ended
    assert lines == [
        f"{ENDED}; 1 server and 2 Dask clusters stopping …",
        "bob: 1 Dask cluster still stopping …",
        GONE,
    ]
    assert client.requests[0] == (
        "/hub/api/pangeo/ended-access",
        {"users": ["bob"], "keepServer": False, "ids": {}},
        TOKEN,
    )


def test_user_without_a_server_needs_one_request() -> None:
    ended, lines, client = run(page())

    assert (ended, lines, len(client.requests)) == (True, [ENDED, GONE], 1)


def test_kept_server_is_reported() -> None:
    ended, lines, client = run(page(1), keep_server=True)

    assert ended
    assert lines == [f"{ENDED}; 1 server and Dask clusters go on until they are stopped"]
    assert client.requests[0][1] == {"users": ["bob"], "keepServer": True, "ids": {}}


def test_id_of_the_account_is_sent_to_find_a_renamed_user() -> None:
    client = FakeClient([page()])

    HubAccess(client, TOKEN, {"bob": "an-id", "eve": "another"}).end("bob", keep_server=False)  # type: ignore[arg-type]

    assert client.requests[0][1]["ids"] == {"bob": "an-id"}


def test_servers_of_others_with_open_pages_are_reported() -> None:
    _, lines, _ = run(page(1, visited=("anna", "carl")), page())

    assert lines[0] == (
        "bob had opened the servers of anna, carl: pages that are still open there may go on until these servers are "
        "stopped"
    )


def test_server_that_does_not_stop_is_reported() -> None:
    ended, lines, _ = run(page(1))

    assert not ended
    assert lines[-1] == f"bob: 1 server did not stop within {STOP_SECONDS:g} s"


def test_clusters_that_kubernetes_did_not_list_are_reported() -> None:
    ended, lines, _ = run(page(problem="HTTP 403 Forbidden"))

    assert not ended
    assert (
        lines[-1] == "bob: the Dask clusters were not ended: the hub had no answer from Kubernetes (HTTP 403 Forbidden)"
    )


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (NoConnection("connecting to 192.0.2.1:443: the connection was refused"), "the connection was refused"),
        (page(status=403), "refused the token"),
        (page(status=404), "older than this program"),
        (page(status=503), "HTTP 503"),
        (Page(200, "<html>", ""), "not that of a Pangeo hub"),
        (Page(200, "{}", ""), "not that of a Pangeo hub"),
    ],
)
def test_hub_that_does_not_end_the_access_is_an_error(answer: Page | Exception, reason: str) -> None:
    with pytest.raises(AccessNotEnded, match=reason) as failure:
        run(answer)
    assert TOKEN not in str(failure.value)


@dataclass
class FakeApi:
    data: Mapping[str, str]
    server: str = "https://cluster"

    def get(self, path: str, accept: str = "application/json") -> Mapping[str, Any]:
        assert path == "/api/v1/namespaces/vis-pangeo/secrets/pangeo-secrets"
        return {"data": self.data}


def test_token_is_read_from_the_tenancys_secret() -> None:
    assert read_token(FakeApi({TOKEN_KEY: base64.b64encode(TOKEN.encode()).decode()}), "vis-pangeo") == TOKEN


@pytest.mark.parametrize("data", [{}, {TOKEN_KEY: ""}, {TOKEN_KEY: "?"}])
def test_secret_of_an_earlier_version_is_an_error_with_a_fix(data: dict[str, str]) -> None:
    with pytest.raises(AccessNotEnded, match="run pulumi up with this version"):
        read_token(FakeApi(data), "vis-pangeo")


def test_message_says_what_remains_for_how_long_and_how_to_repeat() -> None:
    message = explain_remaining(tenancy(), "vis", "bob", "no answer", keep_server=False)

    assert message == (
        "bob cannot log in any more, but an open session, API tokens, a running server and Dask clusters remain: no "
        "answer. Meanwhile sessions and tokens end at most 24 hours after the log-in (identity.logInHours), servers "
        "and clusters go on until they are culled or stopped. Repeat: python -m components members remove vis bob"
    )
    check = tenancy(identity__membershipCheck={"bindDn": "uid=r,cn=sysaccounts,cn=etc,dc=example,dc=org"})
    assert "ends them itself within 6 minutes" in explain_remaining(check, "vis", "bob", "x", keep_server=True)
    assert explain_remaining(check, "vis", "bob", "x", keep_server=True).endswith("remove vis bob --keep-server")
