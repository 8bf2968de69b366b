"""A further server of a user beside the usual one: both start at once, with one home, on one node."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.dask import CLEAN_UP_SECONDS, wait_until
from tests.support.notebook_user import NotebookUser
from tests.support.person import SERVER_TIMEOUT_SECONDS, Person
from tests.support.second_tenancy import SecondTenancy

pytestmark = pytest.mark.cluster

NAME = "further"
FILE, TEXT = "of-the-usual-server.txt", "read in the further one"


def start(person: Person) -> None:
    """Start the further server, and wait until its own API answers."""
    answer = person.call("POST", f"/hub/api/users/{person.user}/servers/{NAME}")
    assert answer.status_code in (201, 202), answer.text
    status = f"/user/{person.user}/{NAME}/api/status"
    wait_until(
        lambda: person.call("GET", status).status_code == 200, SERVER_TIMEOUT_SECONDS, "the further server answers"
    )


def pods(tenancy: SecondTenancy, person: Person) -> list[dict[str, Any]]:
    """Return the pods of the user's servers."""
    selector = f"component=singleuser-server,hub.jupyter.org/username={person.user}"
    found: dict[str, Any] = json.loads(tenancy.kubectl("get", "pods", "--selector", selector, "--output=json"))
    return list(found["items"])


def claims_of(pod: dict[str, Any]) -> set[str]:
    volumes = [each.get("persistentVolumeClaim") or {} for each in pod["spec"]["volumes"]]
    return {each["claimName"] for each in volumes if each and each["claimName"].startswith("claim-")}


@pytest.fixture
def person(tenancy: SecondTenancy, bob: NotebookUser) -> Iterator[Person]:
    """A user with a home, whose server is stopped; afterwards only the usual one may run."""
    _ = bob.person
    bob.end_work()
    person = tenancy.log_in(bob.name)
    person.stop_server()
    yield person
    person.call("DELETE", f"/hub/api/users/{person.user}/servers/{NAME}", {"remove": True})
    wait_until(lambda: len(pods(tenancy, person)) <= 1, CLEAN_UP_SECONDS, "the further server has ended")


def test_servers_that_start_at_once_share_one_home(tenancy: SecondTenancy, person: Person) -> None:
    before = tenancy.objects("pvc")

    with ThreadPoolExecutor() as pool:
        started = [pool.submit(person.start_server), pool.submit(start, person)]
        for each in started:
            each.result()
    person.write(FILE, TEXT)

    found = person.call("GET", f"/user/{person.user}/{NAME}/api/contents/{FILE}")
    assert found.json()["content"] == TEXT
    usual, further = pods(tenancy, person)
    assert claims_of(usual) == claims_of(further) != set()
    assert usual["spec"]["nodeName"] == further["spec"]["nodeName"]
    assert tenancy.objects("pvc") == before, "there is no further home"
    more = person.call("POST", f"/hub/api/users/{person.user}/servers/{NAME}-2")
    assert more.status_code == 400, more.text

    ended = person.call("DELETE", f"/hub/api/users/{person.user}/servers/{NAME}", {"remove": True})
    assert ended.ok, ended.text
    wait_until(lambda: len(pods(tenancy, person)) == 1, CLEAN_UP_SECONDS, "the further server has ended")
    assert person.read(FILE) == TEXT
