"""Temporary storage of users' pods."""

from typing import Any

import pytest

from tests.unit.policies import declared
from tests.unit.policies.declared import REMOVED

RULE = "limited-temporary-storage"


def check_gateway(**changes: Any) -> list[str]:
    return declared.check(RULE, declared.gateway(**changes)).messages


def test_the_programs_own_limits_are_accepted() -> None:
    assert declared.check(RULE, declared.release()).messages == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            REMOVED,
            "singleuser.extraResource.limits.ephemeral-storage is not set: one pod could fill the disk of its node",
        ),
        (
            {"limits": {"ephemeral-storage": "21Gi"}},
            'singleuser.extraResource.limits.ephemeral-storage is "21Gi"; for pangeo:notebook.temporaryStorageGb it '
            "must be 20Gi",
        ),
    ],
)
def test_notebooks_have_the_limit_of_the_stack(value: object, message: str) -> None:
    assert declared.check(RULE, declared.release(singleuser__extraResource=value)).messages == [message]


@pytest.mark.parametrize(("component", "limit"), [("scheduler", "10Gi"), ("worker", "20Gi")])
def test_dasks_pods_have_the_limit_of_the_stack(component: str, limit: str) -> None:
    place = f"gateway__backend__{component}__extraContainerConfig__resources__limits"
    path = place.replace("__", ".")
    assert check_gateway(**{place: {"ephemeral-storage": limit}}) == []
    assert check_gateway(**{place: REMOVED}) == [
        f"dask-gateway.{path}.ephemeral-storage is not set: one pod could fill the disk of its node"
    ]


def test_workers_keep_spilled_data_below_their_limit() -> None:
    variable = "DASK_DISTRIBUTED__WORKER__MEMORY__MAX_SPILL"
    assert check_gateway(gateway__backend__environment={variable: "False"}) == [
        f'dask-gateway.gateway.backend.environment.{variable} is "False", not 16384MiB: workers would be evicted with '
        "all their data instead of keeping it in memory"
    ]


def test_limits_are_within_the_organisations_bound() -> None:
    found = declared.check(RULE, declared.release(), organisation={"mostGb": 15})
    assert found.messages == [
        "pangeo:notebook.temporaryStorageGb is 20, more than 15",
        "pangeo:dask.workerTemporaryStorageGb is 20, more than 15",
    ]
