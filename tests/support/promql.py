"""The metrics that an expression of PromQL uses."""

import re
from dataclasses import dataclass

from components.in_hub.metric_names import FURTHER, METRICS

OWN = {metric.name: metric for metric in METRICS}
LABELS_OF_DISCOVERY = {"namespace", "service"}
"""Labels that Prometheus adds to each scraped metric."""

_METRIC = re.compile(r"\b(?:(?:pangeo|jupyterhub|requests|traefik)_\w+|up\b)")
_SELECTOR = re.compile(r"(\w+)\{\$scope(?:, ([^}]*))?\}")
_MATCHER = re.compile(r"(\w+)=~?\"")
_GROUPED = re.compile(r"\bby \(([^)]*)\)")
_FURTHER_LABEL = re.compile(r"labels? ([^;]*)")


@dataclass(frozen=True)
class Selector:
    """A metric of an expression, with the labels that limit it."""

    metric: str
    labels: frozenset[str]

    @property
    def known_labels(self) -> set[str]:
        """The labels that the metric can have."""
        if own := OWN.get(self.metric):
            return LABELS_OF_DISCOVERY | set(own.labels)
        found = _FURTHER_LABEL.search(FURTHER[base_name(self.metric)])
        return LABELS_OF_DISCOVERY | {"le"} | set(re.findall(r"\w+", found[1]) if found else ())


def base_name(metric: str) -> str:
    """Return the name of the histogram of which a metric is a part, or the metric's own name."""
    base = re.sub(r"_(bucket|count|sum)$", "", metric)
    return base if base in FURTHER else metric


def used_selectors(expression: str) -> list[Selector]:
    """Return the selectors of an expression whose selectors begin with ``$scope``."""
    return [
        Selector(metric, frozenset(_MATCHER.findall(matchers))) for metric, matchers in _SELECTOR.findall(expression)
    ]


def used_metrics(expression: str) -> list[str]:
    """Return every name of a metric in an expression, with and without a selector."""
    return list(_METRIC.findall(expression))


def grouping_labels(expression: str) -> set[str]:
    """Return the labels by which an expression groups."""
    return {label.strip() for labels in _GROUPED.findall(expression) for label in labels.split(",")}
