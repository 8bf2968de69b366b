"""A sample of ``make faults-on-the-node`` at fixed moments: one kill in use and one during an ``up``."""

from random import Random

import pytest

from local.paths import State
from tests.cluster.faults.faults import FAULTS
from tests.cluster.faults.user_at_work import Tenancy

SEED = 7
"""Seed of the moments of the faults."""


@pytest.fixture(scope="module")
def tenancy() -> Tenancy:
    return Tenancy(State(), Random(SEED))


@pytest.mark.parametrize("fault", ["hub killed in use", "kube-apiserver killed during up"])
def test_a_fault_loses_no_data_and_the_next_up_is_clean(fault: str, tenancy: Tenancy) -> None:
    assert FAULTS[fault](tenancy)
