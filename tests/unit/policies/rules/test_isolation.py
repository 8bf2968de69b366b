"""What a notebook may do on its node and whom it may reach."""

from typing import Any

import pytest

from tests.unit.policies import declared
from tests.unit.policies.declared import GONE

SPAWNER = "hub__config__KubeSpawner__"
EGRESS = "singleuser__networkPolicy__egress"


def said(rule: str, **changes: Any) -> list[str]:
    return declared.of(rule, declared.release(**changes)).sentences


@pytest.mark.parametrize("level", ["privileged", None])
def test_the_namespace_enforces_a_level(level: str | None) -> None:
    labels = {"pod-security.kubernetes.io/enforce": level, "pod-security.kubernetes.io/warn": "restricted"}
    (sentence,) = declared.of("pod-security", declared.namespace(metadata__labels=labels)).sentences
    assert "not baseline or restricted" in sentence


def test_an_organisation_may_ask_for_the_stricter_level() -> None:
    only = {"levels": ["restricted"]}
    (sentence,) = declared.of("pod-security", declared.namespace(), organisation=only).sentences
    assert sentence.endswith('enforce is "baseline", not restricted')


@pytest.mark.parametrize(
    "changes",
    [
        {f"{SPAWNER}pod_security_context": GONE},
        {f"{SPAWNER}pod_security_context": {"runAsNonRoot": True}},
        {f"{SPAWNER}pod_security_context": {"seccompProfile": {"type": "RuntimeDefault"}}},
        {f"{SPAWNER}pod_security_context": {"runAsNonRoot": True, "seccompProfile": {"type": "Unconfined"}}},
        {f"{SPAWNER}container_security_context": GONE},
        {f"{SPAWNER}container_security_context": {"capabilities": {"drop": ["NET_RAW"]}}},
        {f"{SPAWNER}privileged": True},
        {"singleuser__allowPrivilegeEscalation": GONE},
        {"singleuser__allowPrivilegeEscalation": True},
        {"singleuser__serviceAccountName": "hub"},
        {"singleuser__cloudMetadata": GONE},
        {"singleuser__cloudMetadata__blockWithIptables": True},
    ],
)
def test_a_notebook_has_no_more_rights_than_it_needs(changes: dict[str, Any]) -> None:
    assert len(said("pod-security", **changes)) == 1


@pytest.mark.parametrize("part", ["hub", "proxy__chp", "singleuser"])
def test_no_network_policy_is_off_or_open_to_other_namespaces(part: str) -> None:
    (sentence,) = said("network-policies", **{f"{part}__networkPolicy__enabled": False})
    assert sentence == f"{part.replace('__', '.')}.networkPolicy.enabled is false"
    (sentence,) = said("network-policies", **{f"{part}__networkPolicy__interNamespaceAccessLabels": "accept"})
    assert "lets other tenancies' pods in" in sentence


@pytest.mark.parametrize("name", ["privateIPs", "cloudMetadataServer"])
def test_notebooks_have_no_business_at_private_addresses(name: str) -> None:
    (sentence,) = said("network-policies", **{f"singleuser__networkPolicy__egressAllowRules__{name}": True})
    assert name in sentence


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        ({}, "names nobody"),
        ({"to": []}, "names nobody"),
        ({"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}, "169.254.169.254"),
        ({"to": [{"ipBlock": {"cidr": "169.254.169.254/32"}}], "ports": [{"port": 80}]}, "169.254.169.254"),
        ({"to": [{"ipBlock": {"cidr": "169.254.0.0/16"}}], "ports": [{"port": 53, "endPort": 80}]}, "169.254.169.254"),
        ({"to": [{"ipBlock": {"cidr": "169.254.0.0/16"}}], "ports": [{"port": 53}]}, ""),
        ({"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}}]}, ""),
        ({"to": [{"ipBlock": {"cidr": "::/0"}}]}, ""),
        ({"to": [{"podSelector": {"matchLabels": {"a": "b"}}}]}, ""),
    ],
)
def test_an_egress_rule_names_whom_it_means(rule: dict[str, Any], refused: str) -> None:
    found = said("network-policies", **{EGRESS: [rule]})
    assert len(found) == bool(refused)
    assert all(refused in sentence for sentence in found)
