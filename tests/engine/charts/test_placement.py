"""Every pod runs on the node pools of its purpose, and tolerates their taints."""

from typing import Any

import pytest

from tests.engine.charts.gateway_configuration import configuration, properties
from tests.engine.charts.matrix import MINIMAL, THREE_POOLS
from tests.engine.charts.renders import Object, Render

pytestmark = pytest.mark.engine

LABELS = {pool["name"]: pool["labels"] for pool in THREE_POOLS}
OF_USERS = [{"key": "example.org/users", "operator": "Equal", "value": "", "effect": "NoSchedule"}]
OF_GPUS = [{"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoExecute"}]

PULLER = ("DaemonSet", "continuous-image-puller")
PLACEHOLDERS = ("StatefulSet", "user-placeholder")


def required(pod_spec: Object) -> list[dict[str, str]]:
    """Return the labels of each group of nodes on which a pod may run; none if it may run on all."""
    affinity = (pod_spec.get("affinity") or {}).get("nodeAffinity") or {}
    assert "preferredDuringSchedulingIgnoredDuringExecution" not in affinity
    terms = affinity.get("requiredDuringSchedulingIgnoredDuringExecution", {}).get("nodeSelectorTerms", [])
    return labels_of(terms)


def labels_of(terms: list[Any]) -> list[dict[str, str]]:
    for term in terms:
        assert all(each["operator"] == "In" and len(each["values"]) == 1 for each in term["matchExpressions"])
    return [{each["key"]: each["values"][0] for each in term["matchExpressions"]} for term in terms]


def test_pods_that_no_user_starts_run_on_the_hubs_pool(render_either: Render) -> None:
    pods = render_either("pools").pods
    services = {key: pod for key, pod in pods.items() if key not in (PULLER, PLACEHOLDERS)}
    assert len(services) == 5
    for key, pod in services.items():
        assert required(pod["spec"]) == [LABELS["core"]], key
        assert "tolerations" not in pod["spec"], key


def test_images_are_pulled_on_all_pools_of_users(render: Render) -> None:
    spec = render("pools").pods[PULLER]["spec"]
    assert required(spec) == [LABELS["users"], LABELS["gpu"]]
    assert spec["tolerations"] == [*OF_USERS, *OF_GPUS]


def test_notebooks_run_on_their_profiles_pool(render: Render) -> None:
    hub = render("pools").hub_values
    spawner = hub["hub"]["config"]["KubeSpawner"]
    assert labels_of(spawner["node_affinity_required"]) == [LABELS["users"]]
    assert spawner["tolerations"] == OF_USERS
    standard, gpu = (profile["kubespawner_override"] for profile in hub["singleuser"]["profileList"])
    assert {"node_affinity_required", "tolerations"}.isdisjoint(standard)
    assert labels_of(gpu["node_affinity_required"]) == [LABELS["gpu"]]
    assert gpu["tolerations"] == OF_GPUS
    assert hub["scheduling"]["userPods"] == {"tolerations": [], "nodeAffinity": {"matchNodePurpose": "ignore"}}


@pytest.mark.parametrize("component", ["scheduler", "worker"])
def test_dask_runs_on_its_pools(render: Render, component: str) -> None:
    backend = properties(configuration(render("pools"), "api"))["backend"]
    spec = backend[component]["extraPodConfig"]
    assert required(spec) == [LABELS["users"]]
    assert spec["tolerations"] == OF_USERS


def test_placeholders_hold_the_room_of_a_notebook_on_their_pool(render_either: Render) -> None:
    rendered = render_either("pools")
    spec = rendered.pods[PLACEHOLDERS]["spec"]
    assert rendered.objects[PLACEHOLDERS]["spec"]["replicas"] == 2
    assert spec["nodeSelector"] == LABELS["users"]
    assert LABELS["users"] in required(spec)
    assert all(each in spec["tolerations"] for each in OF_USERS)
    (container,) = spec["containers"]
    size = {"cpu": "2000m", "memory": str(4 * 1024**3)}
    assert container["resources"] == {"requests": size, "limits": size}


def test_placeholders_give_way_to_notebooks_only(render_either: Render) -> None:
    rendered = render_either("pools")
    priority = rendered.objects["PriorityClass", rendered.pods[PLACEHOLDERS]["spec"]["priorityClassName"]]
    assert (priority["value"], priority["preemptionPolicy"]) == (-10, "Never")
    for quota in rendered.kinds("ResourceQuota").values():
        [scope] = quota["spec"]["scopeSelector"]["matchExpressions"]
        assert priority["metadata"]["name"] not in scope["values"]


def test_placeholders_have_no_network(render_either: Render) -> None:
    rendered = render_either("pools")
    labels = rendered.pods[PLACEHOLDERS]["metadata"]["labels"]
    matching = [
        policy["spec"]
        for policy in rendered.kinds("NetworkPolicy").values()
        if (policy["spec"]["podSelector"].get("matchLabels") or {}).items() <= labels.items()
    ]
    assert [set(each) for each in matching] == [{"podSelector", "policyTypes"}]
    assert matching[0]["policyTypes"] == ["Ingress", "Egress"]


def test_placeholders_are_off_by_default(render_either: Render) -> None:
    rendered = render_either("stated workers")
    assert not [key for key in rendered.objects if "placeholder" in key[1]]


def test_a_pool_without_labels_restricts_no_pod(render_either: Render) -> None:
    for key, pod in render_either("unlabelled pool").pods.items():
        assert required(pod["spec"]) == [], key
        assert "tolerations" not in pod["spec"], key


def test_pools_change_nothing_but_placement(render_either: Render) -> None:
    def without_place(name: str) -> dict[Any, Object]:
        pods = render_either(name).pods.items()
        return {
            key: {field: value for field, value in pod["spec"].items() if field not in ("affinity", "tolerations")}
            for key, pod in pods
            if key != PLACEHOLDERS
        }

    assert without_place("unlabelled pool") == without_place(MINIMAL)
