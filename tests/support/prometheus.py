"""A Prometheus with an Alertmanager, for one tenancy."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.support.monitoring_programs import monitoring_programs
from tests.support.ports import free_ports
from tests.support.waiting import LIMIT_SECONDS, is_healthy, wait_for_server

INTERVAL = "1s"
"""Of scraping and of the evaluation of rules."""

NAMESPACE = "vis"
"""The label that discovery in a cluster gives to a hub's metrics."""


@dataclass(frozen=True)
class Prometheus:
    """The addresses of a running Prometheus and of its Alertmanager."""

    url: str
    alertmanager_url: str

    def query(self, expression: str, time: float) -> list[dict[str, Any]]:
        """Return the series of an instant query at a time in seconds since 1970."""
        parameters: dict[str, str | float] = {"query": expression, "time": time}
        answer = requests.get(f"{self.url}/api/v1/query", params=parameters, timeout=LIMIT_SECONDS)
        assert answer.ok, f"{expression}: {answer.text}"
        return list(answer.json()["data"]["result"])

    def alerts(self) -> dict[str, str]:
        """Return the state of each alert whose condition is fulfilled: ``pending`` or ``firing``."""
        answer = requests.get(f"{self.url}/api/v1/alerts", timeout=LIMIT_SECONDS)
        answer.raise_for_status()
        return {each["labels"]["alertname"]: each["state"] for each in answer.json()["data"]["alerts"]}

    def received_alerts(self) -> set[str]:
        """Return the names of the alerts that Alertmanager has."""
        answer = requests.get(f"{self.alertmanager_url}/api/v2/alerts", timeout=LIMIT_SECONDS)
        answer.raise_for_status()
        return {each["labels"]["alertname"] for each in answer.json()}


def check_rules(folder: Path, rules: Mapping[str, Any]) -> str:
    """Return what ``promtool check rules`` reports about rules; empty if they are valid."""
    file = folder / "rules.yml"
    file.write_text(yaml.safe_dump(rules))
    return _promtool("check", "rules", "--lint-fatal", str(file))


def run_rule_tests(file: Path) -> str:
    """Return what ``promtool test rules`` reports; empty if all tests passed."""
    return _promtool("test", "rules", str(file))


def _promtool(*arguments: str) -> str:
    done = subprocess.run(
        [monitoring_programs() / "promtool", *arguments],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


@contextmanager
def running_prometheus(folder: Path, services: Mapping[str, int], rules: Mapping[str, Any]) -> Iterator[Prometheus]:
    """Provide a Prometheus that reads metrics every second, evaluates rules and sends alerts to an Alertmanager.

    Args:
        folder: for files of both programs.
        services: the port of each service with metrics, by its name in the cluster.
        rules: the content of the rule file.
    """
    port, alertmanager_port = free_ports(2)
    (folder / "rules.yml").write_text(yaml.safe_dump(rules))
    targets = [
        {"targets": [f"127.0.0.1:{port}"], "labels": {"namespace": NAMESPACE, "service": service}}
        for service, port in services.items()
    ]
    config = {
        "global": {"scrape_interval": INTERVAL, "scrape_timeout": INTERVAL, "evaluation_interval": INTERVAL},
        "rule_files": ["rules.yml"],
        "scrape_configs": [{"job_name": "pangeo", "static_configs": targets}],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager_port}"]}]}]},
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))
    receiver = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}
    (folder / "alertmanager.yml").write_text(json.dumps(receiver))
    programs = monitoring_programs()
    server = Prometheus(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{alertmanager_port}")
    with ExitStack() as stack:
        alertmanager: list[str | Path] = [
            programs / "prometheus-alertmanager",
            "--config.file=alertmanager.yml",
            f"--web.listen-address=127.0.0.1:{alertmanager_port}",
            "--cluster.listen-address=",
            "--storage.path=alertmanager",
        ]
        stack.enter_context(_running(alertmanager, folder, f"{server.alertmanager_url}/-/ready"))
        prometheus: list[str | Path] = [
            programs / "prometheus",
            "--config.file=prometheus.yml",
            f"--web.listen-address=127.0.0.1:{port}",
            "--storage.tsdb.path=prometheus",
        ]
        stack.enter_context(_running(prometheus, folder, f"{server.url}/-/ready"))
        yield server


_WITH_ITS_FILES = ("unshare", "--mount", "sh", "-c", 'mount --bind "$1" /usr/share && shift && exec "$@"', "sh")
"""Command that shows a folder as ``/usr/share`` to the program after it, and to no other process.

Debian's Alertmanager reads its templates there, also if it is only unpacked.
"""


@contextmanager
def _running(command: Sequence[str | Path], folder: Path, ready: str) -> Iterator[None]:
    log_file = folder / f"{Path(command[0]).name}.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *_WITH_ITS_FILES, Path(command[0]).parent.parent / "share", *command],
            cwd=folder,
            env={"PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for_server(process, lambda: is_healthy(ready), log_file.read_text)
        yield
    finally:
        process.kill()
        process.wait()
