"""The pods of Dask and of its gateway, in the values of the charts."""

from typing import Any

import pytest

from components.chart.dask_values import dask_values
from components.chart.values import chart_values
from tests.support.tenancies import tenancy


def gateway_chart(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = chart_values(tenancy(**changes))["dask-gateway"]
    return values


def test_schedulers_and_workers_run_the_notebook_image() -> None:
    image = gateway_chart(notebook__image="registry.example.org:5000/notebook:7")["gateway"]["backend"]["image"]
    assert image == {"name": "registry.example.org:5000/notebook", "tag": "7"}


@pytest.mark.parametrize("component", ["scheduler", "worker"])
def test_users_pods_have_no_permissions(component: str) -> None:
    pods = gateway_chart()["gateway"]["backend"][component]
    assert pods["extraPodConfig"]["automountServiceAccountToken"] is False
    assert pods["extraPodConfig"]["securityContext"]["runAsNonRoot"] is True
    assert pods["extraContainerConfig"]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }


def test_workers_keep_the_memory_of_an_array_for_the_next_one() -> None:
    """With Dask's own setting, reads from an object store take twice as long (``make bench FIGURES=store``)."""
    variables = gateway_chart()["gateway"]["backend"]["environment"]
    assert (variables["MALLOC_MMAP_THRESHOLD_"], variables["MALLOC_TRIM_THRESHOLD_"]) == ("33554432", "67108864")


def test_size_of_schedulers_is_the_tenancys() -> None:
    scheduler = gateway_chart(dask={"schedulerCores": 0.5, "schedulerRamGb": 1.25})["gateway"]["backend"]["scheduler"]
    assert scheduler["cores"] == {"request": 0.5, "limit": 0.5}
    assert scheduler["memory"] == {"request": "1.25 G", "limit": "1.25 G"}


def test_size_of_workers_is_the_tenancys_default() -> None:
    sizes = {"workerCores": {"default": 2}, "workerRamGb": {"default": 3}}
    worker = gateway_chart(dask=sizes)["gateway"]["backend"]["worker"]
    assert worker["cores"] == {"request": 2, "limit": 2}
    assert worker["memory"] == {"request": "3 G", "limit": "3 G"}


@pytest.mark.parametrize("component", ["scheduler", "worker"])
def test_pods_reserve_all_their_cores_unless_the_stack_says_less(component: str) -> None:
    def requested(**changes: Any) -> Any:
        container = gateway_chart(**changes)["gateway"]["backend"][component]["extraContainerConfig"]
        return container["resources"]["requests"].get("cpu")

    assert requested() is None
    assert requested(dask__cpuRequest=0.25) == "250m"


def test_priority_classes_differ_between_releases() -> None:
    def classes(cluster: str) -> set[str]:
        values = chart_values(tenancy(clusterName=cluster))["dask-gateway"]["gateway"]["backend"]
        return {values[component]["extraPodConfig"]["priorityClassName"] for component in ("scheduler", "worker")}

    assert len(classes("vis")) == 2
    assert classes("vis").isdisjoint(classes("other"))


def test_gateway_proxy_watches_only_its_own_namespace() -> None:
    arguments = gateway_chart()["traefik"]["additionalArguments"]
    assert "--providers.kubernetescrd.namespaces=vis-pangeo" in arguments
    assert "--providers.kubernetescrd.disableclusterscoperesources=true" in arguments


def test_gateway_accounts_have_names_of_their_own() -> None:
    names = [account["serviceAccountName"] for account in gateway_chart()["rbac"].values()]
    assert len(set(names)) == 3
    longest = chart_values(tenancy(clusterName="a" * 40))["dask-gateway"]["rbac"]
    assert all(len(account["serviceAccountName"]) <= 63 for account in longest.values())


def test_refused_worker_is_retried_soon() -> None:
    assert gateway_chart()["controller"]["backoffMaxDelay"] <= 15


def test_values_without_dask_are_empty() -> None:
    assert dask_values(tenancy(dask__enabled=False)) == {}
    assert gateway_chart(dask__enabled=False) == {"enabled": False}
