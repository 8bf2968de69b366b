"""The end of a user's access in a cluster, with the real hub, KubeSpawner, directory and API server.

Without a kubelet, pods stay pending: the removal meets servers that are starting.
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from components.in_hub.home_marks import AWAY_SINCE, read_mark_time
from components.in_hub.user_id import NAME_ANNOTATION
from tests.engine.hub.conftest import CreateNamespace, StartHub, ValuesFor
from tests.engine.hub.deployments import Deployment
from tests.engine.hub.hub_namespace import EXPANDABLE
from tests.support.directory import ThrowAwayDirectory
from tests.support.ended_access import end_access
from tests.support.hub_users import PASSWORD, People
from tests.support.notebooks import User, add_member, log_in, with_admin
from tests.support.rendered_values import SECRETS

pytestmark = pytest.mark.engine

NAMESPACE = "hub-tests-removal"
STOP_SECONDS = 120.0


@pytest.fixture(scope="module")
def deployment(start_hub: StartHub, values_for: ValuesFor, create_namespace: CreateNamespace) -> Iterator[Deployment]:
    namespace, environment = create_namespace(NAMESPACE, dask=True)
    values = values_for(storage={"className": EXPANDABLE})
    values["jupyterhub"]["hub"]["config"]["FreeIpaAuthenticator"]["dask_namespace"] = NAMESPACE
    with start_hub(with_admin(values), environment) as hub:
        yield Deployment(hub, namespace)


@pytest.fixture
def member(deployment: Deployment, people: People) -> User:
    """A new member with a Dask cluster, whose name is the user's."""
    user = log_in(deployment.hub, add_member(people), PASSWORD)
    deployment.namespace.create_dask_cluster(user.name, user.name)
    return user


def test_removal_deletes_the_pod_of_a_server_that_is_starting(deployment: Deployment, member: User) -> None:
    assert member.post_server(member.token) in (201, 202)
    assert deployment.namespace.pod(member.name)

    answer = end_access(deployment.hub, SECRETS.members_token, users=[member.name])

    assert answer.json()["users"][member.name]["clusters"] == [member.name]
    deadline = time.monotonic() + STOP_SECONDS
    while member.has_server() or deployment.namespace.has_pod(member.name):
        assert time.monotonic() < deadline, deployment.hub.log()
        time.sleep(0.2)
    assert member.post_server(member.token) == requests.codes.forbidden
    assert not deployment.namespace.has_pod(member.name)


def test_removal_is_recorded_once_on_the_home(deployment: Deployment, member: User) -> None:
    deployment.namespace.create_claim(member.name, "10Gi", EXPANDABLE)
    metadata = {"labels": {"component": "singleuser-storage"}, "annotations": {NAME_ANNOTATION: member.name}}
    patch = json.dumps({"metadata": metadata})
    deployment.namespace.kubectl("patch", "pvc", f"claim-{member.name}", "--type=merge", "--patch", patch)

    def away_since() -> datetime | None:
        return read_mark_time(deployment.namespace.read_claim(member.name)["metadata"]["annotations"], AWAY_SINCE)

    before = datetime.now(UTC).replace(microsecond=0)
    end_access(deployment.hub, SECRETS.members_token, users=[member.name])
    recorded = away_since()

    assert recorded is not None
    assert before <= recorded <= datetime.now(UTC)
    time.sleep(1.1)  # the resolution of the record
    end_access(deployment.hub, SECRETS.members_token, users=[member.name])
    assert away_since() == recorded, "the command repeats the request until everything has stopped"


def test_deleted_user_leaves_no_dask_cluster_behind(
    deployment: Deployment, member: User, directory: ThrowAwayDirectory
) -> None:
    admin = deployment.hub.log_in("admin", directory.password("admin"))

    admin.delete(f"/hub/api/users/{member.name}")

    assert not deployment.namespace.is_dask_cluster_active(member.name)
