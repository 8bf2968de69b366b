"""How a notebook reaches the Dask gateway, as values of both charts."""

from typing import Any

import pytest

from components.chart_values import chart_values
from components.dask_values import gateway_egress, gateway_name, gateway_service
from tests.unit.components.tenancies import tenancy
from tests.unit.components.test_chart_values import SECRETS

TO_THE_GATEWAY = {
    "to": [
        {
            "podSelector": {
                "matchLabels": {"app.kubernetes.io/name": "dask-gateway", "app.kubernetes.io/component": "traefik"}
            }
        }
    ],
    "ports": [{"port": 8000, "protocol": "TCP"}],
}


def egress(**changes: Any) -> dict[str, Any]:
    hub_chart = chart_values(tenancy(**changes), SECRETS, "vis-pangeo")["jupyterhub"]
    return {
        "hub": hub_chart["hub"]["networkPolicy"]["egress"],
        "proxy": hub_chart["proxy"]["chp"]["networkPolicy"]["egress"],
        "notebook": hub_chart["singleuser"]["networkPolicy"]["egress"],
    }


@pytest.mark.parametrize("pod", ["hub", "proxy", "notebook"])
def test_the_network_policies_let_the_hubs_pods_through_to_the_gateway(pod: str) -> None:
    assert egress()[pod] == [TO_THE_GATEWAY]


@pytest.mark.parametrize("pod", ["hub", "proxy", "notebook"])
def test_no_policy_is_opened_for_a_gateway_that_is_not_there(pod: str) -> None:
    assert egress(dask__enabled=False)[pod] == []


def test_an_empty_rule_that_would_open_everything_is_never_written() -> None:
    for rule in gateway_egress(tenancy()):
        assert all(peer["podSelector"]["matchLabels"] for peer in rule["to"])
        assert rule["ports"]


def test_no_two_releases_name_their_gateways_alike() -> None:
    releases = ["vis", "vis-dask-gateway", "dask-gateway", "dask-gateway-dask-gateway"]

    assert len({gateway_name(release) for release in releases}) == len(releases)


def test_the_gateways_chart_is_told_the_name_and_does_not_choose_one() -> None:
    values = chart_values(tenancy(), SECRETS, "vis-dask-gateway")

    assert values["dask-gateway"]["fullnameOverride"] == "vis-dask-gateway-dask-gateway"
    assert gateway_service("vis-dask-gateway") == "traefik-vis-dask-gateway-dask-gateway"


def test_the_longest_cluster_name_makes_a_service_name_that_is_not_cut() -> None:
    assert len(gateway_service("a" * 40)) <= 63
