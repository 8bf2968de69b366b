"""A user name that FreeIPA gave to another person: log-in and homes with the real hub, directory and API server.

Without a kubelet, pods stay pending: a pod with the home is as far as a server's start gets.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
import requests

from components.chart.values import Values
from components.in_hub import messages
from components.in_hub.home_marks import AWAY_SINCE, DELETION_BEGUN, LAST_START, read_mark_time
from components.in_hub.user_id import ID_ANNOTATION, KEY_PREFIX, NAME_ANNOTATION, REFUSALS, Decision
from tests.engine.hub.conftest import CreateNamespace, ValuesFor
from tests.engine.hub.hub_namespace import (
    EXPANDABLE,
    HubNamespace,
)
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_process import Hub, Visitor, page_of_refused_start, running_hub
from tests.support.hub_users import MEMBERS, PASSWORD, People
from tests.support.notebooks import SERVERS

pytestmark = pytest.mark.engine

NAMESPACE = "hub-tests-reused-names"


@dataclass
class Deployment:
    """A hub in a cluster, which can be started again with its database or without."""

    python: Path
    folder: Path
    environment: dict[str, str]
    namespace: HubNamespace
    directory: ThrowAwayDirectory
    hub: Hub

    def admin(self) -> Visitor:
        admin = self.hub.log_in("admin", self.directory.password("admin"))
        assert admin.is_in, admin.message
        return admin

    def appoint(self, user: str) -> None:
        """Make the user an admin, as the hub's page *Edit User* does."""
        self.admin().patch(f"/hub/api/users/{user}", {"name": user, "admin": True})

    def delete_hub_user(self, user: str) -> None:
        self.admin().delete(f"/hub/api/users/{user}")

    def start_server(self, user: str, server: str = "") -> Visitor:
        visitor = self.hub.log_in(user, PASSWORD)
        assert visitor.is_in, visitor.message
        visitor.get(f"/hub/spawn/{user}/{server}" if server else "/hub/spawn")
        return visitor

    def create_home(self, user: str, user_id: str) -> None:
        """Create a home that is bound to an account."""
        annotations = {NAME_ANNOTATION: user, ID_ANNOTATION: user_id}
        self.namespace.create_claim(user, "10Gi", EXPANDABLE, annotations=annotations)

    def has_pod(self, user: str, server: str = "") -> bool:
        return self.namespace.has_pod(f"{user}--{server}" if server else user)

    def owner(self, claim: str) -> str | None:
        metadata = json.loads(self.namespace.kubectl("get", "pvc", claim, "--output=json"))["metadata"]
        owner: str | None = metadata.get("annotations", {}).get(ID_ANNOTATION)
        return owner

    def refusal(self, user: str) -> Any:
        data = json.loads(self.namespace.kubectl("get", "configmap", REFUSALS, "--output=json")).get("data", {})
        return json.loads(data[KEY_PREFIX + user])


@pytest.fixture(scope="module")
def values(values_for: ValuesFor) -> Values:
    return values_for(storage={"className": EXPANDABLE}, notebook={"furtherServers": 1})


@pytest.fixture(scope="module")
def deployment(
    hub_python: Path,
    values: Values,
    directory: ThrowAwayDirectory,
    create_namespace: CreateNamespace,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployment]:
    namespace, environment = create_namespace(NAMESPACE)
    folder = tmp_path_factory.mktemp("reused-names")
    with running_hub(hub_python, folder, values, environment) as hub:
        yield Deployment(hub_python, folder, environment, namespace, directory, hub)


@pytest.fixture
def user(people: People) -> str:
    """A member, for one test."""
    name = f"user-{token_hex(4)}"
    people.add(name)
    people.join(MEMBERS, name)
    return name


def test_newcomer_is_refused_until_an_operator_decides(deployment: Deployment, people: People, user: str) -> None:
    former = people.unique_id(user)
    former_session = deployment.hub.log_in(user, PASSWORD)
    token = former_session.new_token(user)
    deployment.appoint(user)
    people.give_name_to_another_person(user, MEMBERS)

    newcomer = deployment.hub.log_in(user, PASSWORD)

    assert newcomer.page.status_code == 403
    assert newcomer.message == messages.name_reused(user)
    assert not newcomer.is_in
    assert deployment.refusal(user)["boundTo"] == [former]
    assert deployment.refusal(user)["id"] == people.unique_id(user)
    assert "decide with: python -m components members accept" in deployment.hub.log()
    assert not deployment.hub.accepts(token), "the former person's log-in ends"
    assert not former_session.is_in


def test_password_of_the_newcomer_creates_no_token(deployment: Deployment, people: People, user: str) -> None:
    assert deployment.hub.log_in(user, PASSWORD).is_in
    people.give_name_to_another_person(user, MEMBERS)

    answer = requests.post(
        f"{deployment.hub.url}/hub/api/users/{user}/tokens",
        json={"auth": {"username": user, "password": PASSWORD}},
        timeout=60,
    )

    assert answer.status_code == 403


def test_same_person_keeps_rights_after_the_decision(deployment: Deployment, people: People, user: str) -> None:
    assert deployment.hub.log_in(user, PASSWORD).is_in
    deployment.appoint(user)
    people.give_name_to_another_person(user, MEMBERS)
    deployment.namespace.decide(user, Decision(people.unique_id(user), same_person=True))

    again = deployment.hub.log_in(user, PASSWORD)

    assert again.user is not None
    assert again.user["admin"] is True
    people.give_name_to_another_person(user, MEMBERS)
    assert not deployment.hub.log_in(user, PASSWORD).is_in, "the decision holds for one account only"


def test_new_person_gets_neither_rights_nor_tokens(deployment: Deployment, people: People, user: str) -> None:
    token = deployment.hub.log_in(user, PASSWORD).new_token(user)
    deployment.appoint(user)
    people.give_name_to_another_person(user, MEMBERS)
    deployment.namespace.decide(user, Decision(people.unique_id(user), same_person=False))

    newcomer = deployment.hub.log_in(user, PASSWORD)

    assert newcomer.user is not None
    assert newcomer.user["admin"] is False
    assert not deployment.hub.accepts(token)
    own = newcomer.new_token(user)
    assert deployment.hub.log_in(user, PASSWORD).is_in
    assert deployment.hub.accepts(own), "the decision takes effect once"


def test_new_home_is_bound_to_its_first_user(deployment: Deployment, people: People, user: str) -> None:
    deployment.start_server(user)

    assert deployment.namespace.pod(user)
    assert deployment.owner(f"claim-{user}") == people.unique_id(user)


def test_start_is_recorded_on_the_home_and_ends_the_absence(deployment: Deployment, people: People, user: str) -> None:
    deployment.create_home(user, people.unique_id(user))
    deployment.namespace.kubectl("annotate", "pvc", f"claim-{user}", f"{AWAY_SINCE}=2026-01-01T00:00:00+00:00")
    before = datetime.now(UTC).replace(microsecond=0)

    deployment.start_server(user)

    assert deployment.namespace.pod(user)
    annotations = deployment.namespace.read_claim(user)["metadata"]["annotations"]
    started = read_mark_time(annotations, LAST_START)
    assert started is not None
    assert before <= started <= datetime.now(UTC)
    assert AWAY_SINCE not in annotations


def test_no_server_starts_with_a_home_that_is_being_deleted(deployment: Deployment, people: People, user: str) -> None:
    deployment.create_home(user, people.unique_id(user))
    deployment.namespace.kubectl(
        "annotate", "pvc", f"claim-{user}", f"{DELETION_BEGUN}={datetime.now(UTC).isoformat()}"
    )
    visitor = deployment.hub.log_in(user, PASSWORD)

    assert messages.home_being_deleted(f"claim-{user}") in page_of_refused_start(visitor, user)

    assert not deployment.has_pod(user)
    # What a command that was killed has left behind.
    old = f"{DELETION_BEGUN}=2026-01-01T00:00:00+00:00"
    deployment.namespace.kubectl("annotate", "--overwrite", "pvc", f"claim-{user}", old)
    deployment.start_server(user)
    assert deployment.namespace.pod(user)
    assert DELETION_BEGUN not in deployment.namespace.read_claim(user)["metadata"]["annotations"]


@pytest.mark.parametrize("server", ["", "second"])
def test_home_of_the_former_person_is_not_mounted(
    deployment: Deployment, people: People, user: str, server: str
) -> None:
    former = people.unique_id(user)
    people.give_name_to_another_person(user, MEMBERS)
    newcomer = deployment.hub.log_in(user, PASSWORD)
    deployment.create_home(user, former)

    page = page_of_refused_start(newcomer, user, server)

    claim = f"claim-{user}"
    assert messages.home_of_another(claim) in page
    assert newcomer.page.status_code == 403
    assert not deployment.has_pod(user, server)
    assert deployment.owner(claim) == former


def test_home_protects_itself_after_the_hub_user_was_deleted(deployment: Deployment, people: People, user: str) -> None:
    assert deployment.hub.log_in(user, PASSWORD).is_in
    deployment.create_home(user, people.unique_id(user))
    deployment.delete_hub_user(user)
    people.give_name_to_another_person(user, MEMBERS)

    newcomer = deployment.hub.log_in(user, PASSWORD)

    assert newcomer.message == messages.name_reused(user)


def test_former_person_starts_no_server_after_the_decision(deployment: Deployment, people: People, user: str) -> None:
    former = deployment.hub.log_in(user, PASSWORD)
    people.give_name_to_another_person(user, MEMBERS)
    deployment.namespace.decide(user, Decision(people.unique_id(user), same_person=False))

    assert messages.sign_in_again() in page_of_refused_start(former, user)
    assert not deployment.has_pod(user)


def test_home_of_an_earlier_version_is_bound_at_the_next_start(
    deployment: Deployment, people: People, user: str
) -> None:
    deployment.namespace.create_claim(user, "10Gi", EXPANDABLE)

    deployment.start_server(user)

    assert deployment.namespace.pod(user)
    assert deployment.owner(f"claim-{user}") == people.unique_id(user)


def test_hub_user_of_an_earlier_version_is_bound_at_the_next_log_in(
    deployment: Deployment, people: People, user: str
) -> None:
    assert deployment.hub.log_in(user, PASSWORD).is_in
    deployment.admin().patch(f"/hub/api/users/{user}", {"auth_state": {"ldap_groups": [], "logged_in": 1}})

    assert deployment.hub.log_in(user, PASSWORD).is_in
    people.give_name_to_another_person(user, MEMBERS)
    assert not deployment.hub.log_in(user, PASSWORD).is_in


def test_claim_mounted_by_another_setting_is_checked(
    deployment: Deployment, values: Values, people: People, user: str, tmp_path: Path
) -> None:
    deployment.namespace.create_claim("old", "10Gi", EXPANDABLE)
    deployment.namespace.kubectl("annotate", "pvc", "claim-old", f"{ID_ANNOTATION}={people.unique_id('anna')}")
    other = json.loads(json.dumps(values))
    volume = {"name": "old", "persistentVolumeClaim": {"claimName": "claim-old"}}
    other["jupyterhub"]["hub"]["config"]["KubeSpawner"]["volumes"] = [volume]

    with running_hub(deployment.python, tmp_path, other, deployment.environment) as hub:
        visitor = hub.log_in(user, PASSWORD)

        assert messages.home_of_another("claim-old") in page_of_refused_start(visitor, user)
    assert not deployment.has_pod(user)


def test_account_without_an_id_is_refused_as_unavailable(deployment: Deployment, people: People, user: str) -> None:
    people.set_unique_id(user, "autogenerate")

    visitor = deployment.hub.log_in(user, PASSWORD)

    assert visitor.page.status_code == 503
    assert "did not return your account's ipaUniqueID" in visitor.message
    assert not visitor.is_in


def test_hub_user_that_cannot_be_decrypted_loses_its_rights(
    hub_python: Path, values_for: ValuesFor, directory: ThrowAwayDirectory, user: str, tmp_path: Path
) -> None:
    values = values_for()
    with running_hub(hub_python, tmp_path, values, SERVERS) as hub:
        token = hub.log_in(user, PASSWORD).new_token(user)
        admin = hub.log_in("admin", directory.password("admin"))
        admin.patch(f"/hub/api/users/{user}", {"name": user, "admin": True})
    replace_crypt_key(values)

    with running_hub(hub_python, tmp_path, values, SERVERS) as hub:
        visitor = hub.log_in(user, PASSWORD)

        assert visitor.user is not None
        assert visitor.user["admin"] is False
        assert not hub.accepts(token)
        assert hub.log_in(user, PASSWORD).is_in


def test_home_proves_whose_an_undecryptable_hub_user_is(
    deployment: Deployment, values: Values, people: People, directory: ThrowAwayDirectory, user: str, tmp_path: Path
) -> None:
    deployment.create_home(user, people.unique_id(user))
    with running_hub(deployment.python, tmp_path, values, deployment.environment) as hub:
        assert hub.log_in(user, PASSWORD).is_in
        admin = hub.log_in("admin", directory.password("admin"))
        admin.patch(f"/hub/api/users/{user}", {"name": user, "admin": True})
    other = json.loads(json.dumps(values))
    replace_crypt_key(other)

    with running_hub(deployment.python, tmp_path, other, deployment.environment) as hub:
        visitor = hub.log_in(user, PASSWORD)
        assert visitor.user is not None
        assert visitor.user["admin"] is True
        people.give_name_to_another_person(user, MEMBERS)
        assert hub.log_in(user, PASSWORD).message == messages.name_reused(user)


def test_home_protects_itself_after_the_database_was_lost(
    deployment: Deployment, values: Values, people: People, user: str, tmp_path: Path
) -> None:
    deployment.create_home(user, people.unique_id(user))
    people.give_name_to_another_person(user, MEMBERS)

    with running_hub(deployment.python, tmp_path, values, deployment.environment) as hub:
        assert hub.log_in(user, PASSWORD).message == messages.name_reused(user)


def replace_crypt_key(values: Values) -> None:
    values["jupyterhub"]["hub"]["config"]["CryptKeeper"]["keys"] = ["e" * 64]
