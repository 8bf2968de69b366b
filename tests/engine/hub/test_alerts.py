"""Each alert fires on its real fault, in Debian's Prometheus and Alertmanager, and is silent before.

The rules' durations are 60 times shorter than an operator's; the thresholds are the same. A fault begins when the
alerts that it raises are silent.
"""

import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from components.monitoring.alert import Alert
from components.monitoring.alerts import ALERTS
from components.monitoring.rules import rules_of_every_tenancy
from local.paths import PROJECT
from tests.engine.hub.conftest import CreateNamespace, StartHub, ValuesFor
from tests.engine.hub.deployments import Deployment
from tests.engine.hub.hub_namespace import EXPANDABLE, PROMETHEUS
from tests.engine.hub.loopback_servers import Address, notebook_server
from tests.engine.hub.monitored_hub import Monitored, with_fast_metrics
from tests.support.directory import ThrowAwayDirectory
from tests.support.ports import free_ports
from tests.support.prometheus import Prometheus, running_prometheus
from tests.support.proxy_process import running_proxy
from tests.support.waiting import is_healthy, wait_until

pytestmark = pytest.mark.engine

SPEED = 60
"""Factor by which the rules' durations are shorter."""

WATCH_SECONDS = 0.25


@dataclass
class Watch:
    """The times at which alerts were first seen: firing, and received by Alertmanager."""

    prometheus: Prometheus
    firing: dict[str, float] = field(default_factory=dict)
    received: dict[str, float] = field(default_factory=dict)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Watch":
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(WATCH_SECONDS):
            alerts, received, now = self.prometheus.alerts(), self.prometheus.received_alerts(), time.monotonic()
            for name, state in alerts.items():
                if state == "firing":
                    self.firing.setdefault(name, now)
            for name in received:
                self.received.setdefault(name, now)

    def wait_for_silence(self, *alerts: str) -> None:
        """Wait until the alerts are not even pending, and forget that they fired earlier.

        On a busy machine, for example, the hub may answer too late for a while.
        """
        wait_until(
            lambda: not set(alerts) & {*self.prometheus.alerts(), *self.prometheus.received_alerts()},
            lambda: f"without a fault: {self.prometheus.alerts()}",
        )
        for alert in alerts:
            self.firing.pop(alert, None)
            self.received.pop(alert, None)

    def wait_for(self, *alerts: str) -> None:
        """Wait until Alertmanager has received the alerts."""
        wait_until(
            lambda: set(alerts) <= set(self.received) & set(self.firing),
            lambda: f"{set(alerts) - set(self.received)} did not fire; now: {self.prometheus.alerts()}",
        )


@dataclass(frozen=True)
class Fault:
    """A fault of the monitored hub."""

    description: str
    began: float


@dataclass
class Faults:
    """Causes faults, each while the alerts that it raises are silent."""

    watch: Watch
    by_alert: dict[str, Fault] = field(default_factory=dict)

    def cause(self, description: str, cause: Callable[[], object], *alerts: str) -> None:
        """Cause a fault once its alerts are silent.

        Args:
            description: the fault.
            cause: causes it.
            alerts: the names of the alerts that it raises.
        """
        self.watch.wait_for_silence(*alerts)
        fault = Fault(description, time.monotonic())
        self.by_alert |= dict.fromkeys(alerts, fault)
        cause()

    def wait_for_alerts(self) -> None:
        """Wait until Alertmanager has the alerts of all faults until now."""
        self.watch.wait_for(*self.by_alert)

    def table(self) -> Iterator[str]:
        """Yield a table of the faults and of the times until their alerts fired."""
        yield f"| alert | fault | silent before | fired after, {SPEED} times faster | by the rule, at an operator's |"
        yield "|---|---|---|---|---|"
        for alert in ALERTS:
            fault = self.by_alert[alert.name]
            seconds = self.watch.firing[alert.name] - fault.began
            yield f"| {alert.name} | {fault.description} | yes | {seconds:.1f} s | {alert.delay()} |"


@dataclass(frozen=True)
class Record:
    """What was seen of all alerts, and a time at which the hub had everything that panels show."""

    prometheus: Prometheus
    watch: Watch
    complete_at: float


@pytest.fixture(scope="module")
def record(
    start_hub: StartHub,
    values_for: ValuesFor,
    create_namespace: CreateNamespace,
    directory: ThrowAwayDirectory,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Record]:
    """Cause the fault of each alert at one hub; those whose alerts need long come first."""
    folder, database = tmp_path_factory.mktemp("alerts"), tmp_path_factory.mktemp("database")
    with ExitStack() as everything, ExitStack() as proxy, ExitStack() as hub:
        namespace, environment = create_namespace("hub-tests-alerts", dask=True)
        address = Address(folder, "pangeo.192-0-2-1.sslip.io")
        everything.enter_context(address.served())
        port, proxy_metrics = free_ports(2)
        values = values_for(
            storage={"className": EXPANDABLE},
            metrics={"prometheus": PROMETHEUS, "perUser": True, "perGroup": True},
            workers={"count": 2, "cpus": 4, "ramGb": 16},
        )
        server_port = everything.enter_context(notebook_server())
        with_fast_metrics(values, port=port, https_port=address.port, server_port=server_port, database=database)
        running = hub.enter_context(start_hub(values, environment))
        flags = [f"--default-target={running.url}", "--metrics-ip=127.0.0.1", f"--metrics-port={proxy_metrics}"]
        started_proxy = proxy.enter_context(running_proxy(folder, *flags))
        monitored = Monitored(Deployment(running, namespace), database)
        monitored.create_database_claim()
        monitored.create_quota()
        prometheus = everything.enter_context(
            running_prometheus(
                folder,
                {"pangeo-metrics-hub": port, "pangeo-metrics-proxy": proxy_metrics},
                rules_of_every_tenancy(speed=SPEED),
            )
        )
        wait_until(lambda: prometheus.query("jupyterhub_total_users", time.time()), running.log)
        monitored.start_server()
        monitored.create_dask_cluster()
        monitored.report_home(used_part=0.5)
        assert is_healthy(f"http://127.0.0.1:{started_proxy.port}/hub/login")
        wait_until(lambda: prometheus.query("pangeo_user_home_used_bytes > 0", time.time()), running.log)
        watch = everything.enter_context(Watch(prometheus))
        faults = Faults(watch)
        cause = faults.cause
        cause("a Dask worker gets no node", monitored.add_stuck_worker, "PangeoDaskWorkersPending")
        cause(
            "the certificate ends in 5 days",
            lambda: address.set_certificate(timedelta(days=5)),
            "PangeoCertificateNotRenewed",
        )
        cause(
            "the database's backup is 9 days old",
            lambda: monitored.record_backup(timedelta(days=9)),
            "PangeoBackupOld",
        )
        cause(
            "the pods of 3 servers get no node",
            monitored.start_stuck_servers,
            "PangeoPodsPending",
            "PangeoServerStartsFail",
        )
        cause("a home is 97 % full", lambda: monitored.report_home(used_part=0.97), "PangeoHomesFull")
        cause("a quota is used up", monitored.exhaust_quota, "PangeoQuotaExhausted")
        cause(
            "the database's volume is 85 % full",
            lambda: monitored.fill_database_volume(0.85),
            "PangeoHubDatabaseVolumeFills",
        )
        watch.wait_for("PangeoPodsPending", "PangeoHubDatabaseVolumeFills")
        complete_at = time.time()
        cause("the proxy is killed", proxy.close, "PangeoProxyDown")
        cause(
            "the database's volume is 97 % full",
            lambda: monitored.fill_database_volume(0.97),
            "PangeoHubDatabaseVolumeFull",
        )
        with ExitStack() as stopped:
            cause(
                "the directory is stopped",
                lambda: stopped.enter_context(directory.stopped()),
                "PangeoDirectoryServerUnreachable",
            )
            cause(
                "3 users log in while the directory is stopped", monitored.fail_log_ins, "PangeoDirectoryRefusesLogIns"
            )
            watch.wait_for("PangeoDirectoryServerUnreachable", "PangeoDirectoryRefusesLogIns")
        faults.wait_for_alerts()
        cause(
            "the certificate ends in 2 hours",
            lambda: address.set_certificate(timedelta(hours=2)),
            "PangeoCertificateExpires",
        )
        watch.wait_for("PangeoCertificateExpires")
        cause(
            "the ingress controller shows its own certificate",
            lambda: address.set_certificate(timedelta(days=365), "ingress.invalid"),
            "PangeoCertificateOfAnotherHost",
        )
        cause("the hub may not read its namespace", monitored.take_permission, "PangeoObservationsFail")
        faults.wait_for_alerts()
        cause("the hub is stopped, which takes up to 10 s", hub.close, "PangeoHubDown")
        faults.wait_for_alerts()
        print("\n".join(faults.table()))
        yield Record(prometheus, watch, complete_at)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_alert_reaches_alertmanager_after_its_fault(record: Record, alert: Alert) -> None:
    assert alert.name in record.watch.firing
    assert alert.name in record.watch.received


def queries() -> Iterator[Any]:
    for file in sorted((PROJECT / "monitoring" / "dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                yield pytest.param(target["expr"], id=f"{file.stem}: {panel['title']}, {target['legendFormat']}")


@pytest.mark.parametrize("expression", list(queries()))
def test_query_of_a_panel_returns_data(record: Record, expression: str) -> None:
    found = record.prometheus.query(expression.replace("$namespace", ".*"), record.complete_at)

    assert [each["metric"] for each in found if not math.isnan(float(each["value"][1]))] != []
