from typing import Any

from components.cluster.identity import ClusterId
from components.contract import inputs as contract_inputs
from components.contract.immutable import ImmutableSettings, immutable_settings
from components.contract.inputs import REDEPLOY_HINT, Props
from components.ownership.existing import FoundObject
from tests.support.tenancies import DOMAIN, tenancy

UNKNOWN = object()
HERE = ClusterId("https://10.0.0.1:6443", "11111111").as_props()
THERE = ClusterId("https://10.0.0.2:6443", "22222222").as_props()


def stored(cluster: dict[str, str] | None = HERE, **changes: Any) -> Props:
    """Properties as the state returns them: every number is a float."""
    settings = immutable_settings(tenancy(**changes)).as_props()
    return {
        "settings": {**settings, "notebookStorageGb": float(settings["notebookStorageGb"])},
        **({"cluster": cluster} if cluster else {}),
        "owner": {"stack": "vis", "deployment": "d1"},
        "namespace": "vis-pangeo",
        "protect": True,
    }


def of_older_version() -> Props:
    """Properties as versions before 0.3 stored them."""
    return {key: value for key, value in stored().items() if key in ("settings", "cluster")}


def declared(stack: str = "vis", **changes: Any) -> Props:
    """Properties as the program declares them, without a deployment's id."""
    return {**stored(), "owner": {"stack": stack}, **changes}


def check(olds: Props, news: Props) -> tuple[Props, list[str]]:
    return contract_inputs.check_inputs(olds, news, lambda value: value is UNKNOWN, "new")


def refused(olds: Props, news: Props) -> list[str]:
    return check(olds, news)[1]


def differs(olds: Props, news: Props) -> bool:
    return contract_inputs.differs(olds, news, lambda value: value is UNKNOWN)


def test_stored_settings_are_read_back_unchanged() -> None:
    before = immutable_settings(
        tenancy(storage__create={"provisioner": "csi.example.org", "parameters": {"type": "ssd"}})
    )
    assert ImmutableSettings.from_props(before.as_props()) == before


def test_first_deployment_is_not_refused() -> None:
    assert refused({}, stored()) == []


def test_change_is_compared_with_the_stored_settings() -> None:
    assert refused(stored(), stored(notebookStorageGb=5)) == [
        "notebookStorageGb: 10 → 5 would lose users' files; storage can only grow",
        REDEPLOY_HINT,
    ]


def test_other_cluster_is_refused_with_both_names() -> None:
    (message,) = refused(stored(), stored(THERE))
    assert message.startswith(
        "kubernetes: https://10.0.0.1:6443 (kube-system 11111111) → https://10.0.0.2:6443 (kube-system 22222222) is "
        "another cluster; set kubernetes.context or KUBECONFIG back"
    )


def test_other_url_of_the_same_cluster_is_no_change() -> None:
    moved = stored({**HERE, "server": "https://vpn.example.org"})
    assert refused(stored(), moved) == []
    assert not differs(stored(), moved), "two operators may use two addresses"


def test_first_deployment_gets_an_id_that_is_kept() -> None:
    first, _ = check({}, declared())
    assert first["owner"] == {"stack": "vis", "deployment": "new"}
    again, _ = check(stored(), declared())
    assert again["owner"] == {"stack": "vis", "deployment": "d1"}
    assert not differs(stored(), again)


def test_renamed_stack_keeps_its_id() -> None:
    renamed, messages = check(stored(), declared(stack="prod"))
    assert renamed["owner"] == {"stack": "prod", "deployment": "d1"}
    assert messages == []
    assert differs(stored(), renamed)


def test_state_of_an_older_version_is_completed() -> None:
    completed, messages = check(of_older_version(), declared())
    assert completed["owner"] == {"stack": "vis", "deployment": "new"}
    assert messages == []
    assert differs(of_older_version(), completed)


def test_changed_protection_is_an_update() -> None:
    assert differs(stored(), {**stored(), "protect": False})


def test_unreachable_cluster_keeps_the_stored_one() -> None:
    inputs, messages = check(stored(), stored(None))
    assert inputs["cluster"] == HERE
    assert messages == []
    assert not differs(stored(), inputs)


def test_the_cluster_of_a_first_preview_without_access_to_it_is_known_to_be_none() -> None:
    inputs, messages = check({}, declared(cluster=None))
    assert inputs["cluster"] == {}
    assert messages == []


def test_cluster_is_stored_once_it_is_known() -> None:
    assert refused(stored(None), stored()) == []
    assert differs(stored(None), stored())


def test_unknown_properties_are_not_compared() -> None:
    news = stored(clusterName="other")
    news["settings"]["domain"] = UNKNOWN
    message, _ = refused(stored(), news)
    assert message.startswith("clusterName: ")
    assert refused(stored(), declared(settings=UNKNOWN, cluster=UNKNOWN)) == []
    assert differs(stored(), {**stored(), "cluster": {"server": UNKNOWN, "uid": UNKNOWN}})


def test_settings_missing_in_an_old_state_are_stored() -> None:
    older = stored()
    del older["settings"]["hubDatabaseClass"]
    assert refused(older, stored(storage__hubDatabaseClass="ssd")) == []
    assert differs(older, stored())


def test_other_spelling_is_no_update() -> None:
    written_out = stored(pangeoDomain=DOMAIN, identity__realm="example.org")
    assert refused(stored(), written_out) == []
    assert not differs(stored(), written_out)


def test_created_storage_class_is_compared_by_field() -> None:
    made = {"provisioner": "csi.example.org", "parameters": {"type": "ssd"}}
    assert refused(
        stored(storage__create=made), stored(storage__create={**made, "reclaimPolicy": "Delete"}, clusterName="vis")
    ) == [
        "clusterName: vis-pangeo → vis would abandon the group vis_pangeo_notebook_users with its members, and the "
        "users' volumes; set it back, or create a second stack and move the users to it",
        "storage.create.reclaimPolicy: Retain → Delete is not possible: Kubernetes does not change an "
        "existing class; set it back",
        REDEPLOY_HINT,
    ]


FOREIGN = FoundObject("Namespace", "vis-pangeo", "", "u1", "", "").as_props()


def test_foreign_object_is_refused_and_never_stored() -> None:
    inputs, (message,) = check({}, declared(found=[FOREIGN], existingNamespace="refuse"))
    assert message.startswith("the namespace vis-pangeo exists already, and it has no mark")
    assert inputs.keys() == stored().keys()


def test_adopted_object_is_stored_and_kept_in_later_runs() -> None:
    first, messages = check({}, declared(found=[FOREIGN], existingNamespace="adopt"))
    assert messages == []
    assert first["takenOver"] == {"Namespace vis-pangeo": {"uid": "u1", "mark": "", "adopted": True}}
    own = {**FOREIGN, "mark": "stack vis, cluster 11111111, deployment new"}
    later, messages = check(first, declared(found=[own], existingNamespace="refuse"))
    assert messages == []
    assert not differs(first, later)


def test_found_objects_are_no_change() -> None:
    own = {**FOREIGN, "mark": "stack vis, cluster 11111111, deployment d1"}
    inputs, messages = check(stored(), declared(found=[own], existingNamespace="adopt"))
    assert messages == []
    assert not differs(stored(), inputs)


def test_objects_are_not_compared_while_another_change_is_refused() -> None:
    news = {**declared(found=[FOREIGN], existingNamespace="refuse"), "settings": stored(clusterName="vis")["settings"]}
    first, hint = refused(stored(), news)
    assert first.startswith("clusterName: ")
    assert hint == REDEPLOY_HINT


MOVED = {**HERE, "server": "https://api.example.org:6443"}


def test_another_address_of_the_same_cluster_is_accepted() -> None:
    assert refused(stored(), declared(cluster=MOVED, storesKubeconfig=True)) == []
    assert refused(of_older_version(), declared(cluster=MOVED)) == []
    assert refused(of_older_version(), declared(storesKubeconfig=True)) == []


def test_another_address_is_refused_while_the_state_does_not_identify_the_cluster() -> None:
    (message,) = refused(of_older_version(), declared(cluster=MOVED, storesKubeconfig=True))
    assert message.startswith("kubernetes.kubeconfig: https://10.0.0.1:6443 → https://api.example.org:6443")
    assert message.endswith("run first: python -m components repair vis")


def test_presence_of_a_kubeconfig_is_not_stored() -> None:
    inputs, _ = check({}, declared(storesKubeconfig=True))
    assert "storesKubeconfig" not in inputs


def served(controller: str, source: str = "cluster", class_name: str = "public", default: str = "") -> Props:
    """The controller that serves the hub."""
    return {"className": class_name, "defaultClass": default, "controller": controller, "source": source}


def test_controller_of_the_cluster_is_stored_and_its_change_is_shown() -> None:
    before, after = ({**stored(), "ingress": served(each)} for each in ("traefik.io/ingress-controller", "a/b"))
    assert check(before, after)[0]["ingress"] == served("a/b")
    assert differs(before, after)
    assert differs(stored(), before), "a state of version 0.3 has no controller"


def test_run_without_the_cluster_keeps_the_deployed_controller() -> None:
    before = {**stored(), "ingress": served("a/b", default="x")}
    for after in (served("a/b", "class name"), served("", "nothing"), served("a/b", "stack file")):
        inputs, refusals = check(before, {**stored(), "ingress": after})
        assert refusals == []
        assert not differs(before, inputs)
        assert inputs["ingress"]["defaultClass"] == "x"


def test_assumption_that_contradicts_the_deployed_controller_is_refused() -> None:
    before = {**stored(), "ingress": served("a/b")}
    (message,) = refused(before, {**stored(), "ingress": served("k8s.io/ingress-nginx", "class name")})
    assert message.endswith("write ingress.controller: a/b")
    other = served("k8s.io/ingress-nginx", "class name", class_name="nginx")
    assert refused(before, {**stored(), "ingress": other}) == [], "another class may have another controller"
