"""Capacity for servers whose size depends on the user and the user's groups."""

from typing import Any

import pytest

from components.capacity.fit import check_fit
from components.capacity.total import Capacity, compute_capacity
from components.config.problems import InvalidTenancy
from tests.support.tenancies import tenancy

NODES = {"count": 3, "cpus": 8, "ramGb": 32, "expectedUsers": 10}


def capacity(**changes: Any) -> Capacity:
    found = compute_capacity(tenancy(workers=NODES, dask={"enabled": False}, **changes))
    assert found
    return found


def test_each_size_is_counted_as_if_all_notebooks_had_it() -> None:
    found = capacity(sizes={"groups": {"large": {"cpus": 4, "ramGb": 16}, "small": {"cpus": 1, "ramGb": 2}}})
    assert [(each.label, each.notebooks, each.nodes_needed) for each in found.sizes] == [
        ("group small", 21, 2),
        ("", 9, 4),
        ("group large", 3, 10),
    ]
    assert str(found) == "capacity of 3 nodes: 9 notebooks of the usual size (3–21 if all have one size)"
    assert found.as_output()["sizes"][0] == {
        "size": "group small", "cpus": 1, "ramGb": 2, "gpus": 0, "notebooks": 21, "workersNeeded": 2,
    }  # fmt: skip


def test_without_sizes_of_servers_the_output_is_as_before() -> None:
    plain = capacity()
    homes = capacity(sizes={"users": {"alice": {"storageGb": 200}}})
    assert (plain.as_output(), str(plain)) == (homes.as_output(), str(homes))
    assert "sizes" not in plain.as_output()


def test_each_size_is_counted_on_each_pool() -> None:
    pool = {"name": "nodes", "count": 2, "cpus": 8, "ramGb": 32, "purposes": ["hub", "notebooks"]}
    given = tenancy(
        workers={"pools": [pool]}, dask={"enabled": False}, sizes={"users": {"alice": {"cpus": 6, "ramGb": 20}}}
    )
    found = compute_capacity(given)
    assert found
    assert found.pools[0].notebooks == {"": 6, "user alice": 2}
    assert [each.nodes_needed for each in found.sizes] == [None, None]


def refusals(**changes: Any) -> list[tuple[str, str, str]]:
    try:
        check_fit(tenancy(workers=NODES, **changes), "test")
    except InvalidTenancy as invalid:
        return [(each.key, each.value, each.message) for each in invalid.problems]
    return []


@pytest.mark.parametrize("kind", ["group", "user"])
def test_a_size_that_fits_on_no_node_is_refused(kind: str) -> None:
    assert refusals(sizes={f"{kind}s": {"ocean": {"cpus": 16}}}) == [
        (
            f"pangeo:sizes.{kind}s.ocean",
            f"{kind} ocean",
            "with 16 CPUs and 4 GB does not fit on a node: of its 8 CPUs and 32 GB, pods can use 7.91 CPUs and 28.3 "
            "GB; reduce the size or use larger nodes",
        )
    ]


def test_a_size_that_only_members_of_several_groups_have_is_a_warning() -> None:
    large = {"name": "large", "count": 1, "cpus": 16, "ramGb": 8, "purposes": ["hub", "notebooks"]}
    memory = {**large, "name": "memory", "cpus": 4, "ramGb": 64}
    sizes = {"groups": {"a": {"cpus": 12}, "b": {"ramGb": 48}}}
    given = tenancy(workers={"pools": [large, memory]}, dask={"enabled": False}, sizes=sizes)
    check_fit(given, "test")
    found = compute_capacity(given)
    assert found
    assert found.warnings == (
        "a notebook of a member of several groups with 12 CPUs and 48 GB does not fit on a node of pools large and "
        "memory: of the 4 CPUs and 64 GB of pool memory, pods can use 3.92 CPUs and 58.4 GB; reduce the size or use "
        "larger nodes",
    )
