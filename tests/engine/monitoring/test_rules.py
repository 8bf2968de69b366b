"""Each rule in Debian's ``promtool``: valid, silent without its fault, and firing once the fault has lasted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml

from components.monitoring.alerts import ALERTS, DAY
from components.monitoring.rules import LABEL_OF_NAMESPACE, rules_of_every_tenancy, rules_of_tenancy
from tests.support.prometheus import check_rules, run_rule_tests

pytestmark = pytest.mark.engine

HOUR = 3600
LONG = 400
"""More minutes than a test has."""

NAMESPACE = "vis"
HEALTHY_NAMESPACE = "ocean"


PROXY_DOWN = "Prometheus cannot scrape pangeo-metrics-proxy in vis"


@dataclass(frozen=True)
class Case:
    """A fault of one tenancy, in series with a value for each minute."""

    alert: str
    fault: str
    series: Mapping[str, str]
    silent: str
    """The last time at which the alert must not fire."""
    fires: str
    summary: str
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    healthy: str = ""
    """The values of a tenancy without the fault; empty: the first value, all the time."""


CASES = (
    Case(
        "PangeoHubDown",
        "the hub's metrics end after 10 minutes",
        {"jupyterhub_total_users{}": "3x9 stale"},
        "14m",
        "16m",
        "Prometheus has no metrics of the hub of vis",
    ),
    Case(
        "PangeoProxyDown",
        "the proxy ends after 10 minutes, and the hub's target is not meant",
        {'up{service="pangeo-metrics-proxy"}': "1x9 0x30", 'up{service="pangeo-metrics-hub"}': "0x40"},
        "14m",
        "16m",
        PROXY_DOWN,
        {"service": "pangeo-metrics-proxy"},
    ),
    Case(
        "PangeoServerStartsFail",
        "two starts fail, and later three",
        {'jupyterhub_server_spawn_duration_seconds_count{status="failure"}': "0x9 2x39 5x30"},
        "45m",
        "55m",
        "3 starts of servers in vis failed within 30 minutes",
    ),
    Case(
        "PangeoPodsPending",
        "a server is pending from minute 10",
        {'pangeo_pending_pods_oldest_seconds{kind="server"}': "0x10 60+60x30"},
        "20m",
        "25m",
        "A pod of kind server in vis has been pending for 15m 0s",
        {"kind": "server"},
    ),
    Case(
        "PangeoDaskWorkersPending",
        "a worker is pending from minute 10",
        {'pangeo_pending_pods_oldest_seconds{kind="dask_worker"}': "0x10 60+60x90"},
        "40m",
        "45m",
        "A Dask worker in vis has been pending for 35m 0s",
    ),
    Case(
        "PangeoDirectoryRefusesLogIns",
        "one log-in fails, and later two more; passwords are wrong all the time",
        {
            'pangeo_log_ins_total{result="directory_unreachable"}': "0x9 1x9 3x30",
            'pangeo_log_ins_total{result="wrong_password"}': "0+5x50",
        },
        "15m",
        "25m",
        "2 log-ins to vis failed within 10 minutes because of the directory",
    ),
    Case(
        "PangeoDirectoryServerUnreachable",
        "one of two servers is away from minute 10",
        {
            'pangeo_directory_server_reachable{server="ipa1:636"}': "1x9 0x30",
            'pangeo_directory_server_reachable{server="ipa2:636"}': "1x40",
        },
        "14m",
        "16m",
        "The hub of vis cannot connect to the directory server ipa1:636",
        {"server": "ipa1:636"},
    ),
    Case(
        "PangeoHomesFull",
        "two homes are full from minute 10",
        {'pangeo_homes_full{above="0.95"}': "0x9 2x40", 'pangeo_homes_full{above="0.8"}': "5x50"},
        "24m",
        "26m",
        "2 homes in vis are more than 95 % full",
    ),
    Case(
        "PangeoHubDatabaseVolumeFills",
        "the volume is 85 % full from minute 10",
        {
            "pangeo_hub_database_volume_used_bytes{}": "5e8x9 8.5e8x40",
            "pangeo_hub_database_volume_size_bytes{}": "1e9x50",
        },
        "24m",
        "26m",
        "The volume of the hub's database in vis is 85% full",
    ),
    Case(
        "PangeoHubDatabaseVolumeFull",
        "the disk that the volume shares is full from minute 10",
        {
            "pangeo_hub_database_volume_used_bytes{}": "5e8x50",
            "pangeo_hub_database_volume_size_bytes{}": "1e9x50",
            "pangeo_hub_database_volume_free_bytes{}": "5e8x9 1e6x40",
        },
        "11m",
        "13m",
        "The hub of vis can soon not write to its database",
    ),
    Case(
        "PangeoCertificateNotRenewed",
        "14 days and two hours are left at the beginning",
        {"pangeo_certificate_expiry_timestamp_seconds{}": f"{14 * DAY + 2 * HOUR}x{LONG}"},
        "2h25m",
        "4h",
        "The hub's certificate in vis expires in 13d 22h 0m 0s",
        healthy=f"{90 * DAY}x{LONG}",
    ),
    Case(
        "PangeoCertificateExpires",
        "from the second hour, the certificate ends in this hour",
        {"pangeo_certificate_expiry_timestamp_seconds{}": f"{4 * DAY}x59 {2 * HOUR}x{LONG}"},
        "64m",
        "3h",
        "The hub's certificate in vis expires in -1h 0m 0s",
    ),
    Case(
        "PangeoCertificateOfAnotherHost",
        "from minute 60, the ingress controller shows its own certificate",
        {"pangeo_certificate_matches_host{}": f"1x59 0x{LONG}"},
        "74m",
        "76m",
        "The certificate at the hub's address in vis is for another host",
    ),
    Case(
        "PangeoBackupOld",
        "the database's backup is eight days old after two hours, the homes have a newer one",
        {
            'pangeo_backup_timestamp_seconds{volumes="hub_database"}': f"{2 * HOUR - 8 * DAY}x{LONG}",
            'pangeo_backup_timestamp_seconds{volumes="homes"}': f"{-5 * DAY}x{LONG}",
        },
        "2h25m",
        "4h",
        "The newest backup of hub_database in vis is 8d 2h 0m 0s old",
        {"volumes": "hub_database"},
        healthy=f"0+60x{LONG}",
    ),
    Case(
        "PangeoQuotaExhausted",
        "the memory is used up from minute 10; the resource that the quota forbids is not meant",
        {
            'pangeo_quota_used{quota="q", resource="requests.memory"}': "5e9x9 9.6e9x40",
            'pangeo_quota_hard{quota="q", resource="requests.memory"}': "10e9x50",
            'pangeo_quota_used{quota="q", resource="services.nodeports"}': "0x50",
            'pangeo_quota_hard{quota="q", resource="services.nodeports"}': "0x50",
        },
        "24m",
        "26m",
        "requests.memory of the quota q in vis is 96% used",
        {"quota": "q", "resource": "requests.memory"},
    ),
    Case(
        "PangeoObservationsFail",
        "the last observation is of minute 10, and absent from minute 20",
        {"pangeo_observation_timestamp_seconds{}": "0+60x10 600x9 stale", "jupyterhub_total_users{}": "3x40"},
        "24m",
        "26m",
        "The hub of vis cannot read the objects of its namespace",
        healthy=f"0+60x{LONG}",
    ),
)


def test_each_alert_has_a_case() -> None:
    assert [case.alert for case in CASES] == [alert.name for alert in ALERTS]


@pytest.mark.parametrize("rules", [rules_of_every_tenancy(), rules_of_tenancy(NAMESPACE)])
def test_rules_are_valid(tmp_path: Path, rules: dict[str, Any]) -> None:
    assert check_rules(tmp_path, rules) == ""


@pytest.mark.parametrize("scoped", [False, True], ids=["every tenancy", "one tenancy"])
def test_each_rule_fires_once_its_fault_has_lasted(scoped: bool, tmp_path: Path) -> None:
    rules = rules_of_tenancy(NAMESPACE) if scoped else rules_of_every_tenancy()

    assert run_rule_tests(write_tests(tmp_path, CASES, rules)) == ""


def test_hub_that_was_never_scraped_is_down(tmp_path: Path) -> None:
    rules = rules_of_tenancy(NAMESPACE)
    case = Case("PangeoHubDown", "nothing is scraped", {}, "4m", "6m", CASES[0].summary)

    assert run_rule_tests(write_tests(tmp_path, [case], rules)) == ""


def test_hub_that_stays_down_for_days_is_reported_all_the_time(tmp_path: Path) -> None:
    series = {"jupyterhub_total_users{}": "3x9 stale"}
    case = Case("PangeoHubDown", "two days", series, "14m", "48h", CASES[0].summary, healthy="3x5000")

    assert run_rule_tests(write_tests(tmp_path, [case], rules_of_every_tenancy())) == ""


@pytest.mark.parametrize(
    ("alert", "counter", "values"),
    [
        (
            "PangeoServerStartsFail",
            'jupyterhub_server_spawn_duration_seconds_count{namespace="vis", status="failure"}',
            f"_ 0 2x{LONG}",
        ),
        (
            "PangeoDirectoryRefusesLogIns",
            'pangeo_log_ins_total{namespace="vis", result="directory_unreachable"}',
            f"_ 0 1x{LONG}",
        ),
    ],
)
def test_fewer_failures_after_the_start_of_a_hub_are_not_extrapolated(
    alert: str, counter: str, values: str, tmp_path: Path
) -> None:
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(rules_of_every_tenancy()))
    # Prometheus evaluates rules at other times than it scrapes: here, up to 59 seconds later.
    moments = [{"eval_time": f"{59 * count}s", "alertname": alert, "exp_alerts": []} for count in range(60)]
    series = [{"series": counter, "values": values}]
    test = {"interval": "1m", "input_series": series, "alert_rule_test": moments}
    file = tmp_path / "tests.yml"
    file.write_text(yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": "59s", "tests": [test]}))

    assert run_rule_tests(file) == ""


def test_proxy_without_a_pod_is_down(tmp_path: Path) -> None:
    """Prometheus has no target then."""
    series = {'up{service="pangeo-metrics-proxy"}': "1x9 stale", 'up{service="pangeo-metrics-gateway"}': "1x9 stale"}
    proxy = {"service": "pangeo-metrics-proxy"}
    case = Case("PangeoProxyDown", "the proxy's target ends after 10 minutes", series, "14m", "16m", PROXY_DOWN, proxy)

    assert run_rule_tests(write_tests(tmp_path, [case], rules_of_tenancy(NAMESPACE))) == ""


def write_tests(folder: Path, cases: Iterable[Case], rules: dict[str, Any]) -> Path:
    """Write a file for promtool with a test for each case."""
    (folder / "rules.yml").write_text(yaml.safe_dump(rules))
    by_name = {rule["alert"]: rule for rule in rules["groups"][0]["rules"]}
    tests = [_promtool_test(case, by_name[case.alert]) for case in cases]
    file = folder / "tests.yml"
    file.write_text(yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": tests}))
    return file


def _promtool_test(case: Case, rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a test: the fault in one tenancy, beside a tenancy without it."""
    texts = {name: text.replace(LABEL_OF_NAMESPACE, NAMESPACE) for name, text in rule["annotations"].items()}
    firing = {
        "exp_labels": {**rule["labels"], "namespace": NAMESPACE, **case.labels},
        "exp_annotations": texts | {"summary": case.summary},
    }
    series = [
        {"series": name.replace("{", f'{{namespace="{namespace}",', 1), "values": values}
        for name, faulty in case.series.items()
        for namespace, values in ((NAMESPACE, faulty), (HEALTHY_NAMESPACE, case.healthy or _constant(faulty)))
    ]
    moments = [
        {"eval_time": case.silent, "alertname": case.alert, "exp_alerts": []},
        {"eval_time": case.fires, "alertname": case.alert, "exp_alerts": [firing]},
    ]
    return {"name": case.fault, "interval": "1m", "input_series": series, "alert_rule_test": moments}


def _constant(values: str) -> str:
    first = values.partition("x")[0].partition("+")[0]
    return f"{first}x{LONG}"
