from collections.abc import Iterator

import pytest

from tests.engine.local.directory.clients import SUCCESS, add_group, delete, open_connection
from tests.support.directory import ThrowAwayDirectory


@pytest.fixture
def group(directory: ThrowAwayDirectory) -> Iterator[str]:
    """A group with the member alice, made and afterwards removed by the delegated account."""
    dn = directory.group_dn("k1_notebook_users")
    with open_connection(directory, "pangeo-operator") as operator:
        assert add_group(operator, dn, [directory.user_dn("alice")]) == SUCCESS
    yield "k1_notebook_users"
    with open_connection(directory, "pangeo-operator") as operator:
        assert delete(operator, dn) == SUCCESS
