"""The check of pod templates finds violations of the level ``baseline``."""

from typing import Any

import pytest

from tests.engine.charts.pod_security import find_violations

pytestmark = pytest.mark.engine


def pod(container: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    return {"containers": [{"name": "main", **(container or {})}], **spec}


def context(**fields: Any) -> dict[str, Any]:
    return pod({"securityContext": fields})


@pytest.mark.parametrize(
    "spec",
    [
        pod(),
        pod(volumes=[{"name": "home", "persistentVolumeClaim": {"claimName": "home"}}]),
        pod(securityContext={"seccompProfile": {"type": "RuntimeDefault"}}),
        pod({"ports": [{"containerPort": 80}]}),
        context(privileged=False, capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
    ],
)
def test_pods_allowed_by_baseline_have_no_violation(spec: dict[str, Any]) -> None:
    assert find_violations(spec) == []


@pytest.mark.parametrize(
    "spec",
    [
        pod(hostNetwork=True),
        pod(hostPID=True),
        pod(hostIPC=True),
        pod(volumes=[{"name": "node", "hostPath": {"path": "/"}}]),
        pod(securityContext={"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}),
        pod(securityContext={"seccompProfile": {"type": "Unconfined"}}),
        pod({"ports": [{"containerPort": 80, "hostPort": 80}]}),
        pod(initContainers=[{"name": "first", "securityContext": {"privileged": True}}]),
        context(privileged=True),
        context(capabilities={"add": ["NET_ADMIN"]}),
        context(procMount="Unmasked"),
        context(appArmorProfile={"type": "Unconfined"}),
        context(seLinuxOptions={"user": "system_u"}),
    ],
)
def test_pods_refused_by_baseline_have_a_violation(spec: dict[str, Any]) -> None:
    assert len(find_violations(spec)) == 1
