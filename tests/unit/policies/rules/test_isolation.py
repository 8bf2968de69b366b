"""The rights of users' pods on their node."""

from typing import Any

import pytest

from tests.unit.policies import declared
from tests.unit.policies.declared import REMOVED

SPAWNER = "hub__config__KubeSpawner__"


def check_release(rule: str, **changes: Any) -> list[str]:
    return declared.check(rule, declared.release(**changes)).messages


@pytest.mark.parametrize("level", ["privileged", None])
def test_the_namespace_enforces_a_pod_security_level(level: str | None) -> None:
    labels = {"pod-security.kubernetes.io/enforce": level, "pod-security.kubernetes.io/warn": "restricted"}
    (message,) = declared.check("pod-security", declared.namespace(metadata__labels=labels)).messages
    assert "not baseline or restricted" in message


def test_an_organisation_may_require_the_stricter_level() -> None:
    only = {"levels": ["restricted"]}
    (message,) = declared.check("pod-security", declared.namespace(), organisation=only).messages
    assert message.endswith('enforce is "baseline", not restricted')


@pytest.mark.parametrize(
    "changes",
    [
        {f"{SPAWNER}pod_security_context": REMOVED},
        {f"{SPAWNER}pod_security_context": {"runAsNonRoot": True}},
        {f"{SPAWNER}pod_security_context": {"seccompProfile": {"type": "RuntimeDefault"}}},
        {f"{SPAWNER}pod_security_context": {"runAsNonRoot": True, "seccompProfile": {"type": "Unconfined"}}},
        {f"{SPAWNER}container_security_context": REMOVED},
        {f"{SPAWNER}container_security_context": {"capabilities": {"drop": ["NET_RAW"]}}},
        {f"{SPAWNER}privileged": True},
        {f"{SPAWNER}extra_pod_config": {"hostPID": True}},
        {f"{SPAWNER}volumes": [{"name": "node", "hostPath": {"path": "/"}}]},
        {f"{SPAWNER}service_account": "hub"},
        {f"{SPAWNER}uid": 0},
        {f"{SPAWNER}init_containers": [{"name": "x"}]},
        {"singleuser__extraPodConfig": {"hostNetwork": True}},
        {"singleuser__initContainers": [{"name": "x"}]},
        {"singleuser__extraContainers": [{"name": "x"}]},
        {"singleuser__storage__extraVolumes": [{"name": "node", "hostPath": {"path": "/"}}]},
        {"singleuser__storage__extraVolumeMounts": [{"name": "home", "mountPath": "/homes"}]},
        {"singleuser__uid": 0},
        {"singleuser__lifecycleHooks": {"postStart": {"exec": {"command": ["sh"]}}}},
        {"singleuser__allowPrivilegeEscalation": REMOVED},
        {"singleuser__allowPrivilegeEscalation": True},
        {"singleuser__serviceAccountName": "hub"},
        {"singleuser__cloudMetadata": REMOVED},
        {"singleuser__cloudMetadata__blockWithIptables": True},
    ],
)
def test_a_notebook_has_no_additional_rights(changes: dict[str, Any]) -> None:
    assert len(check_release("pod-security", **changes)) == 1


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"singleuser__cmd": ["jupyter", "lab"]}, "singleuser.cmd"),
        ({"singleuser__cmd": REMOVED}, "singleuser.cmd"),
        ({"singleuser__extraFiles__start.py__stringData": "import os"}, "singleuser.extraFiles.start.py.stringData"),
        ({"singleuser__extraFiles__start.py__mountPath": "/home/x"}, "singleuser.extraFiles.start.py.mountPath"),
        ({"singleuser__extraFiles__x": {"mountPath": "/x", "stringData": "x"}}, "singleuser.extraFiles.x.mountPath"),
    ],
)
def test_a_server_runs_only_the_code_of_this_checkout(changes: dict[str, Any], path: str) -> None:
    messages = check_release("pod-security", **changes)
    assert messages[0].startswith(f"{path} ")
    assert messages[0].endswith(": it runs in every user's server, with the user's rights")


@pytest.mark.parametrize("part", ["scheduler", "worker"])
@pytest.mark.parametrize(
    "changes",
    [
        {"extraPodConfig__automountServiceAccountToken": True},
        {"extraPodConfig__securityContext__runAsNonRoot": False},
        {"extraContainerConfig__securityContext__allowPrivilegeEscalation": True},
        {"extraContainerConfig__securityContext__capabilities__drop": []},
    ],
)
def test_dask_pods_have_no_additional_rights(part: str, changes: dict[str, Any]) -> None:
    here = {f"gateway__backend__{part}__{path}": value for path, value in changes.items()}
    (message,) = declared.check("pod-security", declared.gateway(**here)).messages
    assert message.startswith(f"dask-gateway.gateway.backend.{part}.")
    assert declared.check("pod-security", declared.gateway(enabled=False, **here)).messages == []
