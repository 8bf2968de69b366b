"""A campaign of random changes and of random tenancies, checked by the rules and by the oracle."""

import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from pulumi_policy.proxy import UnknownValueError, unknown_checking_proxy

from components.chart.values import chart_values
from components.config.tenancy import Tenancy
from local.paths import PROJECT
from policies.allowed_settings import patterns
from policies.kinds import RELEASE
from policies.rule import Context, InvalidConfiguration, Resource
from policies.rules import RULES
from tests.fuzz.values.changes import SECRET, Change, put, random_change
from tests.fuzz.values.oracle import dangers
from tests.fuzz.values.places import OPEN, Place
from tests.fuzz.values.tenancies import STACK, random_tenancy

CHART_FILE: dict[str, Any] = yaml.safe_load((PROJECT / "chart" / "values.yaml").read_text(encoding="utf-8"))

OTHERWISE_REFUSED = "reviewed-chart"
"""The rule that refuses every edit of the chart; the campaign looks for changes that the others accept."""

RELEASE_RULES = [
    rule for rule in RULES if rule.level == "mandatory" and RELEASE in rule.kinds and rule.id != OTHERWISE_REFUSED
]
ORGANISATION: Mapping[str, Mapping[str, Any]] = {
    "retained-expandable-volumes": {"classes": ["csi-cinder", "csi.cinder", "cephfs", "nfs", "vis-pangeo-homes"]},
    "approved-images": {"mirrors": ["registry.example.org/cache"]},
    "program-values": {"labelDomains": ["example.org"]},
}


@dataclass
class Findings:
    """The counts of a campaign, and its findings, of which there should be none."""

    counts: Counter[str] = field(default_factory=Counter)
    by_rule: Counter[str] = field(default_factory=Counter)
    accepted_dangers: list[str] = field(default_factory=list)
    refused_tenancies: list[str] = field(default_factory=list)
    shown_secrets: list[str] = field(default_factory=list)
    refused_harmless: Counter[str] = field(default_factory=Counter)
    """Harmless changes that are refused nevertheless. The allow-list is shorter than what is harmless."""

    @property
    def problems(self) -> list[str]:
        """All findings."""
        return [*self.accepted_dangers, *self.refused_tenancies, *self.shown_secrets]


class Checkout:
    """A checkout with an own ``chart/values.yaml``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "chart").mkdir()
        for name in ("Chart.yaml", "Chart.lock"):
            (folder / "chart" / name).write_bytes((PROJECT / "chart" / name).read_bytes())

    def violations(self, change: Change | None, tenancy: Tenancy, own: Mapping[str, Any]) -> dict[str, list[str]]:
        """Return the messages of the mandatory rules about the program's release after a change."""
        chart_file = CHART_FILE
        release: dict[str, Any] = {
            **{"name": tenancy.release, "namespace": tenancy.namespace, "chart": "./chart", "version": ""},
            **{"skipAwait": True, "timeout": 1200, "maxHistory": 10, "values": own},
        }
        match change:
            case Change("chart/values.yaml", place, value):
                chart_file = put(CHART_FILE, place, value)
            case Change("values", place, value):
                release["values"] = put(own, place, value)
            case Change("valueYamlFiles", place, value):
                release["valueYamlFiles"] = [{"text": json.dumps(put({}, place, value))}]
            case Change("inputs", (name, *_), value):
                release[str(name)] = value
        (self.folder / "chart" / "values.yaml").write_text(json.dumps(chart_file), encoding="utf-8")
        props = unknown_checking_proxy(json.loads(json.dumps(release), parse_int=float))
        resource = Resource(RELEASE.type, "pangeo", props)
        context = Context(STACK, tenancy, checkout=self.folder)
        return {rule: messages for rule, messages in _check(resource, context) if messages}


def _check(release: Resource, context: Context) -> Iterator[tuple[str, list[str]]]:
    for rule in RELEASE_RULES:
        own = replace(context, settings=rule.merge_settings(ORGANISATION.get(rule.id, {})))
        try:
            yield rule.id, [str(each) for each in rule.check(release, own)] if rule.check else []
        except (InvalidConfiguration, UnknownValueError) as error:
            yield rule.id, [str(error)]
        except (TypeError, ValueError, AttributeError) as error:
            # The engine reports an error of a rule as a failure of the whole preview.
            yield rule.id, [f"stopped: {type(error).__name__}"]


def run(count: int, seed: int, every: int = 20) -> Findings:
    """Check ``count`` random changes; there is a new random tenancy after ``every`` of them."""
    source, findings = random.Random(seed), Findings()
    with tempfile.TemporaryDirectory() as folder:
        checkout = Checkout(Path(folder))
        for index in range(count):
            if index % every == 0:
                tenancy = random_tenancy(source)
                own = chart_values(tenancy, chart_digest="0" * 64, secrets_digest="1" * 64)
                _expect_no_violation(findings, checkout.violations(None, tenancy, own), tenancy)
            change = random_change(source, PREFERRED)
            _judge(findings, change, checkout.violations(change, tenancy, own), own)
    return findings


def _expect_no_violation(findings: Findings, violations: Mapping[str, list[str]], tenancy: Tenancy) -> None:
    findings.counts["tenancies"] += 1
    if violations:
        findings.refused_tenancies.append(f"{violations}: {tenancy.model_dump_json(exclude_defaults=True)}")


def _judge(findings: Findings, change: Change, violations: Mapping[str, list[str]], own: Mapping[str, Any]) -> None:
    found = dangers(change, own, CHART_FILE)
    findings.counts[change.layer] += 1
    findings.counts["dangerous" if found else "harmless"] += 1
    findings.counts["refused" if violations else "accepted"] += 1
    findings.by_rule.update(violations.keys())
    if found and not violations:
        findings.accepted_dangers.append(f"{change}: {'; '.join(found)}")
    if violations and not found and change.layer != "valueYamlFiles":
        findings.refused_harmless[str(change)] += 1
    # Other rules print the values of settings that are never secret.
    if any(SECRET in message for message in violations.get("program-values", ())):
        findings.shown_secrets.append(f"{change}: {violations}")


def _place(pattern: str) -> Place:
    """Return the place of a pattern of the allow-list; lists have one element."""
    keys = pattern.split(".")
    in_lists = {index for index, key in enumerate(keys) if keys[index - 1] in LISTS}
    return tuple(0 if index in in_lists else OPEN if key == "*" else key for index, key in enumerate(keys))


LISTS = ("tolerations", "imagePullSecrets", "pullSecrets")
PREFERRED = [_place(pattern) for pattern in patterns()]
