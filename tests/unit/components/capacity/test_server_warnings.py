from typing import Any

import pytest

from components.capacity.total import compute_capacity
from tests.support.tenancies import tenancy


def warnings(further: int, **workers: Any) -> str:
    """Return the warnings of a tenancy of two nodes, on each of which three notebooks fit."""
    described = tenancy(
        notebookCpus=1,
        notebookRamGb=8,
        dask={"enabled": False},
        notebook={"furtherServers": further},
        workers={"count": 2, "cpus": 8, "ramGb": 32, **workers},
    )
    read = compute_capacity(described)
    assert read is not None
    assert read.notebooks_per_node == 3
    return "\n".join(read.warnings)


@pytest.mark.parametrize(("further", "users"), [(0, 6), (1, 3), (2, 2), (2, None)])
def test_servers_that_fit_are_no_warning(further: int, users: int | None) -> None:
    assert warnings(further, expectedUsers=users) == ""


def test_servers_of_the_expected_users_are_counted() -> None:
    assert "4 expected users may have 8 servers, 2 each, but only 6 notebooks fit" in warnings(1, expectedUsers=4)


def test_servers_of_a_user_must_fit_on_one_node() -> None:
    assert "a user may have 4 servers at once, which run on one node, but only 3 notebooks" in warnings(3)
