"""Limits and requests of temporary storage in a stack file."""

from typing import Any

import pytest

from components.config.problems import InvalidTenancy
from tests.support.tenancies import tenancy


def problems(**changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidTenancy) as refused:
        tenancy(**changes)
    return [(each.key, each.message) for each in refused.value.problems]


def test_a_pod_reserves_at_most_its_limit() -> None:
    assert problems(notebook={"temporaryStorageGb": 5, "temporaryStorageRequestGb": 6}) == [
        (
            "pangeo:notebook.temporaryStorageRequestGb",
            "is more than temporaryStorageGb 5; reduce it, or raise temporaryStorageGb",
        )
    ]
    assert problems(dask={"temporaryStorageRequestGb": 11}) == [
        (
            "pangeo:dask.temporaryStorageRequestGb",
            "is more than schedulerTemporaryStorageGb 10; reduce it, or raise schedulerTemporaryStorageGb",
        )
    ]


def test_disks_and_volumes_are_those_of_each_pool() -> None:
    pool = {"name": "a", "count": 1, "cpus": 4, "ramGb": 16}
    message = "must not be set together with pools; write it for each pool"
    assert problems(workers={"pools": [pool], "diskGb": 100, "maxVolumes": 25}) == [
        ("pangeo:workers.diskGb", message),
        ("pangeo:workers.maxVolumes", message),
    ]
