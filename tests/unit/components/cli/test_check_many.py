"""Two hundred stack files, good ones and ones with a known mistake among them, checked by the command at once."""

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from components.cli.app import app
from tests.support.tenancies import ABSENT, stack_text

STACKS = 200
CPU_SECONDS = 20.0
"""Other tests run beside this one: on the clock it takes as long as they let it."""

SEED = 20260101


class Mistake(NamedTuple):
    """Settings that are wrong, and the field that the check must name."""

    changes: dict[str, Any]
    field: str


MISTAKES = (
    Mistake({"externalIp": "192.0.2.256"}, "pangeo:externalIp"),
    Mistake({"clusterName": "Vis"}, "pangeo:clusterName"),
    Mistake({"notebookRamGb": "4Gi"}, "pangeo:notebookRamGb"),
    Mistake({"notebookCpus": 0}, "pangeo:notebookCpus"),
    Mistake({"notebookStorageGb": ABSENT}, "pangeo:notebookStorageGb"),
    Mistake({"notebokCpus": 2}, "pangeo:notebokCpus"),
    Mistake({"identity__server": "https://ipa.example.org"}, "pangeo:identity.server[0]"),
    Mistake({"identity__bindDn": "deployer"}, "pangeo:identity.bindDn"),
    Mistake({"identity__tls": "none"}, "pangeo:identity.tls"),
    Mistake({"identityBindPassword": "in plain text"}, "pangeo:identityBindPassword"),
    Mistake({"ingress__tls": {"clusterIssuer": "a", "secretName": "b"}}, "pangeo:ingress.tls.secretName"),
    Mistake({"dask__maxWorkers": -1}, "pangeo:dask.maxWorkers"),
)


def write_stacks(folder: Path) -> Iterator[tuple[Path, set[str]]]:
    """Write stack files, every other one good; yield each path with its wrong keys."""
    chance = random.Random(SEED)
    for number in range(STACKS):
        good: dict[str, Any] = {
            "clusterName": f"tenancy-{number}",
            "externalIp": f"10.0.{number // 250}.{number % 250 + 1}",
            "notebookCpus": chance.choice((0.5, 1, 2, 16)),
            "notebookRamGb": chance.choice((1, 2.5, 64)),
            "workers": {"count": chance.randint(1, 50), "cpus": 32, "ramGb": 256},
            "dask__enabled": chance.random() < 0.5,
        }
        mistakes = chance.sample(MISTAKES, chance.randint(1, 3)) if number % 2 else []
        changes = good | {key: value for mistake in mistakes for key, value in mistake.changes.items()}
        path = folder / f"Pulumi.t{number:03}.yaml"
        path.write_text(stack_text(**changes))
        yield path, {mistake.field for mistake in mistakes}


def test_each_of_200_files_is_checked_within_20_cpu_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stacks").mkdir()
    monkeypatch.chdir(tmp_path)
    expected = {path.name: fields for path, fields in write_stacks(tmp_path / "stacks")}

    began = time.process_time()
    checked = CliRunner().invoke(app, ["check", "--json"])
    cpu_seconds = time.process_time() - began
    with capsys.disabled():
        print(f" {STACKS} stack files checked in {cpu_seconds:.1f} CPU seconds", end="")

    found = {
        Path(each["stack"]).name: {problem["key"] for problem in each["problems"]}
        for each in json.loads(checked.stdout)
    }
    assert {name: fields for name, fields in found.items() if fields != expected[name]} == {}
    assert len(found) == STACKS
    assert checked.exit_code == 1
    assert cpu_seconds < CPU_SECONDS
