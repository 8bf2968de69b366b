"""The operator's commands on the running tenancy, without changes of memberships."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from local import directory, lifecycle
from local.directory.client import connection
from local.paths import State
from local.tenancy import engine
from local.tenancy.engine_environment import engine_environment
from local.tenancy.pki import authority

pytestmark = pytest.mark.cluster

SECONDS = 300
AT_A_TIME = 3
MEMBER = "alice"


@dataclass(frozen=True)
class Done:
    """The exit code of a command and its JSON output."""

    code: int
    output: Any

    @property
    def results(self) -> dict[str, Any]:
        """The results by their subject."""
        return {each["subject"]: each for each in self.output["results"]}

    @property
    def not_good(self) -> dict[str, str]:
        """The messages of the results that are not good, by subject."""
        return {subject: each["message"] for subject, each in self.results.items() if each["status"] != "good"}


@dataclass(frozen=True)
class Operator:
    """An operator in the engine's workspace, with the environment of an ``up``."""

    state: State

    def __call__(self, *words: str) -> Done:
        done = self.run(*words, "--json")
        assert done.stdout, done.stderr
        return Done(done.returncode, json.loads(done.stdout))

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command, whatever its output is."""
        return subprocess.run(
            [sys.executable, "-m", "components", *words],
            cwd=self.state.engine / "workspace",
            env={**os.environ, **engine_environment(self.state)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    @property
    def trusting(self) -> tuple[str, str]:
        """The option that trusts the authority of the local tenancy."""
        return "--ca-file", str(authority(self.state, "tenancy").crt)


Commands = Mapping[str, Future[Done]]


@pytest.fixture(scope="module")
def operator() -> Operator:
    state = State()
    directory.grant(state, MEMBER, lifecycle.NOTEBOOK_USERS)
    return Operator(state)


@pytest.fixture(scope="module")
def commands(operator: Operator) -> Iterator[Commands]:
    """The commands on the tenancy as it is, which run beside each other, by name."""
    words = {
        "doctor": ("doctor", "local", "--user", MEMBER, *operator.trusting),
        "status": ("status", "local", "--no-drift", *operator.trusting),
        "images": ("images", "local"),
        "members": ("members", "list", "local"),
    }
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield {name: pool.submit(operator, *each) for name, each in words.items()}


@pytest.fixture
def stranger(operator: Operator) -> Iterator[str]:
    """A user of the directory who is in no group."""
    uid = f"stranger-{uuid4().hex[:6]}"
    with connection(operator.state, directory.TENANCY, directory.ADMIN, "admin") as admin:
        attributes = {
            "uid": uid,
            "cn": uid,
            "sn": uid,
            "uidNumber": "671009999",
            "gidNumber": "671009999",
            "homeDirectory": f"/home/{uid}",
            "ipaUniqueID": str(uuid4()),
            "krbPrincipalName": f"{uid}@TENANCY.TEST",
        }
        classes = ["top", "person", "inetUser", "posixAccount", "ipaObject", "krbPrincipalAux"]
        admin.add(directory.user_dn(uid), classes, attributes)  # type: ignore[no-untyped-call]
        try:
            yield uid
        finally:
            admin.delete(directory.user_dn(uid))  # type: ignore[no-untyped-call]


def test_doctor_finds_no_problem_for_a_member(commands: Commands) -> None:
    done = commands["doctor"].result()

    assert done.not_good == {}
    assert done.code == 0
    assert {"domain", "hub to directory", "group", "account", "membership"} <= set(done.results)


def test_doctor_finds_only_the_missing_membership(operator: Operator, stranger: str) -> None:
    done = operator("doctor", "local", "--user", stranger, *operator.trusting)

    assert done.not_good == {"membership": f"{stranger} is not in {lifecycle.NOTEBOOK_USERS}"}
    assert done.results["membership"]["fix"] == f"python -m components members add local {stranger}"
    assert done.code == 1


def test_status_reports_the_release_and_running_servers(commands: Commands) -> None:
    done = commands["status"].result()

    # Other tests may be starting servers on this node, which is a warning.
    # Whether the tenancy was backed up already depends on the tests before.
    assert set(done.not_good) <= {"servers", "backup"}
    assert done.code == 0
    assert f"{engine.STACK}/{engine.STACK} is deployed" in done.results["release"]["message"]
    assert done.results["cluster"]["message"].startswith("https://")
    assert {each["user"] for each in done.results["servers"]["servers"]} <= set(done.results["homes"]["users"])


def test_images_compares_the_stacks_image_with_the_gateway(commands: Commands) -> None:
    done = commands["images"].result()

    assert done.not_good == {}
    assert done.code == 0
    [found] = done.results.values()
    assert found["packages"]["dask-gateway"] == found["gateway"]


def test_members_list_equals_the_directorys_group(operator: Operator, commands: Commands) -> None:
    done = commands["members"].result()

    assert done.code == 0
    assert done.output["group"] == lifecycle.NOTEBOOK_USERS
    assert MEMBER in done.output["users"]
    assert done.output["users"] == directory.members(operator.state, lifecycle.NOTEBOOK_USERS)


def test_usage_reports_users_and_their_groups_up_to_the_total(operator: Operator) -> None:
    done = operator.run("usage", "local", "--format", "csv", *operator.trusting)

    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines()))
    [total] = [row for row in rows if row["kind"] == "total"]
    homes = [Decimal(row["home_gb_days"]) for row in rows if row["kind"] == "user"]
    assert Decimal(total["home_gb_days"]) == sum(homes)
    assert "observed: " in done.stderr
    assert "at present: " not in done.stderr
