"""The doctor on a tenancy with faulty directory servers: it names each of them, and checks the rest."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from components.chart.values import Values
from components.cli.diagnose.doctor import BIND, GROUP
from components.cli.diagnose.hub_log_in import HUB_TO_DIRECTORY
from components.cli.diagnose.result import Status
from components.cli.diagnose.user import MEMBERSHIP
from tests.engine.components.cli.conftest import Ingress, SetUp
from tests.engine.components.cli.directory import IN, Directory
from tests.support.certificates import Authority, authority, server_context
from tests.support.faulty_directory import faulty
from tests.support.hub_process import running_hub
from tests.support.notebooks import declare_again
from tests.support.scripted_server import Answer, scripted_server

pytestmark = pytest.mark.engine

OK = Answer()
FAULTS = {
    "busy": [Answer(51)],
    "unavailable": [Answer(52)],
    "unwilling": [Answer(53)],
    "other": [Answer(80)],
    "no search": [OK, Answer(80)],
}


@pytest.fixture(scope="module")
def signer() -> Authority:
    return authority("the faulty servers' authority")


@contextmanager
def faulty_server(folder: Path, signer: Authority, fault: str) -> Iterator[str]:
    """Start a server with the fault; give its name."""
    own = folder / f"server {fault}"
    own.mkdir()
    with scripted_server(FAULTS[fault], tls=server_context(own, signer, "localhost")) as server:
        yield f"localhost:{server.port}"


def with_servers(set_up: SetUp, signer: Authority, *servers: str) -> SetUp:
    authorities = f"{set_up.tenancy.identity.ca_certificate}{signer.pem}"
    return set_up.with_identity(servers=servers, ca_certificate=authorities)


@pytest.mark.parametrize("user", [None, IN])
@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_replica_is_a_warning_with_its_name(
    healthy: SetUp, signer: Authority, tmp_path: Path, fault: str, user: str | None
) -> None:
    with faulty_server(tmp_path, signer, fault) as name:
        found = with_servers(healthy, signer, name, *healthy.tenancy.identity.servers).doctor(user)

    replica = found[f"log-in at {name}"]
    assert replica.status is Status.WARNING
    assert f"at {name}: the server" in replica.message
    assert "users log in through another server" in replica.message
    assert replica.fix
    assert found[BIND].status is found[GROUP].status is Status.GOOD
    assert user is None or found[MEMBERSHIP].status is Status.GOOD


@pytest.mark.parametrize("user", [None, IN])
def test_faults_of_all_servers_are_broken_with_their_names(
    healthy: SetUp,
    people: Directory,
    ingress: Ingress,
    values: Values,
    hub_python: Path,
    signer: Authority,
    tmp_path: Path,
    user: str | None,
) -> None:
    [real] = healthy.tenancy.identity.servers
    with faulty_server(tmp_path, signer, "busy") as name, faulty(people.server, "minimum SSF"):
        set_up = with_servers(healthy, signer, name, real)
        changed = copy.deepcopy(values)
        config = changed["jupyterhub"]["hub"]["config"]
        config["FreeIpaAuthenticator"]["servers"] = [name, real]
        config["LDAPAuthenticator"]["tls_kwargs"]["ca_certs_data"] = set_up.tenancy.identity.ca_certificate
        folder = tmp_path / "hub"
        folder.mkdir()
        with (
            running_hub(hub_python, folder, declare_again(changed)) as hub,
            ingress.serving(healthy.tenancy.domain, int(hub.url.rpartition(":")[2])) as port,
        ):
            found = replace(set_up, https_port=port).doctor(user)

    assert found[HUB_TO_DIRECTORY].status is found[BIND].status is Status.BROKEN
    assert f"HTTP 503: The directory ({name}, {real}) is not available at the moment" in found[HUB_TO_DIRECTORY].message
    assert f"logging in at {name}: the server is busy or unavailable" in found[BIND].message
    assert f"logging in at {real}: the server could not check the password" in found[BIND].message
    assert MEMBERSHIP not in found


def test_fault_of_the_only_server_is_broken_with_its_name(healthy: SetUp, people: Directory) -> None:
    with faulty(people.server, "minimum SSF"):
        broken = healthy.broken(IN)

    assert set(broken) == {HUB_TO_DIRECTORY, BIND}
    assert f"logging in at {healthy.tenancy.identity.servers[0]}: the server could not check" in broken[BIND].message
