"""The record of users' use of the cluster, with the real hub, KubeSpawner, directory and API server.

Without a kubelet and a scheduler, the tests assign pods to a node, and delete them.
"""

import copy
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from components.chart.values import Values
from components.cli.diagnose.hub_client import HubClient, Page
from components.cli.hub_access import HubAccess
from components.cli.usage.formats import Format, print_report
from components.cli.usage.hub_usage import Record, read_record
from components.cli.usage.period import Period
from components.cli.usage.report import Line, make_report
from components.in_hub.api_names import USAGE_PATH
from components.in_hub.usage_file import NAME
from tests.engine.hub.conftest import CreateNamespace, ValuesFor
from tests.engine.hub.deployments import Deployment
from tests.engine.hub.hub_namespace import EXPANDABLE, HubNamespace
from tests.support.hub_process import running_hub
from tests.support.hub_users import MEMBERS, PASSWORD, People
from tests.support.notebooks import User, add_member, log_in, with_admin
from tests.support.rendered_values import SECRETS
from tests.support.waiting import LIMIT_SECONDS, wait_for

pytestmark = pytest.mark.engine

NAMESPACE = "hub-tests-usage"
INTERVAL_SECONDS = 1
LONGEST_SAMPLE = 3 * INTERVAL_SECONDS / 3600
"""Longest time that one sample counts for, in hours. It is also the least time of a pod that the tests wait for."""


class PlainClient(HubClient):
    """Reads from a hub without TLS."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get_with_token(self, path: str, token: str) -> Page:
        answer = requests.get(self.url + path, headers={"Authorization": f"token {token}"}, timeout=LIMIT_SECONDS)
        return Page(answer.status_code, answer.text, "")


@dataclass
class Recording(Deployment):
    """A hub that records."""

    folder: Path

    def read(self) -> Record:
        """Return the record of today and yesterday: a test may run at midnight."""
        return read_record(HubAccess(PlainClient(self.hub.url), SECRETS.members_token), self.period())

    def period(self) -> Period:
        today = datetime.now(UTC).date()
        return Period(today.replace(year=today.year - 1, day=1), today)

    def line(self, user: str) -> Line:
        """Return the user's line of the report; its amounts are those that the file has, not rounded."""
        return next(line for line in make_report("vis", self.period(), self.read()).users if line.name == user)

    def amount(self, user: str, name: str) -> float:
        return sum(use.amounts[name] for use in self.read().uses if use.user == user)

    def wait_for_amount(self, user: str, name: str, more_than: float = LONGEST_SAMPLE) -> float:
        return wait_for(lambda: self.amount(user, name), lambda amount: amount > more_than)

    def wait_for_samples(self) -> None:
        """Wait until a sample has begun and ended that sees the present pods: one may have begun before."""
        before = self.observed_hours()
        wait_for(self.observed_hours, lambda hours: hours > before + LONGEST_SAMPLE)

    def observed_hours(self) -> float:
        return sum(self.read().observed.values())


@pytest.fixture(scope="module")
def values(values_for: ValuesFor) -> Values:
    made = values_for(storage={"className": EXPANDABLE})
    made["jupyterhub"]["hub"]["config"]["FreeIpaAuthenticator"]["dask_namespace"] = NAMESPACE
    made["jupyterhub"]["hub"]["config"]["UsageRecorder"]["interval_seconds"] = INTERVAL_SECONDS
    return with_admin(made)


@pytest.fixture(scope="module")
def place(create_namespace: CreateNamespace) -> tuple[HubNamespace, dict[str, str]]:
    return create_namespace(NAMESPACE, dask=True)


@pytest.fixture(scope="module")
def deployment(
    hub_python: Path,
    values: Values,
    place: tuple[HubNamespace, dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Recording]:
    namespace, environment = place
    folder = tmp_path_factory.mktemp("hub")
    with running_hub(hub_python, folder, values, environment) as hub:
        yield Recording(hub, namespace, folder)


@pytest.fixture
def member(deployment: Recording, people: People) -> User:
    return log_in(deployment.hub, add_member(people), PASSWORD)


def assign(namespace: HubNamespace, pod: str) -> None:
    """Assign a pod to a node, as the scheduler does."""
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": pod}, "target": {"kind": "Node"}}
    binding["target"] = {"apiVersion": "v1", "kind": "Node", "name": "node"}
    path = f"/api/v1/namespaces/{namespace.name}/pods/{pod}/binding"
    namespace.api.kubectl("create", "--raw", path, "--filename=-", stdin=json.dumps(binding))


def delete(namespace: HubNamespace, *pods: str) -> None:
    namespace.kubectl("delete", "pod", "--force", "--grace-period=0", *pods)


def create_dask_pod(namespace: HubNamespace, name: str, cluster: str, kind: str, cpus: str, memory: str) -> None:
    """Create a pod of a Dask cluster on a node, with the labels of the gateway's controller."""
    labels = {"gateway.dask.org/cluster": cluster, "app.kubernetes.io/component": f"dask-{kind}"}
    limits = {"cpu": cpus, "memory": memory}
    container = {"name": kind, "image": "none.invalid/none:1", "resources": {"limits": limits}}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels},
        "spec": {"nodeName": "node", "automountServiceAccountToken": False, "containers": [container]},
    }
    namespace.kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(pod))


def test_server_counts_from_its_assignment_to_a_node_until_it_is_gone(
    deployment: Recording, member: User, people: People
) -> None:
    namespace = deployment.namespace
    assert member.post_server(member.token) in (201, 202)
    namespace.pod(member.name)
    deployment.wait_for_amount(member.name, "home_gb_days", 0)
    assert deployment.amount(member.name, "server_hours") == 0

    began = time.monotonic()
    assign(namespace, f"jupyter-{member.name}")
    deployment.wait_for_amount(member.name, "server_hours")
    delete(namespace, f"jupyter-{member.name}")
    deployment.wait_for_samples()
    hours = deployment.amount(member.name, "server_hours")
    took = (time.monotonic() - began) / 3600
    deployment.wait_for_samples()

    assert deployment.amount(member.name, "server_hours") == hours
    assert LONGEST_SAMPLE < hours <= took + LONGEST_SAMPLE
    # The server has 1 CPU and 1 GB, and a home of 10 GB.
    assert deployment.amount(member.name, "server_cpu_hours") == pytest.approx(hours)
    assert deployment.amount(member.name, "server_memory_gb_hours") == pytest.approx(hours)
    assert deployment.amount(member.name, "home_gb_days") > 10 * hours / 24
    [use] = [each for each in deployment.read().uses if each.user == member.name]
    assert use.user_id == people.unique_id(member.name)
    assert MEMBERS in use.groups


def test_dask_pods_count_for_the_user_of_their_cluster(deployment: Recording, member: User) -> None:
    namespace, name = deployment.namespace, member.name
    namespace.create_dask_cluster(name, name)
    began = time.monotonic()
    pods = [f"{name}-scheduler", f"{name}-worker-1", f"{name}-worker-2"]
    create_dask_pod(namespace, pods[1], name, "worker", "2", "4Gi")
    create_dask_pod(namespace, pods[2], name, "worker", "2", "4Gi")
    create_dask_pod(namespace, pods[0], name, "scheduler", "500m", "1Gi")

    deployment.wait_for_amount(name, "dask_scheduler_hours")
    delete(namespace, *pods)
    deployment.wait_for_samples()

    hours = deployment.amount(name, "dask_scheduler_hours")
    assert deployment.amount(name, "dask_scheduler_cpu_hours") == pytest.approx(hours / 2)
    workers = deployment.amount(name, "dask_worker_cpu_hours")
    # The two workers, of 2 CPUs each, were there a moment before the scheduler and after it.
    assert 4 * hours <= workers <= 4 * ((time.monotonic() - began) / 3600 + LONGEST_SAMPLE)
    assert deployment.amount(name, "dask_worker_memory_gb_hours") == pytest.approx(2 * workers)
    assert deployment.amount(name, "server_hours") == 0


def test_report_of_a_hub(deployment: Recording, member: User, capsys: pytest.CaptureFixture[str]) -> None:
    name = member.name
    deployment.namespace.create_dask_cluster(name, name)
    create_dask_pod(deployment.namespace, f"{name}-large", name, "scheduler", "64", "512Gi")
    deployment.wait_for_amount(name, "dask_scheduler_cpu_hours", 0.05)
    delete(deployment.namespace, f"{name}-large")

    report = make_report("vis", deployment.period(), deployment.read())

    assert sum(line.sums["cpu_hours"] for line in report.users) == report.total.sums["cpu_hours"]
    assert deployment.line(name).sums["cpu_hours"] > 0
    for form in Format:
        print_report(report, form)
        assert name in capsys.readouterr().out


def test_only_the_operators_token_reads_the_record(deployment: Recording, member: User) -> None:
    def status(token: str, query: str = "from=2026-11-01&to=2026-11-30") -> int:
        return PlainClient(deployment.hub.url).get_with_token(f"/hub{USAGE_PATH}?{query}", token).status

    assert status(member.token) == requests.codes.forbidden
    assert status(member.admin_token) == requests.codes.forbidden
    assert status("") == requests.codes.forbidden
    assert status(SECRETS.members_token) == requests.codes.ok
    for query in (
        "",
        "from=2026-11-01&to=x",
        *(f"from=2026-11-01&to=2026-11-30&after={row}" for row in ("x", -1, 2**63)),
    ):
        assert status(SECRETS.members_token, query) == requests.codes.bad


def test_file_that_cannot_be_written_is_reported_and_the_hub_goes_on(deployment: Recording, member: User) -> None:
    with closing(sqlite3.connect(deployment.folder / NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        record = wait_for(deployment.read, lambda record: bool(record.problem))
        other.execute("ROLLBACK")

    assert record.problem == "database is locked"
    assert member.is_accepted(member.token)
    wait_for(deployment.read, lambda record: not record.problem)
    log = deployment.hub.log()
    assert "users' use of the cluster is not recorded: database is locked" in log
    assert "users' use of the cluster is recorded again" in log


def test_objects_that_kubernetes_does_not_list_are_reported(deployment: Recording) -> None:
    """The answer that refuses them has no objects, and must not count as a time without use."""
    namespace = deployment.namespace
    role = namespace.kubectl("get", "role", "hub", "--output=json")
    rules = [
        rule | {"resources": [each for each in rule["resources"] if each != "persistentvolumeclaims"]}
        for rule in json.loads(role)["rules"]
    ]
    namespace.kubectl("patch", "role", "hub", "--type=merge", "-p", json.dumps({"rules": rules}))
    try:
        refused = "Kubernetes did not list volume claims: HTTP 403 Forbidden"
        wait_for(deployment.read, lambda record: record.problem == refused)
    finally:
        allowed = json.dumps({"rules": json.loads(role)["rules"]})
        namespace.kubectl("patch", "role", "hub", "--type=merge", "-p", allowed)

    wait_for(deployment.read, lambda record: not record.problem)


def test_record_outlives_a_restart_and_reports_damage(
    hub_python: Path,
    values: Values,
    place: tuple[HubNamespace, dict[str, str]],
    people: People,
    tmp_path: Path,
) -> None:
    namespace, environment = place
    with running_hub(hub_python, tmp_path, values, environment) as hub:
        first = Recording(hub, namespace, tmp_path)
        user = log_in(hub, add_member(people), PASSWORD).name
        namespace.create_dask_cluster(user, user)
        create_dask_pod(namespace, user, user, "scheduler", "1", "1Gi")
        hours = first.wait_for_amount(user, "dask_scheduler_hours")
        delete(namespace, user)

    with running_hub(hub_python, tmp_path, values, environment) as hub:
        again = Recording(hub, namespace, tmp_path)
        again.wait_for_samples()
        assert again.amount(user, "dask_scheduler_hours") >= hours

        (tmp_path / NAME).write_bytes(b"damaged" * 1000)
        record = wait_for(again.read, lambda record: bool(record.observed))
        assert "was damaged" in record.note
        assert (tmp_path / f"{NAME}.damaged").read_bytes().startswith(b"damaged")

    off = copy.deepcopy(values)
    off["jupyterhub"]["hub"]["config"]["UsageRecorder"]["keep_days"] = 0
    with running_hub(hub_python, tmp_path, off, environment) as hub:
        record = Recording(hub, namespace, tmp_path).read()
        assert "pangeo:usage.keepDays is 0" in record.problem
        assert list(tmp_path.glob(f"{NAME}*")) == []
