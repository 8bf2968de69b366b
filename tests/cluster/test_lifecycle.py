"""One tenancy's life on the real node: an upgrade that fails, its repair, a destroy that keeps, one that does not.

The tests follow each other: each finds what the one before left.
"""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from unittest import mock
from uuid import uuid4

import pytest
import requests
import yaml
from pulumi.automation import OpType
from pulumi.automation.errors import CommandError

import components.pangeo_cluster
from local.paths import State
from tests.support.node_capacity import make_room
from tests.support.person import Person
from tests.support.second_tenancy import SecondTenancy, domain_resolves

pytestmark = pytest.mark.cluster

WORD = uuid4().hex
RELEASE = "kubernetes:helm.sh/v3:Release"
NAMESPACE = "kubernetes:core/v1:Namespace"
OLDER, OLD_OBJECT = "0.0.1", "of-the-older-chart"
ANSWER_SECONDS = 60.0
PATIENCE_SECONDS, IMPATIENCE_SECONDS = 90, 5
"""For a release to become ready: one that should, on a node with every image, and one that cannot."""


@pytest.fixture(scope="module")
def tenancy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondTenancy]:
    tenancy = SecondTenancy(State(), tmp_path_factory.mktemp("second"))
    tenancy.wipe()
    make_room(tenancy.state)
    with domain_resolves(), waiting_at_most(PATIENCE_SECONDS):
        yield tenancy
    tenancy.wipe()


@pytest.fixture(scope="module")
def alice(tenancy: SecondTenancy) -> Person:
    return tenancy.person("alice")


@pytest.fixture(scope="module")
def logged_in(tenancy: SecondTenancy, alice: Person) -> requests.Session:
    """Alice's browser, in which she logged in under the older chart; her file is in her home, her server runs.

    Somebody has made her an admin in the hub's own pages.
    """
    current = yaml.safe_load((tenancy.chart / "Chart.yaml").read_text())["version"]
    (tenancy.chart / "templates" / "older.yaml").write_text(
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {OLD_OBJECT}}}\n"
    )
    tenancy.change_chart(OLDER)
    tenancy.up()
    tenancy.grant("alice")
    assert OLD_OBJECT in tenancy.objects("configmap")
    wait_until_it_answers(alice)
    session = tenancy.browser("alice")
    assert alice.log_in() == 200
    make_admin(tenancy, "alice")
    alice.start_server()
    alice.write("kept.txt", WORD)
    tenancy.change_chart(current)
    (tenancy.chart / "templates" / "older.yaml").unlink()
    return session


def test_an_upgrade_that_fails_is_said_and_the_next_up_repairs_it_and_keeps_session_server_and_file(
    tenancy: SecondTenancy, alice: Person, logged_in: requests.Session
) -> None:
    version = yaml.safe_load((tenancy.chart / "Chart.yaml").read_text())["version"]
    tenancy.change_chart(version, jupyterhub={"hub": {"image": {"tag": "nobody-built-this"}}})
    with waiting_at_most(IMPATIENCE_SECONDS), pytest.raises(CommandError) as failed:
        tenancy.up()
    assert 'Helm release "lifecycle/lifecycle" failed to initialize completely' in str(failed.value)

    tenancy.change_chart(version)
    assert tenancy.up() == {RELEASE: OpType.UPDATE}

    assert OLD_OBJECT not in tenancy.objects("configmap")
    wait_until_it_answers(alice)
    home = logged_in.get(f"{alice.url}/hub/home", timeout=ANSWER_SECONDS)
    assert home.url == f"{alice.url}/hub/home", "and not the log-in form"
    assert "alice" in home.text
    assert alice.read("kept.txt") == WORD


def test_a_destroy_keeps_homes_hub_database_and_group_and_the_next_up_takes_them_up_again(
    tenancy: SecondTenancy, alice: Person, logged_in: requests.Session
) -> None:
    before = claims(tenancy)
    tenancy.destroy()
    assert claims(tenancy) == before
    assert set(before) == {"claim-alice", "hub-db-dir"}
    assert tenancy.has_group()
    assert tenancy.objects("deployment") == []

    # For the next test: the operator gives the tenancy up, and says so before the last destroy.
    tenancy.write(protect=False)
    assert tenancy.up()[NAMESPACE] == OpType.CREATE

    assert claims(tenancy) == before
    wait_until_it_answers(alice)
    assert alice.log_in() == 200, "a member of the group as before"
    assert is_admin(tenancy, "alice"), "by the hub's own database"
    alice.start_server()
    assert alice.read("kept.txt") == WORD


def test_a_destroy_without_protection_leaves_nothing(tenancy: SecondTenancy, logged_in: requests.Session) -> None:
    volumes = list(claims(tenancy).values())

    tenancy.destroy()

    assert not tenancy.has_namespace()
    assert not tenancy.has_group()
    for volume in volumes:
        tenancy.kubectl("wait", f"pv/{volume}", "--for=delete", "--timeout=30s")


def waiting_at_most(seconds: int) -> AbstractContextManager[object]:
    """The program lets Helm wait no longer than that."""
    return mock.patch.object(components.pangeo_cluster, "RELEASE_TIMEOUT_SECONDS", seconds)


def claims(tenancy: SecondTenancy) -> dict[str, str]:
    """The volume of each claim."""
    where = "jsonpath={range .items[*]}{.metadata.name} {.spec.volumeName}{'\\n'}{end}"
    printed = tenancy.kubectl("get", "pvc", "--namespace", "lifecycle", "--output", where)
    return dict(line.split() for line in printed.splitlines())


def make_admin(tenancy: SecondTenancy, user: str) -> None:
    """As *Edit User* in the hub's own pages does it."""
    admin = tenancy.person("admin")
    assert admin.log_in() == 200
    admin.call("PATCH", f"/hub/api/users/{user}", {"name": user, "admin": True}).raise_for_status()


def is_admin(tenancy: SecondTenancy, user: str) -> bool:
    admin = tenancy.person("admin")
    assert admin.log_in() == 200
    return bool(admin.call("GET", f"/hub/api/users/{user}").json()["admin"])


def wait_until_it_answers(person: Person) -> None:
    """The hub is ready when ``up`` ends; the ingress controller may learn of it and its certificate a little later."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            if person.call("GET", "/hub/health").ok:
                return
        except requests.ConnectionError:
            pass
        assert time.monotonic() < deadline, f"{person.url} does not answer"
        time.sleep(0.2)
