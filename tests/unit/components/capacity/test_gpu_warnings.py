"""GPUs that are counted but of no use, or fewer than the limits of Dask say."""

from typing import Any

import pytest

from components.capacity.gpu_warnings import gpu_warnings
from tests.support.tenancies import tenancy

SIZE = {"count": 2, "cpus": 8, "ramGb": 32}
POOLS = [
    {"name": "cpu", **SIZE, "labels": {"pool": "cpu"}},
    {"name": "gpu", **SIZE, "labels": {"pool": "gpu"}, "gpus": 4},
]
TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
GPU = {"name": "GPU", "gpus": 1}


def warnings(*profiles: dict[str, Any], **dask: Any) -> list[str]:
    found = tenancy(workers={"pools": POOLS}, notebook__profiles=list(profiles), dask=dask)
    return list(gpu_warnings(found))


def test_gpus_of_a_profile_or_of_workers_are_of_use() -> None:
    assert warnings(GPU) == warnings(workerGpus={}) == warnings({"name": "A", "sizes": [GPU]}) == []


@pytest.mark.parametrize(
    ("profiles", "dask"),
    [
        ((), {}),
        (({"name": "CPU"}, {"name": "Large nodes", "pool": "gpu"}), {}),
        ((), {"enabled": False, "workerGpus": {}}),
    ],
)
def test_gpus_that_nobody_can_request_are_reported(profiles: Any, dask: dict[str, Any]) -> None:
    assert warnings(*profiles, **dask) == [
        "nobody can request the 8 GPUs of pool gpu; set gpus of a profile, or dask.workerGpus"
    ]


def test_a_worker_that_does_not_fit_beside_its_gpu_is_reported() -> None:
    large = {"workerRamGb": {"default": 32, "max": 32}, "maxRamGb": 200}

    assert warnings(workerGpus={}, **large) == [
        "a Dask worker of the default size with 1 GPU does not fit on a node of pool gpu; reduce "
        "dask.workerCores.default or dask.workerRamGb.default"
    ]


def test_limits_above_the_gpus_of_all_nodes_are_reported() -> None:
    assert warnings(workerGpus={"total": 9, "maxPerCluster": 8}) == [
        "dask.workerGpus.total is 9, but the nodes for Dask workers have only 8 GPUs; reduce it"
    ]


@pytest.mark.parametrize(
    ("cpu", "gpu", "reason"),
    [
        ({"labels": {}}, {}, "pool cpu has no labels, which match its nodes too"),
        ({}, {"labels": {"pool": "cpu", "gpu": "yes"}}, "the labels of pool cpu, pool=cpu, match its nodes too"),
        ({"labels": {}, "taints": [TAINT]}, {"taints": [TAINT]}, "pool cpu has no labels, which match its nodes too"),
    ],
)
def test_pods_without_gpus_that_could_run_on_the_nodes_with_gpus_are_reported(cpu: Any, gpu: Any, reason: str) -> None:
    found = tenancy(workers={"pools": [POOLS[0] | cpu, POOLS[1] | gpu]}, notebook__profiles=[GPU])

    assert list(gpu_warnings(found)) == [
        f"pods without a GPU could use the nodes of pool gpu: {reason}; write a label of cpu that its nodes do not "
        "have, or a taint of gpu"
    ]


@pytest.mark.parametrize(
    ("cpu", "gpu"),
    [
        ({"labels": {}}, {"taints": [TAINT]}),
        ({"gpus": 1}, {}),
        ({}, {"purposes": ["notebooks"]}),
    ],
)
def test_nodes_with_gpus_that_other_pods_do_not_use_are_not_reported(cpu: Any, gpu: Any) -> None:
    found = tenancy(workers={"pools": [POOLS[0] | cpu, POOLS[1] | gpu]}, notebook__profiles=[GPU])

    assert list(gpu_warnings(found)) == []
