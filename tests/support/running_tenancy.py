"""The local tenancy that tests on the node need."""

import pytest

from local import cluster
from local.paths import State


def running_state() -> State:
    """Return the local tenancy's state; fail the test if the tenancy does not run."""
    state = State()
    if not cluster.is_ready(state):
        pytest.fail("the local tenancy is not running; start it with make up")
    return state
