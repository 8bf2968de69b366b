"""Sizes of servers and homes by user and group, with the real hub, KubeSpawner, directory and API server."""

from collections.abc import Iterator
from secrets import token_hex
from typing import Any

import pytest

from tests.engine.hub.conftest import CreateNamespace, StartHub, ValuesFor
from tests.engine.hub.deployments import Deployment
from tests.engine.hub.hub_namespace import EXPANDABLE, FIXED
from tests.support.administrator import Administrator
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_users import MEMBERS, MODELLERS, PASSWORD, People

pytestmark = pytest.mark.engine

NAMESPACE = "hub-tests-sizes"
DATA, SMALL = "hub_tests_data", "hub_tests_small"
GB = 1024**3
PROFILES = [{"name": "Usual"}, {"name": "Cores", "cpus": 2}, {"name": "Fixed", "cpus": 1.5, "ramGb": 2}]


@pytest.fixture(scope="module")
def owner() -> str:
    """The user with an entry of its own."""
    return f"alice-{token_hex(4)}"


@pytest.fixture(scope="module")
def deployment(
    start_hub: StartHub,
    values_for: ValuesFor,
    create_namespace: CreateNamespace,
    directory: ThrowAwayDirectory,
    people: People,
    owner: str,
) -> Iterator[Deployment]:
    """A tenancy of servers with 1 CPU and 1 GB, and homes of 10 GB, with other sizes for three groups and a user."""
    namespace, environment = create_namespace(NAMESPACE)
    groups = {
        MODELLERS: {"cpus": 4, "ramGb": 8, "storageGb": 20},
        DATA: {"ramGb": 16, "storageGb": 50},
        SMALL: {"cpus": 0.5, "ramGb": 0.5, "storageGb": 5},
    }
    sizes = {"groups": groups, "users": {owner: {"cpus": 0.25, "storageGb": 200}}}
    values = values_for(sizes=sizes, storage={"className": EXPANDABLE}, notebook={"profiles": PROFILES})
    people.add(owner)
    people.join(MEMBERS, owner)
    with Administrator.at(directory) as administrator:
        for group in (DATA, SMALL):
            administrator.make(group, "for the tests of sizes")
        with start_hub(values, environment) as hub:
            yield Deployment(hub, namespace)
        administrator.delete_groups()


@pytest.fixture
def newcomer(people: People) -> str:
    """A new member, for one test."""
    name = f"user-{token_hex(4)}"
    people.add(name)
    people.join(MEMBERS, name)
    return name


def size_of(deployment: Deployment, user: str) -> tuple[str, float, str]:
    """Return the CPUs and GB of the user's pod, whose requests are its limits, and the size of its home."""
    container = deployment.namespace.pod(user)["spec"]["containers"][0]
    resources: dict[str, dict[str, str]] = container["resources"]
    assert all(resources["limits"][each] == resources["requests"][each] for each in ("cpu", "memory"))
    variables: dict[str, Any] = {each["name"]: each.get("value") for each in container["env"]}
    cpus, memory = resources["limits"]["cpu"], resources["limits"]["memory"]
    assert variables["MEM_LIMIT"] == memory, "programs in the server see its own limits"
    assert _cpus(cpus) == float(variables["CPU_LIMIT"])
    return cpus, int(memory) / GB, deployment.namespace.requested_size(user)


def _cpus(quantity: str) -> float:
    return float(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)


def test_members_of_no_group_have_the_tenancys_size(deployment: Deployment, newcomer: str) -> None:
    deployment.start_server(newcomer, "usual")

    assert size_of(deployment, newcomer) == ("1", 1, "10Gi")


def test_member_of_two_groups_has_the_largest_of_each(deployment: Deployment, newcomer: str, people: People) -> None:
    people.join(MODELLERS, newcomer)
    people.join(DATA, newcomer)
    deployment.start_server(newcomer, "usual")

    assert size_of(deployment, newcomer) == ("4", 16, "50Gi")


def test_group_may_have_less_than_all_others(deployment: Deployment, newcomer: str, people: People) -> None:
    people.join(SMALL, newcomer)
    deployment.start_server(newcomer, "usual")

    assert size_of(deployment, newcomer) == ("500m", 0.5, "5Gi")


def test_users_own_entry_comes_before_groups(deployment: Deployment, owner: str, people: People) -> None:
    people.join(DATA, owner)
    deployment.namespace.create_claim(owner, "10Gi", EXPANDABLE)
    deployment.start_server(owner, "usual")

    assert size_of(deployment, owner) == ("250m", 16, "200Gi")
    assert f"home claim-{owner} grows from 10Gi to 200Gi" in deployment.hub.log()


@pytest.mark.parametrize(("profile", "expected"), [("cores", ("2", 8, "20Gi")), ("fixed", ("1500m", 2, "20Gi"))])
def test_profiles_own_values_come_first(
    deployment: Deployment, newcomer: str, people: People, profile: str, expected: tuple[str, float, str]
) -> None:
    people.join(MODELLERS, newcomer)
    deployment.start_server(newcomer, profile)

    assert size_of(deployment, newcomer) == expected


def test_home_of_a_former_member_keeps_its_size(deployment: Deployment, newcomer: str) -> None:
    deployment.namespace.create_claim(newcomer, "50Gi", FIXED)
    deployment.start_server(newcomer, "usual")

    assert size_of(deployment, newcomer) == ("1", 1, "50Gi")
    assert deployment.namespace.warnings(newcomer) == []


def test_home_whose_class_lets_nothing_grow_keeps_its_size(
    deployment: Deployment, newcomer: str, people: People
) -> None:
    people.join(DATA, newcomer)
    deployment.namespace.create_claim(newcomer, "10Gi", FIXED)
    deployment.start_server(newcomer, "usual")

    assert size_of(deployment, newcomer) == ("1", 16, "10Gi")
    [warning] = deployment.namespace.warnings(newcomer)
    assert warning.startswith(f"The home claim-{newcomer} stays at 10Gi instead of 50Gi: ")


@pytest.mark.parametrize(
    "body",
    [
        {"profile": "usual", "cpu_limit": 8},
        {"profile": "usual", "storage_capacity": "500Gi"},
        {"sizes": {"users": {"x": {"cpus": 8}}}},
    ],
)
def test_users_cannot_choose_a_size(deployment: Deployment, newcomer: str, body: dict[str, Any]) -> None:
    visitor = deployment.hub.log_in(newcomer, PASSWORD)

    answer = visitor.post_json(f"/hub/api/users/{newcomer}/server", body)

    assert answer.status_code >= 400
    assert not deployment.namespace.has_pod(newcomer)
