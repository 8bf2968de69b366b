"""Access from notebooks to the Dask gateway, in the values of both charts."""

from string import Formatter
from typing import Any

import pytest

from components.chart.dask_access import gateway_egress, gateway_name, gateway_service
from components.chart.values import chart_values
from tests.support.tenancies import tenancy

GATEWAY_RULE = {
    "to": [
        {
            "podSelector": {
                "matchLabels": {"app.kubernetes.io/name": "dask-gateway", "app.kubernetes.io/component": "traefik"}
            }
        }
    ],
    "ports": [{"port": 8000, "protocol": "TCP"}],
}


def hub_chart(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = chart_values(tenancy(**changes))["jupyterhub"]
    return values


def test_network_policy_allows_notebooks_to_reach_the_gateway() -> None:
    assert GATEWAY_RULE in hub_chart()["singleuser"]["networkPolicy"]["egress"]


def test_network_policy_has_no_gateway_rule_without_dask() -> None:
    assert GATEWAY_RULE not in hub_chart(dask__enabled=False)["singleuser"]["networkPolicy"]["egress"]


@pytest.mark.parametrize("policy", [("hub",), ("proxy", "chp")])
def test_hub_and_proxy_cannot_reach_the_gateway(policy: tuple[str, ...]) -> None:
    values = hub_chart()
    for key in policy:
        values = values[key]
    assert GATEWAY_RULE not in values["networkPolicy"]["egress"]


def test_gateway_rules_are_never_empty() -> None:
    for rule in gateway_egress(tenancy()):
        assert all(peer["podSelector"]["matchLabels"] for peer in rule["to"])
        assert rule["ports"]


def test_hub_proxy_has_no_route_to_the_gateway() -> None:
    assert "url" not in hub_chart()["hub"]["services"]["dask-gateway"]


def test_dashboard_is_proxied_by_the_users_own_server() -> None:
    environment = hub_chart()["singleuser"]["extraEnv"]
    expanded = environment["DASK_GATEWAY__PUBLIC_ADDRESS"].format()
    assert (
        expanded.format(JUPYTERHUB_SERVICE_PREFIX="/user/alice/")
        == "/user/alice/proxy/traefik-vis-pangeo-dask-gateway:80/services/dask-gateway"
    )
    assert hub_chart()["hub"]["config"]["KubeSpawner"]["args"] == [
        "--ServerProxy.host_allowlist=['localhost', '127.0.0.1', 'traefik-vis-pangeo-dask-gateway']"
    ]


def test_braces_in_the_environment_survive_kubespawner() -> None:
    for value in hub_chart()["singleuser"]["extraEnv"].values():
        assert [name for _, name, _, _ in Formatter().parse(value) if name is not None] == []


def test_dask_panel_starts_gateway_clusters() -> None:
    environment = hub_chart()["singleuser"]["extraEnv"]
    assert environment["DASK_LABEXTENSION__FACTORY__MODULE"] == "dask_gateway"
    assert environment["DASK_LABEXTENSION__FACTORY__CLASS"] == "GatewayCluster"


def test_user_and_token_have_the_gateway_scope() -> None:
    hub = hub_chart()["hub"]
    assert "access:services!service=dask-gateway" in hub["loadRoles"]["user"]["scopes"]
    assert "access:services!service=dask-gateway" in hub["config"]["KubeSpawner"]["server_token_scopes"]


def test_gateway_names_differ_between_releases() -> None:
    releases = ["vis", "vis-dask-gateway", "dask-gateway", "dask-gateway-dask-gateway"]

    assert len({gateway_name(tenancy(clusterName=release)) for release in releases}) == len(releases)


def test_gateway_name_is_set_in_the_charts_values() -> None:
    vis = tenancy(clusterName="vis-dask-gateway")
    values = chart_values(vis)

    assert values["dask-gateway"]["fullnameOverride"] == "vis-dask-gateway-dask-gateway"
    assert gateway_service(vis) == "traefik-vis-dask-gateway-dask-gateway"


def test_service_name_of_the_longest_cluster_name_is_not_truncated() -> None:
    assert len(gateway_service(tenancy(clusterName="a" * 40))) <= 63
