"""What schedulers, workers and the gateway's own pods are, as values of both charts."""

from typing import Any

import pytest

from components.chart.dask_values import dask_values
from components.chart.values import chart_values
from tests.support.rendered_values import SECRETS
from tests.support.tenancies import tenancy


def gateway_chart(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = chart_values(tenancy(**changes), SECRETS)["dask-gateway"]
    return values


def test_schedulers_and_workers_run_the_notebooks_image() -> None:
    image = gateway_chart(notebook__image="registry.example.org:5000/notebook:7")["gateway"]["backend"]["image"]
    assert image == {"name": "registry.example.org:5000/notebook", "tag": "7"}


@pytest.mark.parametrize("what", ["scheduler", "worker"])
def test_users_pods_have_no_rights_on_their_node_nor_in_the_cluster(what: str) -> None:
    pods = gateway_chart()["gateway"]["backend"][what]
    assert pods["extraPodConfig"]["automountServiceAccountToken"] is False
    assert pods["extraPodConfig"]["securityContext"]["runAsNonRoot"] is True
    assert pods["extraContainerConfig"]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }


def test_priority_classes_hold_the_releases_name_for_they_are_the_whole_clusters() -> None:
    def classes(cluster: str) -> set[str]:
        values = chart_values(tenancy(clusterName=cluster), SECRETS)["dask-gateway"]["gateway"]["backend"]
        return {values[what]["extraPodConfig"]["priorityClassName"] for what in ("scheduler", "worker")}

    assert len(classes("vis")) == 2
    assert classes("vis").isdisjoint(classes("other"))


def test_the_gateways_proxy_looks_into_its_own_namespace_alone() -> None:
    arguments = gateway_chart()["traefik"]["additionalArguments"]
    assert "--providers.kubernetescrd.namespaces=vis-pangeo" in arguments
    assert "--providers.kubernetescrd.disableclusterscoperesources=true" in arguments


def test_the_gateways_accounts_are_not_made_by_its_chart() -> None:
    names = [account["serviceAccountName"] for account in gateway_chart()["rbac"].values()]
    assert len(set(names)) == 3
    longest = chart_values(tenancy(clusterName="a" * 40), SECRETS)["dask-gateway"]["rbac"]
    assert all(len(account["serviceAccountName"]) <= 63 for account in longest.values())


def test_a_worker_that_the_quota_refused_is_asked_for_again_soon() -> None:
    assert gateway_chart()["controller"]["backoffMaxDelay"] <= 15


def test_with_dask_off_nothing_is_said_of_it() -> None:
    assert dask_values(tenancy(dask__enabled=False)) == {}
    assert gateway_chart(dask__enabled=False) == {"enabled": False}
