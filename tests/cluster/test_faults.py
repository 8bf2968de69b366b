"""A short sample of ``make faults-on-the-node``, at the same moments each time: a kill in use and one in mid-``up``."""

from random import Random

import pytest

from local.paths import State
from tests.cluster.faults.at_work import Tenancy
from tests.cluster.faults.faults import FAULTS

SEED = 7
"""Of the moments to strike at; ``make faults-on-the-node`` draws many."""


@pytest.fixture(scope="module")
def tenancy() -> Tenancy:
    return Tenancy(State(), Random(SEED))


@pytest.mark.parametrize("fault", ["hub killed in use", "kube-apiserver killed in up"])
def test_nothing_is_lost_and_the_next_up_is_clean(fault: str, tenancy: Tenancy) -> None:
    assert FAULTS[fault](tenancy)
