"""Dask clusters under a user name that FreeIPA gave to another person, with the real hub, directory and API server.

There is no gateway: the tests create its objects, and end a cluster as its controller does.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from secrets import token_hex

import pytest

from components.chart.values import Values
from components.in_hub import messages
from components.in_hub.user_id import Decision
from tests.engine.hub.conftest import CreateNamespace, StartHub, ValuesFor
from tests.engine.hub.hub_namespace import HubNamespace
from tests.support.hub_process import Hub
from tests.support.hub_users import MEMBERS, PASSWORD, People
from tests.support.notebooks import declare_again

pytestmark = pytest.mark.engine

NAMESPACE = "hub-tests-reused-clusters"


@dataclass
class Deployment:
    """A hub, its namespace, and its environment variables for another hub."""

    hub: Hub
    namespace: HubNamespace
    environment: dict[str, str]


@pytest.fixture(scope="module")
def deployment(start_hub: StartHub, values_for: ValuesFor, create_namespace: CreateNamespace) -> Iterator[Deployment]:
    namespace, environment = create_namespace(NAMESPACE, dask=True)
    with start_hub(values_with_clusters(values_for, NAMESPACE), environment) as hub:
        yield Deployment(hub, namespace, environment)


def values_with_clusters(values_for: ValuesFor, namespace: str) -> Values:
    values = values_for()
    values["jupyterhub"]["hub"]["config"]["FreeIpaAuthenticator"]["dask_namespace"] = namespace
    return declare_again(values)


@pytest.fixture
def user(deployment: Deployment, people: People) -> str:
    """A member with a hub user and a Dask cluster, whose name is its own."""
    name = f"user-{token_hex(4)}"
    people.add(name)
    people.join(MEMBERS, name)
    assert deployment.hub.log_in(name, PASSWORD).is_in
    deployment.namespace.create_dask_cluster(name, name)
    return name


def give_name_away(deployment: Deployment, people: People, user: str, *, same_person: bool) -> None:
    people.give_name_to_another_person(user, MEMBERS)
    deployment.namespace.decide(user, Decision(people.unique_id(user), same_person=same_person))


def test_clusters_of_the_former_person_end_before_the_log_in(deployment: Deployment, people: People, user: str) -> None:
    deployment.namespace.create_dask_cluster("of-another", "anna")
    give_name_away(deployment, people, user, same_person=False)

    with ThreadPoolExecutor(1) as pool:
        newcomer = pool.submit(deployment.hub.log_in, user, PASSWORD)
        deployment.namespace.end_dask_cluster(user)

    assert newcomer.result().is_in
    assert deployment.namespace.is_dask_cluster_active("of-another")


def test_clusters_of_the_same_person_go_on(deployment: Deployment, people: People, user: str) -> None:
    give_name_away(deployment, people, user, same_person=True)

    assert deployment.hub.log_in(user, PASSWORD).is_in
    assert deployment.namespace.is_dask_cluster_active(user)


def test_clusters_that_kubernetes_does_not_show_prevent_the_log_in(
    deployment: Deployment, start_hub: StartHub, values_for: ValuesFor, people: People, user: str
) -> None:
    give_name_away(deployment, people, user, same_person=False)

    with start_hub(values_with_clusters(values_for, "default"), deployment.environment) as hub:
        newcomer = hub.log_in(user, PASSWORD)

        assert newcomer.page.status_code == 503
        assert newcomer.message == messages.owner_unknown()
        assert not newcomer.is_in
        assert "the former user's Dask clusters were not ended: HTTP 403 Forbidden" in hub.log()
