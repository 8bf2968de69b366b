"""Metrics on the real node: Prometheus reads them, and nobody else does."""

import math
import time
from collections import defaultdict
from collections.abc import Iterator

import pytest
import requests
from pulumi.automation import OpType

from components.in_hub import metric_names as names
from components.in_hub.metric_settings import PORT
from components.resources.monitoring import BUILDERS, NAME, SERVICE_PREFIX, crd_name
from tests.cluster.data_access.settings import AIR, NODE_CPUS
from tests.support.connections import TRY
from tests.support.enforced_policies import enforcing_state
from tests.support.kubectl import list_objects, read_object
from tests.support.notebook_user import NotebookUser
from tests.support.prometheus_pods import (
    ALLOWED,
    IMPOSTOR,
    OTHER,
    PrometheusPods,
    operator_kinds,
    prometheus_pods,
)
from tests.support.second_tenancy import SecondTenancy
from tests.support.waiting import wait_until

pytestmark = pytest.mark.cluster

COMPONENTS = ("hub", "proxy", "gateway")
SERVICES = tuple(f"{SERVICE_PREFIX}{component}" for component in COMPONENTS)

DAY_SECONDS = 86400.0

UNREADABLE = {names.CERTIFICATE_END, names.CERTIFICATE_MATCHES}
"""The tenancy's address is one of the loopback interface, at which its hub cannot read the certificate."""

NOT_CONFIGURED = {names.BACKUP_COMPLETE, names.BACKUP_FAILED, names.TEST_RESTORE_TIME, names.TEST_RESTORE_GOOD}
"""The tenancy has no section ``backup``."""

ABSENT = UNREADABLE | NOT_CONFIGURED


@pytest.fixture(scope="module")
def pods(tenancy: SecondTenancy) -> Iterator[PrometheusPods]:
    with prometheus_pods(tenancy.state, SERVICES, tenancy.name) as pods:
        yield pods


@pytest.fixture(scope="module")
def hosts(tenancy: SecondTenancy) -> dict[str, str]:
    """The addresses behind the Services, by component."""
    return {component: address(tenancy, component) for component in COMPONENTS}


def address(tenancy: SecondTenancy, component: str) -> str:
    service = read_object(tenancy.state, "service", f"{SERVICE_PREFIX}{component}", namespace=tenancy.name)
    selector = ",".join(f"{key}={value}" for key, value in service["spec"]["selector"].items())
    found = list_objects(tenancy.state, "pods", "--selector", selector, namespace=tenancy.name)
    (pod,) = (
        pod for pod in found if pod["status"]["phase"] == "Running" and "deletionTimestamp" not in pod["metadata"]
    )
    return str(pod["status"]["podIP"])


@pytest.fixture
def quota(tenancy: SecondTenancy) -> Iterator[str]:
    tenancy.kubectl("create", "quota", name := "metrics", "--hard=count/configmaps=1000")
    yield name
    tenancy.kubectl("delete", "quota", name)


def test_prometheus_reads_every_metric_with_a_sound_value(
    tenancy: SecondTenancy, bob: NotebookUser, pods: PrometheusPods, quota: str
) -> None:
    """The use of the home is reported by the server itself."""
    assert bob.at_cluster
    began = time.time()
    expected = {metric.name for metric in names.METRICS if metric not in ABSENT}
    found: dict[str, list[tuple[dict[str, str], float]]] = defaultdict(list)

    def missing() -> set[str]:
        found.clear()
        for labels, value in pods.series():
            found[labels["__name__"]].append((dict(labels), value))
        return {
            *(expected - found.keys()),
            *(each for each in names.FURTHER if not {each, f"{each}_count"} & found.keys()),
        }

    def values(metric: names.Metric, **labels: str) -> list[float]:
        return [value for has, value in found[metric.name] if has.items() >= labels.items()]

    def one(metric: names.Metric, **labels: str) -> float:
        (value,) = values(metric, **labels)
        return value

    def is_complete() -> bool:
        """Whether all values are of an observation of this user's work, and the home was measured before it."""
        return (
            not missing()
            and one(names.OBSERVATION_TIME) > began
            and bool(values(names.HOME_USED, user=bob.name))
            and bool(values(names.QUOTA_HARD, quota=quota))
        )

    wait_until(is_complete, lambda: f"Prometheus lacks {', '.join(missing()) or 'values of this user'}")

    assert {labels["service"]: value for labels, value in found["up"]} == dict.fromkeys(SERVICES, 1)
    now = time.time()
    for metric in names.METRICS:
        for labels, value in found[metric.name]:
            assert math.isfinite(value), labels
            assert set(labels) == {*metric.labels, "__name__", "instance", "job", "namespace", "service"}
            least, most = (now - DAY_SECONDS, now) if "timestamp" in metric.name else (0, math.inf)
            assert least <= value <= most, (labels, value)
    assert all(value == 1 for _, value in found[names.DIRECTORY_REACHABLE.name])
    assert one(names.LOG_INS, result="success") >= 1
    assert 0 < one(names.CAPACITY_CPUS) < NODE_CPUS
    assert one(names.DASK_CLUSTERS) >= 1
    assert one(names.DASK_WORKERS, state="running") >= 1
    assert one(names.GUARANTEED_CPUS, kind="server") >= one(names.USER_CPUS, kind="server", user=bob.name) == 0.3
    assert one(names.GROUP_CPUS, kind="server", group=AIR) == 0.3
    assert one(names.QUOTA_HARD, quota=quota) == 1000
    assert 1 <= one(names.HOMES_MEASURED) <= one(names.HOMES)
    # A new home is empty when it is first measured.
    assert 0 <= one(names.HOME_USED, user=bob.name) < one(names.HOME_BYTES, user=bob.name)
    assert 0 < one(names.DATABASE_USED) < one(names.DATABASE_BYTES)
    assert one(names.DATABASE_FREE) > 0
    assert one(names.OBSERVATION_TIME) > now - 120
    assert one(names.OBSERVATION_FAILURES, what=names.KUBERNETES) == 0
    assert one(names.OBSERVATION_FAILURES, what=names.CERTIFICATE) >= 1


def test_metrics_of_the_proxies_name_no_users_and_clusters(
    tenancy: SecondTenancy, bob: NotebookUser, pods: PrometheusPods, hosts: dict[str, str]
) -> None:
    assert bob.at_cluster
    clusters = tenancy.objects("daskclusters.gateway.dask.org")
    assert clusters
    for component in ("proxy", "gateway"):
        text = pods.read(ALLOWED, [hosts[component]])[hosts[component]]
        assert "# HELP" in text
        assert not [name for name in ("alice", "bob", "carol", *clusters) if name in text]


@pytest.mark.parametrize("pod", [OTHER, IMPOSTOR])
def test_other_pods_read_nothing(pods: PrometheusPods, hosts: dict[str, str], pod: str) -> None:
    """Neither a pod in Prometheus's namespace, nor one with its labels beside users' pods."""
    enforcing_state()
    assert pods.read(pod, hosts.values()) == dict.fromkeys(hosts.values(), "ConnectionRefusedError")


def test_a_notebook_reads_nothing(bob: NotebookUser, hosts: dict[str, str]) -> None:
    enforcing_state()
    kernel = bob.at_cluster
    kernel.run(TRY)
    targets = {component: (host, PORT) for component, host in hosts.items()}
    assert kernel.value(f"attempts({targets!r})") == dict.fromkeys(targets, "refused")


def test_outsiders_and_members_read_nothing_at_the_ingress(
    tenancy: SecondTenancy, bob: NotebookUser, hosts: dict[str, str]
) -> None:
    member = bob.person
    forged = {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": hosts["hub"], "Forwarded": "for=127.0.0.1"}
    with tenancy.hub.session() as outsider:
        for session in (outsider, member.session):
            for path in ("/metrics", "/hub/metrics", "/hub/api/metrics", "/services/dask-gateway/metrics"):
                answer = session.get(tenancy.hub.url + path, headers=forged, timeout=60)
                assert answer.status_code in (requests.codes.forbidden, requests.codes.not_found) or (
                    "/hub/login" in answer.url
                ), (path, answer.status_code)
                assert "# HELP" not in answer.text


def test_objects_of_the_operator_follow_its_kinds(tenancy: SecondTenancy) -> None:
    """The tenancy was deployed without the kinds."""
    with operator_kinds(tenancy.state):
        assert set(tenancy.up().values()) == {OpType.CREATE}
        assert {kind: tenancy.objects(crd_name(kind)) for kind in BUILDERS} == {kind: [NAME] for kind in BUILDERS}
    assert set(tenancy.up().values()) == {OpType.DELETE}
    assert tenancy.up() == {}
