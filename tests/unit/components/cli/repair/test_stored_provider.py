from typing import Any

import pytest

from components.cli.repair.state import CONTRACT_TYPE
from components.cli.repair.steps import StateToRepair, edit_state, identify_provider
from components.cli.repair.stored_provider import PROVIDER_TYPE, needs_identity, with_identity
from components.cluster.identity import ClusterId

HERE = ClusterId("https://10.0.0.9:6443", "11111111")
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:a"}
PATH = "/home/me/.kube/config"


def resource(type_: str, name: str, **properties: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:vis::pangeo::{type_}::{name}"
    return {"urn": urn, "type": type_, "inputs": properties, "outputs": properties}


def state(**provider: Any) -> dict[str, Any]:
    resources = [
        resource(CONTRACT_TYPE, "pangeo", cluster={"server": "https://10.0.0.1:6443", "uid": "11111111"}, settings={}),
        resource(PROVIDER_TYPE, "cluster", upsertExistingObjects="true", **provider),
        resource(PROVIDER_TYPE, "default_4_32_0", version="4.32.0"),
        resource("kubernetes:core/v1:Namespace", "pangeo", kubeconfig=PATH),
    ]
    return {"version": 3, "deployment": {"resources": resources}}


def provider_of(export: Any) -> dict[str, Any]:
    (found,) = (each for each in export["deployment"]["resources"] if each["urn"].endswith("::cluster"))
    assert found["inputs"] == found["outputs"]
    inputs: dict[str, Any] = found["inputs"]
    return inputs


@pytest.mark.parametrize("kubeconfig", [PATH, "apiVersion: v1\nusers: []\n", SECRET])
def test_kubeconfig_of_one_machine_becomes_the_clusters_identity(kubeconfig: object) -> None:
    after = with_identity(state(kubeconfig=kubeconfig), HERE, keeps_secret=False)

    assert provider_of(after) == {"upsertExistingObjects": "true", "clusterIdentifier": "11111111"}
    assert not needs_identity(after)


def test_encrypted_kubeconfig_of_the_stack_file_is_kept() -> None:
    assert provider_of(with_identity(state(kubeconfig=SECRET), HERE, keeps_secret=True))["kubeconfig"] == SECRET
    assert "kubeconfig" not in provider_of(with_identity(state(kubeconfig=PATH), HERE, keeps_secret=True))


def test_contract_gets_the_present_address_and_nothing_else_changes() -> None:
    before = state(kubeconfig=PATH)
    after = with_identity(before, HERE, keeps_secret=False)

    contract, *others = after["deployment"]["resources"]
    assert contract["inputs"] == {"cluster": HERE.as_props(), "settings": {}}
    assert others[1:] == before["deployment"]["resources"][2:]
    assert provider_of(before)["kubeconfig"] == PATH


def test_step_is_offered_only_for_a_provider_without_identity() -> None:
    assert identify_provider(StateToRepair(state(clusterIdentifier="11111111"), (), HERE)) is None
    assert identify_provider(StateToRepair({"deployment": None}, (), HERE)) is None
    export = state(kubeconfig=PATH)
    step = identify_provider(StateToRepair(export, (), HERE))
    assert step is not None
    assert "https://10.0.0.9:6443 (kube-system 11111111)" in step.action
    assert not needs_identity(edit_state(export, [step]))
