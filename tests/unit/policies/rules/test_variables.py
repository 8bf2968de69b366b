"""Environment variables of users' servers: references to Secrets and the log-in are the program's alone."""

from typing import Any

import pytest

from tests.unit.policies import declared

RULE = "declared-variables"
HUBS_SECRET = {"valueFrom": {"secretKeyRef": {"name": "hub", "key": "hub.config.JupyterHub.cookie_secret"}}}
CONFIG = "hub__config__KubeSpawner__"


def check(**changes: Any) -> list[str]:
    return declared.check(RULE, declared.release(**changes)).messages


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"singleuser__extraEnv__JUPYTERHUB_ALLOW_TOKEN_IN_URL": "1"}, "JUPYTERHUB_ALLOW_TOKEN_IN_URL is not the"),
        ({"singleuser__extraEnv": {"DASK_GATEWAY__AUTH__TYPE": "basic"}}, "DASK_GATEWAY__AUTH__TYPE is not the"),
        ({"singleuser__extraEnv__X": HUBS_SECRET}, "singleuser.extraEnv.X comes from"),
        ({"singleuser__extraEnv": [{"name": "X", **HUBS_SECRET}]}, "singleuser.extraEnv[0] (X) comes from"),
        ({f"{CONFIG}environment": {"X": HUBS_SECRET}}, "KubeSpawner.environment.X comes from"),
        ({"hub__config__Spawner__environment": {"LD_PRELOAD": "/x"}}, "Spawner.environment.LD_PRELOAD is not the"),
        (
            {"singleuser__profileList": [{"kubespawner_override": {"environment": {"X": HUBS_SECRET}}}]},
            "profileList[0].kubespawner_override.environment.X comes from",
        ),
    ],
)
def test_foreign_variables_are_refused(changes: dict[str, Any], message: str) -> None:
    (found,) = check(**changes)
    assert message in found


def test_plain_variables_are_the_subject_of_another_rule() -> None:
    assert check(singleuser__extraEnv__EDITOR="vi") == []
    assert declared.check("program-values", declared.release(singleuser__extraEnv__EDITOR="vi")).messages != []
