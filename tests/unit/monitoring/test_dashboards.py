"""Dashboards use the hub's metrics, and panels that name users or groups say which key permits them."""

from itertools import combinations

import pytest

from components.in_hub.metric_names import FURTHER
from monitoring.definitions import DASHBOARDS
from monitoring.grafana import COLUMNS, dashboard_model
from monitoring.panel import Dashboard, Panel
from tests.support.promql import OWN, base_name, grouping_labels, used_metrics, used_selectors

every_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.name)
every_panel = pytest.mark.parametrize(
    "panel",
    [pytest.param(panel, id=f"{each.name}: {panel.title}") for each in DASHBOARDS for panel in each.panels],
)


@every_panel
def test_each_metric_of_a_panel_exists_and_follows_the_choice_of_a_tenancy(panel: Panel) -> None:
    for query in panel.queries:
        selectors = used_selectors(query.expression)
        known = set.union(*(each.known_labels for each in selectors))

        assert [each.metric for each in selectors] == used_metrics(query.expression) != []
        assert [each.metric for each in selectors if base_name(each.metric) not in {*OWN, *FURTHER}] == []
        assert [each for each in selectors if not each.labels <= each.known_labels] == []
        assert grouping_labels(query.expression) <= known


@every_panel
def test_panel_names_the_key_that_permits_its_metrics(panel: Panel) -> None:
    metrics = [name for query in panel.queries for name in used_metrics(query.expression)]

    assert {OWN[name].only_with for name in metrics if name in OWN} | {""} == {panel.only_with, ""}


@every_dashboard
def test_panels_of_a_dashboard_do_not_overlap(dashboard: Dashboard) -> None:
    places = [panel["gridPos"] for panel in dashboard_model(dashboard)["panels"]]
    areas = [
        {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])} for at in places
    ]

    assert not any(one & other for one, other in combinations(areas, 2))
    assert all(at["x"] + at["w"] <= COLUMNS for at in places)


@every_dashboard
def test_dashboard_imports_into_any_grafana(dashboard: Dashboard) -> None:
    model = dashboard_model(dashboard)

    assert "id" not in model
    assert model["uid"] == f"pangeo-{dashboard.name}"
    assert {panel["datasource"]["uid"] for panel in model["panels"]} == {"${datasource}"}
    assert [each["name"] for each in model["templating"]["list"]] == ["datasource", "namespace"]
    assert len({panel["id"] for panel in model["panels"]}) == len(dashboard.panels)


def test_names_of_dashboards_are_unique() -> None:
    assert len({each.name for each in DASHBOARDS}) == len({each.title for each in DASHBOARDS}) == len(DASHBOARDS)
