"""Servers that a user's server must not reach, and the results of the connections that it tried."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from components.cli.diagnose.result import CheckResult, Status
from components.cli.verify.attempts import Attempts, Outcome, Target
from components.cli.verify.cluster_facts import ClusterFacts
from components.cli.verify.forbidden import API_SERVICE, HUB, MOST_NODES, MOST_SERVERS, allowance, forbidden_servers
from components.cli.verify.isolation import ENFORCEMENT, assess_database, assess_isolation
from components.cluster.addresses import ClusterAddress
from tests.support.tenancies import tenancy

NODE = "10.0.0.5"
FACTS = ClusterFacts(
    nodes=(ClusterAddress("node one", NODE),),
    api_servers=(Target(NODE, 6443),),
    proxy_apis=(Target("10.42.0.3", 8001),),
    gateway_apis=(Target("10.42.0.4", 8000),),
    servers={"bob": (Target("10.42.0.9", 8888),)},
    schedulers=tuple(Target("10.42.0.7", port) for port in (8786, 8787, 8788)),
    database_users=(),
)
ADDRESSES = {"kubernetes.default.svc": "10.43.0.1", "hub": "10.43.0.9", "ipa.example.org": "10.0.0.8"}

IsOpen = Callable[[Target], bool]


def assess(is_open: IsOpen, facts: ClusterFacts = FACTS, **changes: Any) -> dict[str, CheckResult]:
    """Return the results by subject, where these targets besides the hub are open."""
    given = tenancy(**changes)
    forbidden = forbidden_servers(given, facts)
    attempts: Attempts = {
        target: {
            Target(ADDRESSES.get(target.host, target.host), target.port): Outcome.OPEN
            if is_open(target)
            else Outcome.NO_ANSWER
        }
        for target in [HUB, *(target for each in forbidden for target in each.targets)]
    }
    return {each.subject: each for each in assess_isolation(given, forbidden, attempts)}


def only_hub(target: Target) -> bool:
    return target == HUB


def statuses(results: dict[str, CheckResult]) -> dict[str, Status]:
    return {subject: each.status for subject, each in results.items()}


def test_all_is_blocked_and_policies_are_enforced() -> None:
    found = assess(only_hub)
    assert set(statuses(found).values()) == {Status.GOOD}
    assert found[ENFORCEMENT].message == (
        "the user's server reaches the hub, and not proxy's API, Dask gateway's API and Kubernetes API, which only "
        "policies keep from it"
    )
    assert list(found) == [
        ENFORCEMENT,
        *(
            f"blocked: {what}"
            for what in (
                *("cloud metadata server", "kubelet", "Kubernetes API", "other users' servers", "proxy's API"),
                *("Dask gateway's API", "Dask schedulers", "directory"),
            )
        ),
    ]


def test_without_enforcement_what_listens_is_broken_and_the_rest_proves_nothing() -> None:
    listening = {HUB.host, NODE, "10.42.0.3", "10.42.0.4", "10.42.0.7", "10.42.0.9", *ADDRESSES}
    found = assess(lambda target: target.host in listening)
    assert statuses(found) == {
        **dict.fromkeys(found, Status.BROKEN),
        "blocked: cloud metadata server": Status.UNKNOWN,
    }
    assert "use a network plugin that enforces NetworkPolicy" in found[ENFORCEMENT].fix
    assert "none is enforced" in found["blocked: cloud metadata server"].message


def test_open_api_server_beside_blocked_pods_is_a_fault_of_its_own() -> None:
    found = assess(lambda target: target in (HUB, API_SERVICE, Target(NODE, 6443)))
    broken = [subject for subject, each in found.items() if each.status is Status.BROKEN]
    assert broken == ["blocked: Kubernetes API"]
    assert "addresses of nodes" in found["blocked: Kubernetes API"].fix


def test_open_server_of_another_user_is_broken() -> None:
    found = assess(lambda target: target in (HUB, Target("10.42.0.9", 8888)))
    assert [each for each, status in statuses(found).items() if status is Status.BROKEN] == [
        "blocked: other users' servers"
    ]


def test_network_without_any_connection_proves_nothing() -> None:
    found = assess(lambda target: False)
    assert set(statuses(found).values()) == {Status.UNKNOWN}
    assert "does not reach the hub either" in found[ENFORCEMENT].message


def test_what_has_no_address_is_not_tested_with_the_reason() -> None:
    facts = ClusterFacts(addresses_unread="nodes: forbidden", pods_unread="pods: forbidden")
    found = assess(only_hub, facts)
    assert found["blocked: kubelet"].message == "not tested: nodes: forbidden"
    assert found["blocked: other users' servers"].message == "not tested: pods: forbidden"
    # The API's Service has a name, so it is always tried.
    assert statuses(found)["blocked: Kubernetes API"] is Status.GOOD
    assert statuses(found)[ENFORCEMENT] is Status.GOOD


def test_missing_servers_and_clusters_are_named() -> None:
    found = assess(only_hub, ClusterFacts(database_users=()))
    assert "no other user has a running server now" in found["blocked: other users' servers"].message
    assert "no Dask cluster runs now" in found["blocked: Dask schedulers"].message


def test_servers_and_nodes_beyond_the_most_that_are_tried_are_counted() -> None:
    servers = {f"user-{number}": (Target(f"10.42.1.{number}", 8888),) for number in range(MOST_SERVERS + 2)}
    nodes = tuple(ClusterAddress(f"node {number}", f"10.0.1.{number}") for number in range(MOST_NODES + 3))
    found = assess(only_hub, replace(FACTS, servers=servers, nodes=nodes))
    assert found["blocked: other users' servers"].message.endswith("; 2 more servers were not tried")
    assert found["blocked: kubelet"].message.endswith("; 3 more addresses of nodes were not tried")


def test_directory_server_without_an_address_is_named_beside_the_others() -> None:
    given = tenancy(identity__server=["ipa.example.org", "unknown.example.org"])
    forbidden = forbidden_servers(given, FACTS)
    attempts: Attempts = {
        HUB: {Target("10.43.0.9", 8081): Outcome.OPEN},
        **{target: {target: Outcome.NO_ANSWER} for target in (*FACTS.proxy_apis, *FACTS.gateway_apis)},
        **{Target("ipa.example.org", port): {Target("10.0.0.8", port): Outcome.NO_ANSWER} for port in (389, 636)},
    }
    found = {each.subject: each for each in assess_isolation(given, forbidden, attempts)}
    assert found["blocked: directory"].message == (
        "no connection to 10.0.0.8:389, 10.0.0.8:636; not tested, since they have no address in the cluster: "
        "unknown.example.org:389, unknown.example.org:636"
    )


def test_tenancy_without_dask_has_no_gateway_to_block() -> None:
    assert "blocked: Dask gateway's API" not in assess(only_hub, dask__enabled=False)


REACH = [{"name": "campus", "cidrs": "10.0.0.0/24", "ports": [636, 10255]}]


def test_what_the_stack_file_allows_is_no_false_alarm() -> None:
    allowed = {Target("ipa.example.org", 636), Target(NODE, 10255)}
    found = assess(lambda target: target == HUB or target in allowed, network__reach=REACH)
    assert set(statuses(found).values()) == {Status.GOOD}
    assert found["blocked: directory"].message == (
        "no connection to 10.0.0.8:389; 10.0.0.8:636 is open: pangeo:network.reach (campus) allows it"
    )


def test_port_that_the_stack_file_does_not_allow_is_broken() -> None:
    found = assess(lambda target: target in (HUB, Target("ipa.example.org", 389)), network__reach=REACH)
    assert statuses(found)["blocked: directory"] is Status.BROKEN


def test_public_address_outside_of_the_clusters_networks_is_allowed() -> None:
    target = Target("9.9.9.9", 636)
    assert "public address" in allowance(tenancy(), "directory", target)
    assert allowance(tenancy(network__clusterCidrs=["9.9.9.0/24"]), "directory", target) == ""


def test_entry_for_dask_alone_allows_nothing_to_servers() -> None:
    reach = [{**REACH[0], "for": ["dask"]}]
    assert allowance(tenancy(network__reach=reach), "directory", Target("10.0.0.8", 636)) == ""


def test_metadata_servers_and_pods_are_never_allowed() -> None:
    assert allowance(tenancy(), "cloud metadata server", Target("168.63.129.16", 80)) == ""
    wide = [{"name": "pods", "cidrs": "10.42.0.0/16", "ports": "1-65535"}]
    assert allowance(tenancy(network__reach=wide), "proxy's API", Target("10.42.0.3", 8001)) == ""


@pytest.mark.parametrize(("pods", "status"), [((), Status.GOOD), (("hub-spy",), Status.BROKEN), (None, Status.UNKNOWN)])
def test_only_the_hub_may_mount_its_database(pods: tuple[str, ...] | None, status: Status) -> None:
    assert assess_database(pods, "forbidden").status is status
