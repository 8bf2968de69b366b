"""The hub's metrics with the real hub, KubeSpawner, directory and API server: values follow events."""

import json
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from cryptography import x509

from components.chart.values import Values
from components.in_hub.address_checks import certificate_end
from components.in_hub.home_problems import PROBLEMS_PATH, HomeProblems, read_problems
from components.in_hub.home_use import REPORT_PATH
from components.in_hub.metric_names import METRICS
from components.in_hub.namespace_samples import BACKUP_ANNOTATION
from components.in_hub.outcomes import PROBE_USER, RESULTS
from tests.engine.hub.conftest import CreateNamespace, StartHub, ValuesFor
from tests.engine.hub.deployments import Deployment
from tests.engine.hub.hub_namespace import EXPANDABLE
from tests.support.directory import ThrowAwayDirectory
from tests.support.hub_users import MEMBERS, PASSWORD, WRONG, People
from tests.support.notebooks import User, add_member, declare_again, log_in
from tests.support.ports import free_ports
from tests.support.waiting import LIMIT_SECONDS, wait_until

pytestmark = pytest.mark.engine

NAMESPACE = "hub-tests-metrics"
PROMETHEUS = {"namespace": "monitoring", "podLabels": {"app": "prometheus"}}
GIB = 1024**3

Series = Mapping[str, float]
"""Values by the metric's name with its labels, as in Prometheus' text format."""


@dataclass
class Observed:
    deployment: Deployment
    port: int

    def text(self) -> str:
        answer = requests.get(f"http://127.0.0.1:{self.port}/metrics", timeout=LIMIT_SECONDS)
        answer.raise_for_status()
        return answer.text

    def series(self) -> Series:
        lines = [line.rpartition(" ") for line in self.text().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in lines}

    def wait_for(self, series: str, value: float) -> None:
        wait_until(
            lambda: self.series().get(series) == value,
            lambda: f"{series} is {self.series().get(series)}, not {value}\n{self.deployment.hub.log()}",
        )


def change_settings(values: Values, **changes: Any) -> Values:
    file = values["jupyterhub"]["hub"]["extraFiles"]["components-in_hub-metrics.json"]
    file["stringData"] = json.dumps(json.loads(file["stringData"]) | changes)
    return values


def every_second(values: Values) -> Values:
    code = "from components.in_hub import observation\nobservation.INTERVAL_SECONDS = 0.2\n"
    values["jupyterhub"]["hub"]["extraConfig"]["tests"] = code + "observation.DIRECTORY_SECONDS = 0.2\n"
    return values


@pytest.fixture(scope="module")
def observed(
    start_hub: StartHub, values_for: ValuesFor, create_namespace: CreateNamespace, directory: ThrowAwayDirectory
) -> Iterator[Observed]:
    """A tenancy with all metrics. The directory's port stands in for the hub's public address."""
    namespace, environment = create_namespace(NAMESPACE, dask=True)
    values = values_for(
        storage={"className": EXPANDABLE},
        metrics={"prometheus": PROMETHEUS, "perUser": True, "perGroup": True},
        workers={"count": 2, "cpus": 4, "ramGb": 16},
    )
    (port,) = free_ports(1)
    address = {"address": directory.host, "https_port": directory.ldaps_port, "domain": directory.host}
    change_settings(values, port=port, dask=True, **address)
    # Without a kubelet, starts never end; the tests need the servers' tokens as long as they run.
    values["jupyterhub"]["hub"]["config"]["KubeSpawner"]["start_timeout"] = 10 * LIMIT_SECONDS
    with start_hub(declare_again(every_second(values)), environment) as hub:
        yield Observed(Deployment(hub, namespace), port)


@pytest.fixture(scope="module")
def user(observed: Observed, people: People) -> User:
    """A member whose server is starting: without a kubelet, its pod stays pending."""
    user = log_in(observed.deployment.hub, add_member(people), PASSWORD)
    assert user.post_server(user.token) in (201, 202)
    observed.deployment.namespace.pod(user.name)
    return user


def server_token(observed: Observed, user: User) -> str:
    variables = observed.deployment.namespace.pod(user.name)["spec"]["containers"][0]["env"]
    (token,) = (each["value"] for each in variables if each["name"] == "JUPYTERHUB_API_TOKEN")
    return str(token)


def test_log_ins_are_counted_by_result(observed: Observed, people: People, directory: ThrowAwayDirectory) -> None:
    hub = observed.deployment.hub
    name = add_member(people)
    people.add(outsider := f"{name}-outsider")
    before = observed.series()

    hub.log_in(name, PASSWORD)
    hub.log_in(name, WRONG)
    hub.log_in(outsider, PASSWORD)
    hub.log_in(name, "")
    hub.log_in(PROBE_USER, PROBE_USER)
    with directory.stopped():
        hub.log_in(name, PASSWORD)
        server = f"{directory.host}:{directory.ldaps_port}"
        observed.wait_for(f'pangeo_directory_server_reachable{{server="{server}"}}', 0)

    after = observed.series()
    changes = {
        result: after[series] - before[series]
        for result in RESULTS
        if after[series := f'pangeo_log_ins_total{{result="{result}"}}'] != before[series]
    }
    assert changes == dict.fromkeys(
        ("success", "wrong_password", "not_a_member", "invalid_input", "probe", "directory_unreachable"), 1
    )
    observed.wait_for(f'pangeo_directory_server_reachable{{server="{server}"}}', 1)


def test_pods_homes_and_quotas_are_counted(observed: Observed, user: User) -> None:
    namespace = observed.deployment.namespace
    observed.wait_for('pangeo_pending_pods{kind="server"}', 1)
    assert observed.series()['pangeo_guaranteed_cpus{kind="server"}'] == 0
    # The place that a scheduler would choose.
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": f"jupyter-{user.name}"}}
    target = {"target": {"apiVersion": "v1", "kind": "Node", "name": "some-node"}}
    path = f"/api/v1/namespaces/{namespace.name}/pods/jupyter-{user.name}/binding"
    namespace.api.kubectl("create", "--raw", path, "--filename=-", stdin=json.dumps(binding | target))
    observed.wait_for('pangeo_guaranteed_cpus{kind="server"}', 1)
    observed.wait_for(f'pangeo_user_guaranteed_memory_bytes{{kind="server",user="{user.name}"}}', GIB)
    observed.wait_for(f'pangeo_group_guaranteed_cpus{{group="{MEMBERS}",kind="server"}}', 1)

    namespace.kubectl("create", "quota", "few-pods", "--hard=pods=3")
    status = {"status": {"hard": {"pods": "3"}, "used": {"pods": "1"}}}
    namespace.kubectl("patch", "quota", "few-pods", "--subresource=status", "--type=merge", "-p", json.dumps(status))
    observed.wait_for('pangeo_quota_used{quota="few-pods",resource="pods"}', 1)
    assert observed.series()['pangeo_quota_hard{quota="few-pods",resource="pods"}'] == 3


def test_dask_workers_that_wait_are_counted(observed: Observed, user: User) -> None:
    namespace = observed.deployment.namespace
    namespace.create_dask_cluster("metrics", user.name)
    patch = json.dumps({"spec": {"replicas": 3}})
    namespace.kubectl("patch", "daskcluster", "metrics", "--type=merge", "-p", patch)

    observed.wait_for("pangeo_dask_clusters", 1)
    observed.wait_for('pangeo_dask_workers{state="waiting"}', 3)


def test_use_of_a_home_follows_its_servers_report(observed: Observed, user: User) -> None:
    headers = {"Authorization": f"token {server_token(observed, user)}"}
    url = f"{observed.deployment.hub.url}/hub{REPORT_PATH}"
    assert requests.post(url, json={"files": 3 * GIB}, headers=headers, timeout=LIMIT_SECONDS).ok
    observed.wait_for("pangeo_homes_used_bytes", 3 * GIB)
    observed.wait_for(f'pangeo_user_home_used_bytes{{user="{user.name}"}}', 3 * GIB)
    assert observed.series()["pangeo_homes_measured"] == 1


def test_problems_of_the_home_are_recorded_until_they_are_solved(observed: Observed, user: User) -> None:
    url = f"{observed.deployment.hub.url}/hub{PROBLEMS_PATH}"
    own, other = server_token(observed, user), user.token

    def report(token: str, *texts: str) -> int:
        body = {"problems": [{"kind": "home-full", "what": text} for text in texts]}
        return requests.post(
            url, json=body, headers={"Authorization": f"token {token}"}, timeout=LIMIT_SECONDS
        ).status_code

    def recorded() -> HomeProblems | None:
        return read_problems(observed.deployment.namespace.read_claim(user.name)["metadata"]["annotations"])

    assert report(other, "forged") == requests.codes.forbidden
    assert report(own, "x" * 100_000) == requests.codes.request_entity_too_large
    assert recorded() is None
    assert report(own, "Your home folder is full.", "A\x1bfile") == requests.codes.ok
    assert (found := recorded()) is not None
    assert found.texts == ("Your home folder is full.", "A file")
    assert report(own) == requests.codes.ok
    assert recorded() is None


def test_backup_is_as_old_as_that_of_the_worst_claim(observed: Observed, user: User) -> None:
    namespace = observed.deployment.namespace
    made = datetime.fromisoformat(namespace.read_claim(user.name)["metadata"]["creationTimestamp"])
    observed.wait_for('pangeo_backup_timestamp_seconds{volumes="homes"}', made.timestamp())
    assert observed.series()['pangeo_backed_up_volumes{volumes="homes"}'] == 0

    backup = (datetime.now(UTC) + timedelta(seconds=5)).replace(microsecond=0)
    namespace.kubectl("annotate", "pvc", "--all", "--overwrite", f"{BACKUP_ANNOTATION}={backup.isoformat()}")

    observed.wait_for('pangeo_backup_timestamp_seconds{volumes="homes"}', backup.timestamp())
    assert observed.series()['pangeo_backed_up_volumes{volumes="homes"}'] == 1


def test_certificate_at_the_public_address_is_observed(observed: Observed, directory: ThrowAwayDirectory) -> None:
    pem = ssl.get_server_certificate((directory.host, directory.ldaps_port))
    end = x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc
    observed.wait_for("pangeo_certificate_expiry_timestamp_seconds", end.timestamp())


def test_certificate_of_another_host_is_not_the_hubs(directory: ThrowAwayDirectory) -> None:
    """Ingress controllers show a certificate of their own while the hub's Secret is missing."""
    assert certificate_end(directory.host, directory.ldaps_port, "localhost") is not None
    assert certificate_end(directory.host, directory.ldaps_port, "pangeo.example") is None


def test_invented_methods_have_one_label(observed: Observed) -> None:
    for number in range(3):
        connection = HTTPConnection(urlsplit(observed.deployment.hub.url).netloc, timeout=LIMIT_SECONDS)
        connection.request(f"INVENTED{number}", "/hub/login")
        assert connection.getresponse().status == requests.codes.method_not_allowed
        connection.close()
    text = observed.text()
    assert 'method="OTHER"' in text
    assert "INVENTED" not in text


def test_scrapes_are_not_logged(observed: Observed) -> None:
    observed.text()
    assert "GET /metrics" not in observed.deployment.hub.log()


def test_capacity_follows_from_the_stack_file(observed: Observed) -> None:
    observed.wait_for("pangeo_workers_cpus", pytest.approx(2 * 3.92))  # type: ignore[arg-type]


@pytest.mark.parametrize("permission", ["metrics", "ended-access"])
def test_refused_observation_is_counted(observed: Observed, permission: str) -> None:
    """The second permission is for Dask clusters."""
    before = observed.series()['pangeo_observation_failures_total{what="kubernetes"}']
    namespace = observed.deployment.namespace
    binding = namespace.kubectl("get", "rolebinding", f"hub-tests-{permission}", "--output=json")
    namespace.kubectl("delete", "rolebinding", f"hub-tests-{permission}")

    wait_until(
        lambda: observed.series()['pangeo_observation_failures_total{what="kubernetes"}'] > before,
        "no failure was counted",
    )

    assert "the metrics of kubernetes are absent: HTTP 403 Forbidden\n" in observed.deployment.hub.log()
    assert "pangeo_homes" not in observed.series()
    namespace.kubectl("create", "--filename=-", stdin=binding)
    wait_until(lambda: "pangeo_homes" in observed.series(), "the namespace is not observed again")


def test_every_metric_is_in_the_list_with_its_labels(observed: Observed) -> None:
    found = {
        (match[1], tuple(sorted(re.findall(r'(\w+)="', match[2] or ""))))
        for name in observed.series()
        if (match := re.fullmatch(r"(pangeo_\w+?)(\{.*\})?", name)) and not match[1].endswith("_created")
    }
    assert found <= {(metric.name, tuple(sorted(metric.labels))) for metric in METRICS}


def test_users_do_not_read_the_metrics(observed: Observed, user: User, people: People) -> None:
    hub = observed.deployment.hub
    member = hub.log_in(add_member(people), PASSWORD)
    tokens = {"a member's": user.token, "a server's": server_token(observed, user), "no": ""}
    for path in ("/hub/metrics", "/hub/api/metrics"):
        assert member.session.get(hub.url + path, timeout=LIMIT_SECONDS).status_code == requests.codes.forbidden
        for whose, token in tokens.items():
            headers = {"Authorization": f"token {token}"} if token else {}
            answer = requests.get(hub.url + path, headers=headers, timeout=LIMIT_SECONDS)
            assert answer.status_code == requests.codes.forbidden, (whose, answer.text)
            assert "pangeo_" not in answer.text


def test_names_of_users_and_groups_are_only_shown_if_allowed(
    start_hub: StartHub, values_for: ValuesFor, create_namespace: CreateNamespace, people: People
) -> None:
    namespace, environment = create_namespace(f"{NAMESPACE}-private", dask=True)
    values = values_for(storage={"className": EXPANDABLE}, metrics={"prometheus": PROMETHEUS})
    (port,) = free_ports(1)
    with start_hub(every_second(change_settings(values, port=port)), environment) as hub:
        private = Observed(Deployment(hub, namespace), port)
        user = log_in(hub, add_member(people), PASSWORD)
        assert user.post_server(user.token) in (201, 202)
        namespace.pod(user.name)
        private.wait_for('pangeo_pending_pods{kind="server"}', 1)
        private.wait_for("pangeo_homes", 1)
        text = private.text()

    assert "jupyterhub_request_duration_seconds" in text
    assert user.name not in text
    assert MEMBERS not in text
