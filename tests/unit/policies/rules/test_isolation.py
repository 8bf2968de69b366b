"""What a notebook may do on its node and whom it may reach."""

from typing import Any

import pytest

from tests.unit.policies import declared
from tests.unit.policies.declared import GONE

SPAWNER = "hub__config__KubeSpawner__"


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


@pytest.mark.parametrize("part", ["hub", "proxy__chp", "singleuser"])
def test_no_pod_reaches_the_nodes_credentials(part: str) -> None:
    where = f"{part}__networkPolicy__egressAllowRules__cloudMetadataServer"
    (sentence,) = said("network-policies", **{where: True})
    assert "cloudMetadataServer is not false" in sentence
    assert len(said("network-policies", **{where: GONE})) == (part != "singleuser"), "the chart's own default"


def test_notebooks_have_no_business_in_the_clusters_network() -> None:
    (sentence,) = said("network-policies", singleuser__networkPolicy__egressAllowRules__privateIPs=True)
    assert "lets notebooks out to the cluster's own network" in sentence


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        ({}, "names nobody"),
        ({"to": []}, "names nobody"),
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
def test_an_egress_rule_of_users_pods_names_whom_it_means(rule: dict[str, Any], refused: str) -> None:
    of_dask = declared.of("network-policies", declared.of_release(values__dask__egress__users=[rule])).sentences
    for found in (said("network-policies", singleuser__networkPolicy__egress=[rule]), of_dask):
        assert len(found) == bool(refused)
        assert all(refused in sentence for sentence in found)


def test_the_hub_and_the_gateway_reach_private_addresses_and_not_the_metadata_address() -> None:
    private = {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}
    everywhere = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}
    assert said("network-policies", hub__networkPolicy__egress=[private]) == []
    assert said("network-policies", hub__networkPolicy__egress=[private, everywhere]) == [
        "hub.networkPolicy.egress[1] lets pods out to 169.254.169.254/32"
    ]
    of_the_gateway = declared.of_release(values__dask__egress__gateway=[everywhere])
    assert declared.of("network-policies", of_the_gateway).sentences == [
        "dask.egress.gateway[0] lets pods out to 169.254.169.254/32"
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
def test_dask_pods_have_no_more_rights_than_notebooks(part: str, changes: dict[str, Any]) -> None:
    here = {f"gateway__backend__{part}__{path}": value for path, value in changes.items()}
    (sentence,) = declared.of("pod-security", declared.gateway(**here)).sentences
    assert sentence.startswith(f"dask-gateway.gateway.backend.{part}.")
    assert declared.of("pod-security", declared.gateway(enabled=False, **here)).sentences == []
