"""The rights of a notebook on its node, and the addresses it can reach."""

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
        {"singleuser__allowPrivilegeEscalation": REMOVED},
        {"singleuser__allowPrivilegeEscalation": True},
        {"singleuser__serviceAccountName": "hub"},
        {"singleuser__cloudMetadata": REMOVED},
        {"singleuser__cloudMetadata__blockWithIptables": True},
    ],
)
def test_a_notebook_has_no_additional_rights(changes: dict[str, Any]) -> None:
    assert len(check_release("pod-security", **changes)) == 1


@pytest.mark.parametrize("part", ["hub", "proxy__chp", "singleuser"])
def test_network_policies_are_enabled_and_closed_to_others(part: str) -> None:
    (message,) = check_release("network-policies", **{f"{part}__networkPolicy__enabled": False})
    assert message == f"{part.replace('__', '.')}.networkPolicy.enabled is false"
    (message,) = check_release("network-policies", **{f"{part}__networkPolicy__interNamespaceAccessLabels": "accept"})
    assert "other tenancies' pods could connect" in message


@pytest.mark.parametrize("part", ["hub", "proxy__chp", "singleuser"])
def test_no_pod_reaches_the_metadata_server(part: str) -> None:
    where = f"{part}__networkPolicy__egressAllowRules__cloudMetadataServer"
    (message,) = check_release("network-policies", **{where: True})
    assert "cloudMetadataServer is not false" in message
    assert len(check_release("network-policies", **{where: REMOVED})) == (part != "singleuser"), (
        "the chart's own default"
    )


def test_notebooks_do_not_reach_private_addresses() -> None:
    (message,) = check_release("network-policies", singleuser__networkPolicy__egressAllowRules__privateIPs=True)
    assert "notebooks could reach the cluster's own network" in message


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        ({}, "allows every destination"),
        ({"to": []}, "allows every destination"),
        ({"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}, "169.254.169.254/32, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16"),
        ({"to": [{"ipBlock": {"cidr": "169.254.169.254/32"}}], "ports": [{"port": 80}]}, "169.254.169.254/32"),
        ({"to": [{"ipBlock": {"cidr": "169.254.0.0/16"}}], "ports": [{"port": 53, "endPort": 80}]}, "169.254.169.254"),
        ({"to": [{"ipBlock": {"cidr": "169.254.0.0/16"}}], "ports": [{"port": 53}]}, ""),
        ({"to": [{"ipBlock": {"cidr": "10.1.2.3/32"}}]}, "to 10.0.0.0/8"),
        ({"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/9"]}}]}, "to 10.0.0.0/8"),
        ({"to": [{"ipBlock": {"cidr": "10.0.0.0/9", "except": ["10.0.0.0/8"]}}]}, ""),
        ({"to": [{"ipBlock": {"cidr": "8.8.8.0/24"}}]}, ""),
        ({"to": [{"ipBlock": {"cidr": "::/0"}}]}, "fd00:ec2::254/128, fd20:ce::254/128, fc00::/7"),
        ({"to": [{"ipBlock": {"cidr": "::/0", "except": ["fc00::/7"]}}]}, ""),
        ({"to": [{"podSelector": {"matchLabels": {"a": "b"}}}]}, ""),
    ],
)
def test_an_egress_rule_of_users_pods_is_specific(rule: dict[str, Any], refused: str) -> None:
    of_dask = declared.check("network-policies", declared.release_with(values__dask__egress__users=[rule])).messages
    for found in (check_release("network-policies", singleuser__networkPolicy__egress=[rule]), of_dask):
        assert len(found) == bool(refused)
        assert all(refused in message for message in found)


def test_hub_and_gateway_reach_only_private_addresses() -> None:
    private = {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}
    everywhere = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}
    assert check_release("network-policies", hub__networkPolicy__egress=[private]) == []
    assert check_release("network-policies", hub__networkPolicy__egress=[private, everywhere]) == [
        "hub.networkPolicy.egress[1] allows connections to 169.254.169.254/32"
    ]
    of_the_gateway = declared.release_with(values__dask__egress__gateway=[everywhere])
    assert declared.check("network-policies", of_the_gateway).messages == [
        "dask.egress.gateway[0] allows connections to 169.254.169.254/32"
    ]


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
