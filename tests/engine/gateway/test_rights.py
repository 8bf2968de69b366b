"""Permissions of the gateway's accounts on a real API server with the roles of the chart."""

import pytest

from tests.engine.gateway.gateway_processes import Gateway

pytestmark = pytest.mark.engine

COMPONENTS = ["gateway", "controller", "traefik"]
READING = ["get", "list", "watch"]
CHANGING = ["create", "update", "patch", "delete", "deletecollection"]
ALL_NAMESPACES = ""
CLUSTERS, ROUTES = "daskclusters.gateway.dask.org", "ingressroutes.traefik.io"


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("namespace", ["kube-system", ALL_NAMESPACES])
def test_accounts_cannot_read_secrets_of_other_namespaces(gateway: Gateway, component: str, namespace: str) -> None:
    assert gateway.allowed(component, [*READING, *CHANGING], ["secrets"], namespace) == set()


@pytest.mark.parametrize("component", COMPONENTS)
def test_accounts_cannot_change_other_namespaces(gateway: Gateway, component: str) -> None:
    assert gateway.allowed(component, CHANGING, ["pods", "services", CLUSTERS, ROUTES], "kube-system") == set()


@pytest.mark.parametrize(
    ("component", "permissions"),
    [
        ("gateway", {f"list {CLUSTERS}", f"watch {CLUSTERS}"}),
        ("controller", {f"{verb} {kind}" for verb in ("list", "watch") for kind in (CLUSTERS, "pods", "endpoints")}),
        ("traefik", set()),
    ],
)
def test_cluster_wide_permissions_are_minimal(gateway: Gateway, component: str, permissions: set[str]) -> None:
    kinds = [CLUSTERS, "pods", "endpoints", "services", "configmaps", "nodes", "namespaces", "persistentvolumeclaims"]
    assert (
        gateway.allowed(component, [*READING, *CHANGING], [*kinds, ROUTES, "ingresses.networking.k8s.io"])
        == permissions
    )


@pytest.mark.parametrize("component", COMPONENTS)
def test_accounts_cannot_access_homes_and_other_pods(gateway: Gateway, component: str) -> None:
    kinds = ["configmaps", "persistentvolumeclaims", "pods/exec", "pods/log", "serviceaccounts/token", "events"]
    assert gateway.allowed(component, ["get", *CHANGING], kinds, gateway.namespace) == set()


def test_proxy_can_only_read_its_own_namespace(gateway: Gateway) -> None:
    kinds = ["services", "secrets", ROUTES, "middlewares.traefik.io", "tlsstores.traefik.io"]
    allowed = gateway.allowed("traefik", [*READING, *CHANGING], kinds, gateway.namespace)
    assert allowed == {f"{verb} {kind}" for verb in READING for kind in kinds}


def test_controller_cannot_read_secrets(gateway: Gateway) -> None:
    allowed = gateway.allowed("controller", [*READING, *CHANGING], ["secrets"], gateway.namespace)
    assert allowed == {"create secrets", "delete secrets"}


def test_api_server_can_read_but_not_list_secrets(gateway: Gateway) -> None:
    kinds = ["secrets", "resourcequotas", "pods"]
    allowed = gateway.allowed("gateway", [*READING, *CHANGING], kinds, gateway.namespace)
    assert allowed == {"get secrets", "get resourcequotas", "list pods"}
