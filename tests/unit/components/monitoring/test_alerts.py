"""Alerts use the hub's metrics, do not depend on users' names, and state what to do."""

import re

import pytest

from components.in_hub.metric_names import FURTHER
from components.monitoring.alert import Alert
from components.monitoring.alerts import ALERTS
from components.monitoring.rules import rules_of_every_tenancy, rules_of_tenancy
from tests.support.promql import OWN, base_name, grouping_labels, used_metrics, used_selectors

every_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)


def test_names_are_unique() -> None:
    assert len({alert.name for alert in ALERTS}) == len(ALERTS)


@every_alert
def test_each_metric_exists_and_is_limited_to_a_tenancy(alert: Alert) -> None:
    selectors = used_selectors(alert.expression)

    assert [each.metric for each in selectors] == used_metrics(alert.expression) != []
    assert [each.metric for each in selectors if base_name(each.metric) not in {*OWN, *FURTHER}] == []


@every_alert
def test_each_label_exists_and_names_no_user(alert: Alert) -> None:
    selectors = used_selectors(alert.expression)
    known = set.union(*(each.known_labels for each in selectors))

    assert [each for each in selectors if not each.labels <= each.known_labels] == []
    assert grouping_labels(alert.expression) <= known
    assert not {"user", "group"} & known


@every_alert
def test_each_alert_states_what_to_do(alert: Alert) -> None:
    assert alert.summary
    assert alert.description.endswith(".")
    assert alert.commands
    assert set(re.findall(r"\$labels\.(\w+)", alert.summary)) <= grouping_labels(alert.expression)


def test_rules_of_a_tenancy_use_its_metrics_only() -> None:
    for rule in rules_of_tenancy("vis")["groups"][0]["rules"]:
        assert rule["expr"].count('{namespace="vis"') == len(used_metrics(rule["expr"]))
        texts = " ".join(rule["annotations"].values())
        assert "NAMESPACE" not in texts
        assert "$labels.namespace" not in texts


def test_commands_of_a_tenancy_name_its_namespace() -> None:
    rule = rules_of_tenancy("vis")["groups"][0]["rules"][0]

    assert rule["annotations"]["command"].splitlines() == [
        "python -m components status STACK",
        "kubectl get pods --namespace vis --output wide",
        "kubectl logs --namespace vis deployment/hub --tail=200",
    ]


def test_rules_of_every_tenancy_have_no_place_of_a_tenancy() -> None:
    for rule in rules_of_every_tenancy()["groups"][0]["rules"]:
        assert "$scope" not in rule["expr"]
        assert "NAMESPACE" not in " ".join(rule["annotations"].values())


def test_speed_shortens_every_duration() -> None:
    alert = Alert("A", 'rate(x{$scope, a="b"}[1h]) > <old>', 10, "warning", "s", "d.", ("c",), {"old": 600})

    assert (alert.promql(), alert.lasts(), alert.delay()) == ('rate(x{a="b"}[1h]) > 600', "10m", "20m")
    assert alert.promql('namespace="vis"', 60) == 'rate(x{namespace="vis", a="b"}[1m]) > 10'
    assert alert.lasts(60) == "10s"
