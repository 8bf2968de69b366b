"""The checks of what users do: server, notebook, files and Dask, and their diagnoses."""

import threading
from typing import Any

import pytest

from components.cli.diagnose.result import Status
from components.cli.verify import dask, server
from components.cli.verify.check import DASK
from components.cli.verify.dask import KNOWN_SUM, check_dask
from components.cli.verify.failures import CheckFailed, CodeFailed
from components.cli.verify.server import HOME_FILE, check_files, check_notebook, check_server
from components.in_hub.api_names import VERIFICATION_USER
from components.in_hub.user_id import NAME_ANNOTATION
from tests.unit.components.cli.verify.contexts import answer, scripted

READY = answer(200, {"servers": {"": {"ready": True}}})
PENDING = answer(200, {"servers": {"": {"ready": False}}})
STOPPED = answer(200, {"servers": {}})
ACCEPTED = answer(202)
PODS = "/api/v1/namespaces/vis-pangeo/pods"
FULL = "0/2 nodes are available: 2 Insufficient cpu."


def waiting_pod(cpus: str = "1") -> dict[str, Any]:
    conditions = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": FULL}]
    return {
        "metadata": {"name": "jupyter-x", "uid": "1", "annotations": {NAME_ANNOTATION: VERIFICATION_USER}},
        "spec": {"containers": [{"resources": {"requests": {"cpu": cpus}}}]},
        "status": {"phase": "Pending", "conditions": conditions},
    }


def cluster(pod: dict[str, Any]) -> dict[str, Any]:
    node = {
        "metadata": {"name": "n"},
        "spec": {},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"}},
    }
    return {PODS: {"items": [pod]}, "/api/v1/nodes": {"items": [node]}}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LOOK_SECONDS", -1.0)
    monkeypatch.setattr(server, "ROOM_SECONDS", -1.0)


def test_server_starts() -> None:
    (result,) = check_server(scripted(ACCEPTED, PENDING, READY, objects={}))
    assert result.status is Status.GOOD


@pytest.mark.usefixtures("impatient")
def test_full_nodes_are_no_failure_of_the_deployment() -> None:
    (result,) = check_server(scripted(ACCEPTED, PENDING, objects=cluster(waiting_pod())))

    assert result.status is Status.UNKNOWN
    assert FULL in result.message
    assert "capacity vis" in result.fix


@pytest.mark.usefixtures("impatient")
def test_server_that_fits_on_no_node_is_a_failure() -> None:
    with pytest.raises(CheckFailed, match="no node can run it"):
        check_server(scripted(ACCEPTED, PENDING, objects=cluster(waiting_pod("64"))))


def test_failed_start_names_the_hubs_log() -> None:
    with pytest.raises(CheckFailed, match="its start has failed") as failure:
        check_server(scripted(ACCEPTED, PENDING, STOPPED, objects={}))
    assert "logs" in failure.value.fix


def test_refused_start_shows_the_hubs_answer() -> None:
    with pytest.raises(CheckFailed, match=r"HTTP 403.*not permitted"):
        check_server(scripted(answer(403, {"message": "not permitted"})))


@pytest.mark.parametrize(("found", "status"), [(500_000_500_000, Status.GOOD), (1, Status.BROKEN)])
def test_notebook_must_return_the_known_answer(found: int, status: Status) -> None:
    (result,) = check_notebook(scripted(code=[found]))
    assert result.status is status


def restarted(*code: object) -> Status:
    (result,) = check_files(scripted(ACCEPTED, STOPPED, ACCEPTED, READY, code=code, objects={}))
    return result.status


def test_file_that_is_gone_after_a_restart_is_a_failure() -> None:
    assert restarted(f"/home/jovyan/{HOME_FILE}", None) is Status.BROKEN
    assert restarted(f"/home/jovyan/{HOME_FILE}", "other text") is Status.BROKEN


def test_home_that_cannot_be_written_is_a_failure() -> None:
    (result,) = check_files(scripted(code=[CodeFailed("OSError: [Errno 30] Read-only file system")]))

    assert result.status is Status.BROKEN
    assert "Read-only" in result.message


def test_dask_computes_and_the_cluster_goes_on_for_further_checks() -> None:
    found = scripted(code=["vis-pangeo.abc", {"sum": KNOWN_SUM, "dashboard": "/user/x/proxy"}])
    (result,) = check_dask(found)

    assert result.status is Status.GOOD
    assert found.dask_cluster is not None
    assert found.dask_cluster.name == "vis-pangeo.abc"


def test_dask_that_is_off_is_not_tested() -> None:
    (result,) = check_dask(scripted(dask__enabled=False))
    assert (result.subject, result.status) == (DASK, Status.UNKNOWN)


@pytest.mark.parametrize(
    ("failure", "status", "text"),
    [
        ("GatewayServerError: There is not enough capacity for another Dask cluster: …", Status.UNKNOWN, "no room"),
        ("ModuleNotFoundError: No module named 'dask_gateway'", Status.BROKEN, "cannot use Dask"),
        ("ClientConnectorError: no answer", Status.BROKEN, "do not work"),
    ],
)
def test_failure_of_dask_is_diagnosed(failure: str, status: Status, text: str) -> None:
    (result,) = check_dask(scripted(code=[CodeFailed(failure)]))

    assert result.status is status
    assert text in result.message
    assert result.fix


def test_worker_that_finds_no_node_is_given_up_before_its_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(dask, "ROOM_SECONDS", -1.0)
    released = threading.Event()
    found = scripted(code=["vis-pangeo.abc", released], objects=cluster(waiting_pod()))
    (result,) = check_dask(found)
    released.set()

    assert result.status is Status.UNKNOWN
    assert FULL in result.message


def test_workers_without_a_node_are_not_tested() -> None:
    found = scripted(code=["vis-pangeo.abc", CodeFailed("TimeoutError: 1")], objects=cluster(waiting_pod()))
    (result,) = check_dask(found)

    assert result.status is Status.UNKNOWN
    assert FULL in result.message
