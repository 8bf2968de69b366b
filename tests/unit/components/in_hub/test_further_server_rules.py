import pytest

from components.in_hub import messages
from components.in_hub.api_names import VERIFICATION_USER
from components.in_hub.further_server_rules import REQUIRED, add_affinity, explain_wait, find_refusal


@pytest.mark.parametrize("name", ["a", "gpu", "model-2", "abcdefghij0123456789"])
def test_server_with_a_short_name_of_letters_digits_and_hyphens_starts(name: str) -> None:
    assert find_refusal("anna", name, 1, 0) == ""


@pytest.mark.parametrize("name", ["A", "2nd", "-a", "a.b", "a/b", "a b", "ä", "..", "abcdefghij0123456789x", "a\n"])
def test_server_with_another_name_is_refused(name: str) -> None:
    assert find_refusal("anna", name, 1, 0) == messages.invalid_server_name(name)


@pytest.mark.parametrize("name", ["lab", "tree", "api", "proxy", "user", "pangeo"])
def test_name_of_a_path_in_the_usual_server_is_refused(name: str) -> None:
    assert find_refusal("anna", name, 1, 0) == messages.invalid_server_name(name)


@pytest.mark.parametrize(("limit", "others", "expected"), [(1, 0, True), (1, 1, False), (3, 2, True), (3, 3, False)])
def test_number_of_further_servers_is_limited(limit: int, others: int, expected: bool) -> None:
    refusal = find_refusal("anna", "gpu", limit, others)

    assert refusal == ("" if expected else messages.further_servers_reached(limit))


def test_hub_without_further_servers_starts_none() -> None:
    assert find_refusal("anna", "gpu", 0, 0) == messages.no_further_servers()


def test_verification_starts_no_further_server() -> None:
    assert find_refusal(VERIFICATION_USER, "gpu", 3, 0) == messages.no_further_servers()


LABELS = {"hub.jupyter.org/username": "anna", "component": "singleuser-server", "hub.jupyter.org/servername": "gpu"}
BESIDE = {
    "labelSelector": {"matchLabels": {"hub.jupyter.org/username": "anna", "component": "singleuser-server"}},
    "topologyKey": "kubernetes.io/hostname",
}


def test_server_runs_on_the_node_of_the_users_other_servers() -> None:
    assert add_affinity({}, LABELS) == {"podAffinity": {REQUIRED: [BESIDE]}}


def test_other_rules_about_the_servers_node_stay() -> None:
    other = {"topologyKey": "zone", "labelSelector": {}}
    affinity = {"nodeAffinity": {"any": 1}, "podAffinity": {REQUIRED: [other], "preferred": [2]}}

    assert add_affinity(affinity, LABELS) == {
        "nodeAffinity": {"any": 1},
        "podAffinity": {REQUIRED: [other, BESIDE], "preferred": [2]},
    }


def test_server_that_waits_for_its_node_is_explained() -> None:
    message = "[Warning] 0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't match pod affinity rules."

    assert explain_wait({"progress": 30, "message": message}) == {
        "progress": 30,
        "message": f"{message} {messages.node_is_full()}",
    }


@pytest.mark.parametrize("event", [{"progress": 30, "message": "[Normal] Pulled"}, {"progress": 100, "failed": True}])
def test_other_events_of_a_start_are_not_changed(event: dict[str, object]) -> None:
    assert explain_wait(event) == event
