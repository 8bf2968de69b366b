"""The definitions of dashboards: panels with their queries."""

from dataclasses import dataclass
from typing import Literal

SCOPE = 'namespace=~"$namespace"'
"""Label matcher of the tenancies chosen in a dashboard; ``.*``, for all, includes metrics without the label."""

LARGEST = 20
"""Number of users that a panel shows."""

Kind = Literal["timeseries", "stat", "bargauge"]
Unit = Literal["short", "bytes", "percentunit", "s"]
"""Units of Grafana."""


@dataclass(frozen=True)
class Query:
    """A query of Prometheus, with the text of its legend."""

    expression: str
    """PromQL. Each selector begins with ``$scope``, the place of the chosen tenancies."""
    legend: str

    def promql(self) -> str:
        """Return the expression as Grafana sends it, apart from the dashboard's variables."""
        return self.expression.replace("$scope", SCOPE)


@dataclass(frozen=True)
class Panel:
    """A panel of a dashboard."""

    title: str
    kind: Kind
    unit: Unit
    description: str
    queries: tuple[Query, ...]
    width: int = 12
    """In columns, of which a dashboard has 24."""
    height: int = 8
    only_with: str = ""
    """Key of the section ``metrics`` without which the panel is empty."""


@dataclass(frozen=True)
class Dashboard:
    """The panels about one subject, in the order of reading."""

    name: str
    """The file's name, and the end of the dashboard's identifier in Grafana."""
    title: str
    description: str
    panels: tuple[Panel, ...]


def largest_users(metric: str, labels: str = "") -> Query:
    """Return the query of the ``LARGEST`` users by a metric, of all kinds of pods together."""
    return Query(f"topk({LARGEST}, sum by (user) ({metric}{{$scope{labels}}}))", "{{user}}")


def quantile(part: float, metric: str, labels: str, interval: str) -> str:
    """Return the expression of a quantile of a histogram."""
    return f"histogram_quantile({part}, sum by (le) (rate({metric}_bucket{{$scope{labels}}}[{interval}])))"
