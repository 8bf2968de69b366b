"""The lease of the command ``verify``, with the real hub, KubeSpawner, directory and API server.

Without a kubelet, pods stay pending. Without a controller, a deleted claim stays until the test lets it go.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
import requests

from components.chart.hub_pages import hub_pages
from components.in_hub.api_names import VERIFICATION_PATH, VERIFICATION_USER
from tests.engine.hub.conftest import CreateNamespace, StartHub, ValuesWithCheck
from tests.engine.hub.deployments import Deployment
from tests.engine.hub.hub_namespace import EXPANDABLE
from tests.support.home_claim import release_claim
from tests.support.hub_users import MEMBERS, PASSWORD, People
from tests.support.notebooks import User, add_member, declare_again, log_in
from tests.support.rendered_values import SECRETS
from tests.support.tenancies import tenancy
from tests.support.waiting import wait_until

pytestmark = pytest.mark.engine

NAMESPACE = "hub-tests-verification"
LEASE_SECONDS = 20
RENEWAL_SECONDS = 2.0
ANSWER_SECONDS = 60
SERVER = f"/hub/api/users/{VERIFICATION_USER}/server"
CLUSTER = "verification"


@pytest.fixture(scope="module")
def fault(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file: while it exists, the hub finds no smallest server."""
    return tmp_path_factory.mktemp("verification") / "fault"


@pytest.fixture(scope="module")
def deployment(
    start_hub: StartHub, values_with_check: ValuesWithCheck, create_namespace: CreateNamespace, fault: Path
) -> Iterator[Deployment]:
    """A hub that compares its users with the directory every second, and looks for ended leases as often."""
    namespace, environment = create_namespace(NAMESPACE, dask=True)
    values = values_with_check()
    hub_values = values["jupyterhub"]
    hub_values["hub"]["config"]["FreeIpaAuthenticator"]["dask_namespace"] = NAMESPACE
    hub_values["singleuser"]["storage"]["dynamic"]["storageClass"] = EXPANDABLE
    # The user of a verification is no person who could accept them.
    files, code = hub_pages(tenancy(termsOfUse={"text": "Be kind.", "version": "1"}))
    hub_values["hub"]["extraFiles"] |= files
    hub_values["hub"]["extraConfig"] |= code
    hub_values["hub"]["extraConfig"]["verification"] = (
        "from components.in_hub import verification\n"
        f"verification.LEASE_SECONDS, verification.LOOK_SECONDS = {LEASE_SECONDS}, 1\n"
        "from pathlib import Path\n"
        "from components.in_hub import verification_api\n"
        "find_smallest = verification_api.find_smallest\n"
        "def find_or_fail(*given):\n"
        f"    assert not Path({str(fault)!r}).exists(), 'no smallest server'\n"
        "    return find_smallest(*given)\n"
        "verification_api.find_smallest = find_or_fail\n"
    )
    with start_hub(declare_again(values), environment) as hub:
        yield Deployment(hub, namespace)


@pytest.fixture
def member(deployment: Deployment, people: People) -> User:
    return log_in(deployment.hub, add_member(people), PASSWORD)


def call(deployment: Deployment, method: str, lease: str, token: str = SECRETS.verification_token) -> requests.Response:
    headers = {"Authorization": f"token {token}"}
    url = f"{deployment.hub.url}/hub{VERIFICATION_PATH}"
    return requests.request(method, url, json={"lease": lease}, headers=headers, timeout=ANSWER_SECONDS)


def as_user(deployment: Deployment, token: str, method: str, path: str, body: object = None) -> requests.Response:
    headers = {"Authorization": f"token {token}"}
    return requests.request(method, f"{deployment.hub.url}{path}", json=body, headers=headers, timeout=ANSWER_SECONDS)


@contextmanager
def lease(deployment: Deployment) -> Iterator[tuple[str, str]]:
    """Provide a lease that is renewed inside the block, with the token of its user, and remove all of it afterwards."""
    own, ended = token_hex(8), threading.Event()
    begun = call(deployment, "POST", own)
    assert begun.ok, begun.text

    def renew() -> None:
        while not ended.wait(RENEWAL_SECONDS):
            call(deployment, "PUT", own)

    threading.Thread(target=renew, daemon=True).start()
    try:
        yield own, begun.json()["token"]
    finally:
        ended.set()
        wait_until(lambda: not ended_remains(deployment, own), deployment.hub.log)


def ended_remains(deployment: Deployment, own: str) -> list[str]:
    answer = call(deployment, "DELETE", own)
    assert answer.ok, answer.text
    release_claims(deployment)
    remains: list[str] = answer.json()["remains"]
    return remains


def release_claims(deployment: Deployment) -> None:
    """Let claims go that are being deleted, and end clusters that are being stopped, as Kubernetes' controllers do."""
    for claim in listed(deployment, "pvc"):
        if "deletionTimestamp" in claim["metadata"]:
            release_claim(deployment.namespace.api, deployment.namespace.name, claim["metadata"]["name"])
    for cluster in listed(deployment, "daskclusters"):
        if not cluster["spec"]["active"]:
            deployment.namespace.end_dask_cluster(cluster["metadata"]["name"])


def listed(deployment: Deployment, kind: str) -> list[dict[str, Any]]:
    """Return the objects of a kind that belong to the verification."""
    found = json.loads(deployment.namespace.kubectl("get", kind, "--output=json"))["items"]
    return [each for each in found if VERIFICATION_USER in json.dumps(each)]


def start_server(deployment: Deployment, token: str) -> None:
    assert as_user(deployment, token, "POST", SERVER, {}).status_code in (201, 202), deployment.hub.log()
    wait_until(lambda: listed(deployment, "pods"), deployment.hub.log)


def test_lease_gives_a_server_that_the_comparison_with_the_directory_leaves_alone(
    deployment: Deployment, member: User, people: People
) -> None:
    with lease(deployment) as (_, token):
        start_server(deployment, token)
        [claim] = listed(deployment, "pvc")

        people.leave(MEMBERS, member.name)
        wait_until(lambda: not deployment.hub.accepts(member.token), deployment.hub.log)

        assert claim["spec"]["resources"] == {"requests": {"storage": "1Gi"}}
        assert deployment.hub.accepts(token)
        assert listed(deployment, "pods")

    assert not listed(deployment, "pods") + listed(deployment, "pvc")


def test_token_opens_nothing_of_other_users(deployment: Deployment, member: User) -> None:
    with lease(deployment) as (_, token):
        for used in (token, SECRETS.verification_token):
            for method, path in (
                ("GET", "/hub/api/users"),
                ("GET", f"/hub/api/users/{member.name}"),
                ("POST", f"/hub/api/users/{member.name}/server"),
                ("POST", f"/hub/api/users/{member.name}/tokens"),
                ("POST", f"/hub/api/users/{VERIFICATION_USER}/tokens"),
                ("GET", "/hub/api/proxy"),
                ("POST", "/hub/api/pangeo/ended-access"),
            ):
                assert as_user(deployment, used, method, path, {}).status_code in (403, 404), (method, path)
        assert as_user(deployment, SECRETS.verification_token, "POST", SERVER, {}).status_code in (403, 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_only_the_service_has_a_lease(deployment: Deployment, member: User, method: str) -> None:
    assert call(deployment, method, "a lease", member.token).status_code == requests.codes.forbidden
    assert call(deployment, method, "a lease", SECRETS.members_token).status_code == requests.codes.forbidden


def test_nobody_logs_in_with_the_name(deployment: Deployment) -> None:
    with lease(deployment):
        visitor = deployment.hub.log_in(VERIFICATION_USER, PASSWORD)
    assert not visitor.is_in


def test_second_run_is_refused_while_the_first_renews_its_lease(deployment: Deployment) -> None:
    with lease(deployment):
        second = call(deployment, "POST", "second")
        assert second.status_code == requests.codes.conflict
        assert second.json()["renewedSeconds"] < LEASE_SECONDS
        assert call(deployment, "DELETE", "second").status_code == requests.codes.conflict
        assert call(deployment, "PUT", "second").status_code == requests.codes.not_found


def test_hub_removes_everything_of_a_run_that_was_killed(deployment: Deployment) -> None:
    begun = call(deployment, "POST", "killed")
    token = begun.json()["token"]
    start_server(deployment, token)
    deployment.namespace.create_dask_cluster(CLUSTER, VERIFICATION_USER)

    def is_removed() -> bool:
        release_claims(deployment)
        return not listed(deployment, "pods") + listed(deployment, "pvc")

    wait_until(is_removed, deployment.hub.log)
    assert not deployment.namespace.is_dask_cluster_active(CLUSTER)
    wait_until(lambda: not deployment.hub.accepts(token), deployment.hub.log)
    assert call(deployment, "PUT", "killed").status_code == requests.codes.not_found


def test_begin_that_fails_leaves_no_lease(deployment: Deployment, fault: Path) -> None:
    fault.touch()
    try:
        assert call(deployment, "POST", "failed").status_code == requests.codes.server_error
    finally:
        fault.unlink()

    with lease(deployment) as (_, token):
        assert deployment.hub.accepts(token)


@pytest.mark.parametrize("body", [None, [], {}, {"lease": ""}, {"lease": 1}])
def test_invalid_body_is_refused(deployment: Deployment, body: object) -> None:
    answer = as_user(deployment, SECRETS.verification_token, "POST", f"/hub{VERIFICATION_PATH}", body)
    assert answer.status_code == requests.codes.bad_request
