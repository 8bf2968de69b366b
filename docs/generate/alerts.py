"""The rule file and the dashboards in ``monitoring/``, and their documentation, ``docs/alerts.md``."""

import re
from collections.abc import Iterator

import yaml

from components.monitoring.alert import Alert
from components.monitoring.alerts import ALERTS
from components.monitoring.rules import rules_of_every_tenancy
from monitoring.definitions import DASHBOARDS
from monitoring.panel import Dashboard

RULE_FILE = "monitoring/alerts.yaml"
_TEMPLATE = re.compile(r"\{\{ \$(?:labels\.)?(\w+)[^}]*\}\}")


def render_rule_file() -> str:
    """Return the rule file for a Prometheus that is not configured by objects ``PrometheusRule``."""
    rules = yaml.safe_dump(rules_of_every_tenancy(), sort_keys=False, width=120, allow_unicode=True)
    return f"# Generated from components/monitoring/alerts.py by `python -m docs.generate`; do not edit.\n{rules}"


def render_alerts() -> str:
    """Return the reference of alerts and dashboards as Markdown."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    yield "# Alerts and dashboards"
    yield ""
    yield "<!-- Generated from components/monitoring and monitoring/ by `python -m docs.generate`; do not edit. -->"
    yield ""
    yield (
        f"A tenancy with the section `metrics` has {len(ALERTS)} alerts for the cluster's Prometheus. They use no "
        "labels that name users or groups. The annotations of each alert state what happened, what it means, "
        "and the commands to run next."
    )
    yield ""
    yield "## Loading"
    yield ""
    yield (
        "**Alerts.** In a cluster with the kind `PrometheusRule` (Prometheus Operator), `pulumi up` creates the rules "
        "in the tenancy's namespace, with the labels `metrics.objectLabels`; they are about this tenancy only. For "
        f"another Prometheus, [{RULE_FILE}](../{RULE_FILE}) has the rules of all tenancies that it scrapes:"
    )
    yield ""
    yield "```"
    yield f"promtool check rules {RULE_FILE}"
    yield f"cp {RULE_FILE} /etc/prometheus/pangeo-alerts.yaml"
    yield "# in prometheus.yml:  rule_files: [pangeo-alerts.yaml]"
    yield "```"
    yield ""
    yield (
        "The rules in the file need the label `namespace`, with the pod's namespace, and `PangeoProxyDown` also the "
        "label `service`, with the Service's name, on all scraped metrics. After you removed a tenancy, silence "
        "`PangeoHubDown` and `PangeoProxyDown` for it for a week: the file knows a tenancy by its metrics of the last "
        "week. In commands, replace `STACK` with the stack's name. Alertmanager chooses the receivers by the label "
        "`severity`: `critical` if users cannot work or soon cannot, `warning` if it is sufficient to act within days."
    )
    yield ""
    yield (
        "**Dashboards.** Import the files of [monitoring/dashboards](../monitoring/dashboards) in Grafana (10.4 or "
        "newer) under *Dashboards → New → Import*, and choose the Prometheus data source and the tenancy at the "
        "top of each. Or let Grafana load them: with the sidecar of its Helm chart, from a ConfigMap with its label:"
    )
    yield ""
    yield "```"
    yield "kubectl create configmap pangeo-dashboards --namespace monitoring --from-file monitoring/dashboards"
    yield "kubectl label configmap pangeo-dashboards --namespace monitoring grafana_dashboard=1"
    yield "```"
    yield ""
    yield "## Alerts"
    yield ""
    yield "| Alert | Severity | Summary | Fires after | What to do |"
    yield "|---|---|---|---|---|"
    for alert in ALERTS:
        yield _alert_row(alert)
    yield ""
    yield "## Dashboards"
    for dashboard in DASHBOARDS:
        yield ""
        yield from _dashboard(dashboard)


def _alert_row(alert: Alert) -> str:
    commands = " ".join(f"`{command}`" for command in alert.commands)
    text = [f"`{alert.name}`", alert.severity, alert.summary, alert.delay(), f"{alert.description} {commands}"]
    return _row(*(_TEMPLATE.sub(lambda found: found[1].upper(), each) for each in text))


def _dashboard(dashboard: Dashboard) -> Iterator[str]:
    file = f"monitoring/dashboards/{dashboard.name}.json"
    yield f"### {dashboard.title.removeprefix('Pangeo: ').capitalize()}"
    yield ""
    yield f"{dashboard.description}: [{file}](../{file})"
    yield ""
    yield "| Panel | Shows | Needs |"
    yield "|---|---|---|"
    for panel in dashboard.panels:
        yield _row(panel.title, panel.description, f"`metrics.{panel.only_with}`" if panel.only_with else "")


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
