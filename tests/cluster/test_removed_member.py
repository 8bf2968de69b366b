"""``members remove`` on the running tenancy: server and Dask cluster end, the home stays."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from local import directory, lifecycle
from local.paths import State
from local.tenancy.engine_environment import engine_environment
from local.tenancy.pki import authority
from tests.support.dask import CLEAN_UP_SECONDS, NEW_CLUSTER, cluster_objects, log_in_user, restart_servers, wait_until
from tests.support.kernel import Kernel
from tests.support.kubectl import list_objects
from tests.support.person import Person

pytestmark = pytest.mark.cluster

USER = "bob"
FILE, TEXT = "kept.txt", "the home of a removed member"
COMMAND_SECONDS = 400


@pytest.fixture
def state() -> Iterator[State]:
    state = State()
    yield state
    directory.grant(state, USER, lifecycle.NOTEBOOK_USERS)


def remove_member(state: State, *options: str) -> subprocess.CompletedProcess[str]:
    ca_file = str(authority(state, "tenancy").crt)
    return subprocess.run(
        [sys.executable, "-m", "components", "members", "remove", "local", USER, "--ca-file", ca_file, *options],
        cwd=state.engine / "workspace",
        env={**os.environ, **engine_environment(state)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )


def servers_of(state: State, user: str) -> list[str]:
    """Return the pods of the user's notebook servers."""
    pods = list_objects(state, "pods", "--selector", "component=singleuser-server")
    names = {pod["metadata"]["name"]: pod["metadata"]["annotations"]["hub.jupyter.org/username"] for pod in pods}
    return [name for name, owner in names.items() if owner == user]


def assert_has_no_access(person: Person) -> None:
    assert person.call("GET", "/hub/api/user").status_code == 403
    assert person.call("POST", f"/hub/api/users/{USER}/server").status_code == 403
    page = person.session.get(f"{person.hub.url}/hub/home", timeout=60)
    assert "/hub/login" in page.url


def test_removed_member_loses_server_and_dask_cluster_and_keeps_the_home(state: State) -> None:
    person = restart_servers(state, USER)[USER]
    person.write(FILE, TEXT)
    kernel = Kernel(person)
    kernel.run(f"{NEW_CLUSTER}cluster.scale(1)\nclient.wait_for_workers(1)")
    cluster = str(kernel.value("cluster.name"))
    assert cluster_objects(state, cluster)

    done = remove_member(state)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{USER}: no server and no Dask cluster runs; the home is kept" in done.stdout
    assert_has_no_access(person)
    assert servers_of(state, USER) == []
    wait_until(lambda: not cluster_objects(state, cluster), CLEAN_UP_SECONDS, "the cluster's objects are gone")
    again = log_in_user(state, USER)
    again.start_server()
    assert again.read(FILE) == TEXT


def test_server_goes_on_if_the_operator_keeps_it(state: State) -> None:
    person = log_in_user(state, USER)
    person.start_server()

    done = remove_member(state, "--keep-server")

    assert done.returncode == 0, done.stdout + done.stderr
    assert_has_no_access(person)
    assert servers_of(state, USER)
