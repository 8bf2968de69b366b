"""The local tenancy on a node that enforces network policies."""

import pytest

from local import cluster
from local.cluster import network
from local.paths import State


def enforcing_state() -> State:
    """Return the local tenancy's state; skip the test where this kernel cannot enforce network policies."""
    if not network.can_enforce_policies():
        pytest.skip("network policies are not enforced on this kernel")
    if not cluster.enforces_policies():
        pytest.fail("network policies are not enforced though this kernel can; start the enforcer with make up")
    return State()
