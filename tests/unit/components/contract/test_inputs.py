from typing import Any

from components.cluster.identity import ClusterId
from components.contract import inputs as contract_inputs
from components.contract.immutable import ImmutableSettings, immutable_settings
from components.contract.inputs import STILL_FREE, Props
from tests.support.tenancies import tenancy

UNKNOWN = object()
HERE = ClusterId("https://10.0.0.1:6443", "11111111").as_props()
THERE = ClusterId("https://10.0.0.2:6443", "22222222").as_props()


def kept(cluster: dict[str, str] | None = HERE, **changes: Any) -> Props:
    """As it comes from the state: every number a float."""
    settings = immutable_settings(tenancy(**changes)).as_props()
    return {
        "settings": {**settings, "notebookStorageGb": float(settings["notebookStorageGb"])},
        **({"cluster": cluster} if cluster else {}),
    }


def refused(olds: Props, news: Props) -> list[str]:
    return contract_inputs.checked(olds, news, lambda value: value is UNKNOWN)[1]


def differs(olds: Props, news: Props) -> bool:
    return contract_inputs.differs(olds, news, lambda value: value is UNKNOWN)


def test_what_is_stored_is_read_back_as_it_was() -> None:
    before = immutable_settings(
        tenancy(storage__create={"provisioner": "csi.example.org", "parameters": {"type": "ssd"}})
    )
    assert ImmutableSettings.from_props(before.as_props()) == before


def test_nothing_is_refused_at_the_first_deployment() -> None:
    assert refused({}, kept()) == []


def test_a_change_is_refused_against_what_is_stored() -> None:
    assert refused(kept(), kept(notebookStorageGb=5)) == [
        "notebookStorageGb: 10 → 5 would lose users' files; storage can only grow",
        STILL_FREE,
    ]


def test_another_cluster_is_refused_naming_both() -> None:
    (told,) = refused(kept(), kept(THERE))
    assert told.startswith(
        "kubernetes: https://10.0.0.1:6443 (kube-system 11111111) → https://10.0.0.2:6443 (kube-system 22222222) is "
        "another cluster; set kubernetes.context or KUBECONFIG back"
    )


def test_another_road_to_the_same_cluster_is_kept_without_a_refusal() -> None:
    moved = kept({**HERE, "server": "https://vpn.example.org"})
    assert refused(kept(), moved) == []
    assert differs(kept(), moved)


def test_a_cluster_that_could_not_be_asked_leaves_the_one_that_is_known() -> None:
    inputs, sentences = contract_inputs.checked(kept(), kept(None), lambda value: value is UNKNOWN)
    assert inputs["cluster"] == HERE
    assert sentences == []
    assert not differs(kept(), inputs)


def test_a_cluster_that_was_not_known_is_learned() -> None:
    assert refused(kept(None), kept()) == []
    assert differs(kept(None), kept())


def test_what_is_not_known_yet_is_not_compared() -> None:
    news = kept(clusterName="other")
    news["settings"]["domain"] = UNKNOWN
    told, _ = refused(kept(), news)
    assert told.startswith("clusterName: ")
    assert refused(kept(), {"settings": UNKNOWN, "cluster": UNKNOWN}) == []
    assert differs(kept(), {**kept(), "cluster": {"server": UNKNOWN, "uid": UNKNOWN}})


def test_what_an_older_program_did_not_keep_is_not_compared_but_kept_now() -> None:
    older = kept()
    del older["settings"]["hubDatabaseClass"]
    assert refused(older, kept(storage__hubDatabaseClass="ssd")) == []
    assert differs(older, kept())


def test_another_spelling_is_not_even_an_update() -> None:
    written_out = kept(pangeoDomain="pangeo.192-171-139-83.sslip.io", identity__realm="example.org")
    assert refused(kept(), written_out) == []
    assert not differs(kept(), written_out)


def test_a_class_the_program_made_is_told_by_its_fields() -> None:
    made = {"provisioner": "csi.example.org", "parameters": {"type": "ssd"}}
    assert refused(
        kept(storage__create=made), kept(storage__create={**made, "reclaimPolicy": "Delete"}, clusterName="vis")
    ) == [
        "clusterName: vis-pangeo → vis would leave the group vis_pangeo_notebook_users with its members and the users' "
        "volumes behind; set it back, or make a new stack beside this one and move the users",
        "storage.create.reclaimPolicy: Retain → Delete is refused by Kubernetes for a class that exists; set it back",
        STILL_FREE,
    ]
