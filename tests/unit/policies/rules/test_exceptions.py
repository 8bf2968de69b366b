"""Statements in the stack file that leave a risk to the operator."""

from typing import Any

import pytest

from tests.unit.policies import declared

RULE = "no-accepted-risks"


def check(**changes: Any) -> list[str]:
    return declared.check_stack(RULE, declared.good_stack(), stack=declared.config(**changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"kubernetes": {"existingNamespace": "adopt"}},
            "pangeo:kubernetes.existingNamespace is adopt: network policies",
        ),
        ({"network": {"clusterCidrs": []}}, "pangeo:network.clusterCidrs is empty: users' pods can reach the public"),
    ],
    ids=str,
)
def test_an_accepted_risk_is_reported(changes: dict[str, Any], message: str) -> None:
    (found,) = check(**changes)
    assert found.startswith(message)


def test_a_tenancy_that_accepts_no_risk_is_not_reported() -> None:
    assert check() == []
    assert check(network={"clusterCidrs": ["203.0.113.0/24"]}, kubernetes={"existingNamespace": "refuse"}) == []
    assert declared.rule(RULE).level == "advisory"
