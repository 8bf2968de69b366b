"""What the gateway's accounts may do, asked of a real API server that has the chart's roles."""

import pytest

from tests.engine.gateway.gateway_processes import Gateway

pytestmark = pytest.mark.engine

COMPONENTS = ["gateway", "controller", "traefik"]
READING = ["get", "list", "watch"]
CHANGING = ["create", "update", "patch", "delete", "deletecollection"]
EVERYWHERE = ""
CLUSTERS, ROUTES = "daskclusters.gateway.dask.org", "ingressroutes.traefik.io"


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("where", ["kube-system", EVERYWHERE])
def test_secrets_of_other_namespaces_are_out_of_reach(gateway: Gateway, component: str, where: str) -> None:
    assert gateway.allowed(component, [*READING, *CHANGING], ["secrets"], where) == set()


@pytest.mark.parametrize("component", COMPONENTS)
def test_nothing_is_changed_in_other_namespaces(gateway: Gateway, component: str) -> None:
    assert gateway.allowed(component, CHANGING, ["pods", "services", CLUSTERS, ROUTES], "kube-system") == set()


@pytest.mark.parametrize(
    ("component", "seen"),
    [
        ("gateway", {f"list {CLUSTERS}", f"watch {CLUSTERS}"}),
        ("controller", {f"{verb} {what}" for verb in ("list", "watch") for what in (CLUSTERS, "pods", "endpoints")}),
        ("traefik", set()),
    ],
)
def test_across_namespaces_is_seen_what_dask_gateway_watches_and_no_more(
    gateway: Gateway, component: str, seen: set[str]
) -> None:
    kinds = [CLUSTERS, "pods", "endpoints", "services", "configmaps", "nodes", "namespaces", "persistentvolumeclaims"]
    assert gateway.allowed(component, [*READING, *CHANGING], [*kinds, ROUTES, "ingresses.networking.k8s.io"]) == seen


@pytest.mark.parametrize("component", COMPONENTS)
def test_homes_and_the_insides_of_other_pods_are_out_of_reach(gateway: Gateway, component: str) -> None:
    kinds = ["configmaps", "persistentvolumeclaims", "pods/exec", "pods/log", "serviceaccounts/token", "events"]
    assert gateway.allowed(component, ["get", *CHANGING], kinds, gateway.namespace) == set()


def test_the_proxy_reads_its_own_namespace_as_its_provider_needs_and_changes_nothing(gateway: Gateway) -> None:
    kinds = ["services", "secrets", ROUTES, "middlewares.traefik.io", "tlsstores.traefik.io"]
    allowed = gateway.allowed("traefik", [*READING, *CHANGING], kinds, gateway.namespace)
    assert allowed == {f"{verb} {kind}" for verb in READING for kind in kinds}


def test_the_controller_cannot_read_the_secrets_it_makes(gateway: Gateway) -> None:
    allowed = gateway.allowed("controller", [*READING, *CHANGING], ["secrets"], gateway.namespace)
    assert allowed == {"create secrets", "delete secrets"}


def test_the_api_reads_a_secret_or_quota_whose_name_it_knows_and_lists_none(gateway: Gateway) -> None:
    kinds = ["secrets", "resourcequotas", "pods"]
    allowed = gateway.allowed("gateway", [*READING, *CHANGING], kinds, gateway.namespace)
    assert allowed == {"get secrets", "get resourcequotas"}
