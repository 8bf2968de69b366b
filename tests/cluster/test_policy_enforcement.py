"""The doctor's check that network policies are enforced, in the real pod of the proxy."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from components.cli.diagnose.policy_enforcement import check_policy_enforcement
from components.cli.diagnose.result import CheckResult, Status
from components.cluster.kubeconfig import find_configured_kubeconfig
from components.cluster.pod_command import run_in_deployment
from local.paths import State
from local.tenancy import web
from local.tenancy.engine_environment import engine_environment
from tests.support.dask import wait_until
from tests.support.enforced_policies import enforcing_state
from tests.support.kubectl import kubectl

pytestmark = pytest.mark.cluster

NOTICED_WITHIN_SECONDS = 120


@pytest.fixture(scope="module")
def state() -> State:
    return enforcing_state()


@pytest.fixture
def open_egress(state: State) -> Iterator[None]:
    """A further policy that allows the proxy every connection, as a network plugin without policies does."""
    name = f"open-egress-{time.time_ns()}"
    policy: dict[str, Any] = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name},
        "spec": {"podSelector": {"matchLabels": {"component": "proxy"}}, "policyTypes": ["Egress"], "egress": [{}]},
    }
    kubectl(state, "create", "--filename", "-", stdin=json.dumps(policy))
    try:
        yield
    finally:
        kubectl(state, "delete", "networkpolicy", name)
        wait_until(lambda: check(state).status is Status.GOOD, NOTICED_WITHIN_SECONDS, "the enforcer forbids it again")


def check(state: State) -> CheckResult:
    """Run the check as the doctor does, with kubectl and the kubeconfig of an ``up``."""
    # Without a home, kubectl keeps its cache in the working directory.
    environment = {"HOME": str(state.root), **engine_environment(state)}
    kubeconfig = find_configured_kubeconfig(None, environment)

    def run(command: tuple[str, ...]) -> bytes:
        return run_in_deployment(kubeconfig, environment, web.NAMESPACE, "proxy", command)

    return check_policy_enforcement(run)


def test_enforced_policies_are_recognised(state: State) -> None:
    found = check(state)
    assert (found.status, found.message) == (
        Status.GOOD,
        "the proxy's pod reaches the hub, and not the API server, which its network policy forbids",
    )


@pytest.mark.usefixtures("open_egress")
def test_a_forbidden_connection_that_succeeds_is_broken(state: State) -> None:
    found: list[CheckResult] = []

    def is_noticed() -> bool:
        found.append(check(state))
        return found[-1].status is not Status.GOOD

    wait_until(is_noticed, NOTICED_WITHIN_SECONDS, "the enforcer allows what the further policy allows")
    assert (found[-1].status, found[-1].message) == (
        Status.BROKEN,
        "the proxy's pod reaches the API server, which its network policy forbids",
    )
