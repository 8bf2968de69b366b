"""The decisions of a run: the place where a volume is read, and the pods that must end for users' servers."""

from datetime import UTC, datetime
from typing import Any

import pytest

from components.in_backup.plan import Place, find_obstacles, find_place
from components.in_backup.pod_names import volume_pod_name
from components.in_backup.volumes import Volume, VolumeUse, read_volumes, volume_uses

HOME = Volume("claim-alice", "uid", "2Gi", user="alice", path="/homes/alice")
SHARED = Volume("claim-alice", "uid", "2Gi", user="alice", path="/homes/alice", is_shared=True)
DATABASE = Volume("hub-db-dir", "uid", "1Gi")

ON_A, ON_B, NOWHERE = VolumeUse("jupyter-alice", "a"), VolumeUse("other", "b"), VolumeUse("jupyter-alice", None)


@pytest.mark.parametrize(
    ("volume", "uses", "place"),
    [
        (HOME, [], Place("anywhere")),
        (HOME, [ON_A], Place("on node", "a")),
        (HOME, [ON_A, ON_A], Place("on node", "a")),
        (HOME, [NOWHERE], Place("later")),
        (HOME, [ON_A, NOWHERE], Place("later")),
        (HOME, [ON_A, ON_B], Place("later")),
        (SHARED, [ON_A, ON_B], Place("anywhere")),
        (DATABASE, [ON_A], Place("on node", "a")),
        (DATABASE, [], Place("anywhere")),
    ],
)
def test_place_depends_on_the_pods_that_use_a_volume(volume: Volume, uses: list[VolumeUse], place: Place) -> None:
    assert find_place(volume, uses) == place


def backup_pod(node: str | None = None, chosen: str | None = None) -> dict[str, Any]:
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [chosen]}]}]
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
    return {
        "metadata": {"name": volume_pod_name(HOME.claim)},
        "spec": {
            "volumes": [{"name": "home", "persistentVolumeClaim": {"claimName": HOME.claim}}],
            **({"nodeName": node} if node else {}),
            **({"affinity": affinity} if chosen else {}),
        },
    }


@pytest.mark.parametrize(
    ("volume", "pod", "uses", "is_obstacle"),
    [
        (HOME, backup_pod("a"), [], False),
        (HOME, backup_pod("a"), [ON_A], False),
        (HOME, backup_pod("b"), [ON_A], True),
        (HOME, backup_pod("a"), [NOWHERE], True),
        (HOME, backup_pod(), [ON_A], True),
        (HOME, backup_pod(chosen="a"), [ON_A], False),
        (HOME, backup_pod(chosen="b"), [ON_A], True),
        (SHARED, backup_pod("b"), [ON_A], False),
    ],
)
def test_a_pod_ends_if_a_server_needs_its_volume_elsewhere(
    volume: Volume, pod: dict[str, Any], uses: list[VolumeUse], is_obstacle: bool
) -> None:
    name = volume_pod_name(HOME.claim)
    assert find_obstacles([volume], {name: pod}, {HOME.claim: uses}) == ([name] if is_obstacle else [])


def claim(name: str, created: str = "2026-01-01T00:00:00Z", phase: str = "Bound", **annotations: str) -> dict[str, Any]:
    return {
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "creationTimestamp": created,
            "annotations": {key.replace("__", "/").replace("_", "-"): value for key, value in annotations.items()},
        },
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1500Mi"}}},
        "status": {"phase": phase},
    }


def test_the_database_comes_first_then_the_home_with_the_oldest_backup() -> None:
    backed_up = {"tenancy.pangeo__backed_up": "2026-11-30T01:40:00+00:00"}
    older = {"tenancy.pangeo__backed_up": "2026-11-20T01:40:00+00:00"}
    claims = [
        claim("claim-bob", **backed_up),
        claim("claim-carol", **older),
        claim("claim-dave"),
        claim("hub-db-dir", **backed_up),
        claim("claim-eve", phase="Pending"),
        claim("folder-ocean"),
    ]
    found = read_volumes(claims)
    assert [each.claim for each in found] == ["hub-db-dir", "claim-dave", "claim-carol", "claim-bob"]
    assert [each.size_gb for each in found] == [2] * 4


def test_the_path_of_a_home_does_not_depend_on_other_homes() -> None:
    name = {"hub.jupyter.org__username": "alice"}
    lab, first = claim("claim-alice--lab", "2026-05-01T00:00:00Z", **name), claim("claim-alice", **name)
    paths = {"claim-alice": "/homes/alice", "claim-alice--lab": "/homes/alice@claim-alice--lab"}
    for claims in ([lab, first], [lab], [first]):
        expected = {each["metadata"]["name"]: paths[each["metadata"]["name"]] for each in claims}
        assert {each.claim: each.path for each in read_volumes(claims)} == expected


SINCE, NOW = datetime(2026, 12, 1, 1, 30, tzinfo=UTC), datetime(2026, 12, 1, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("backed_up", "is_done"),
    [("", False), ("2026-12-01T01:00:00Z", False), ("2026-12-01T02:00:00Z", True), ("2027-01-01T00:00:00Z", False)],
)
def test_a_backup_of_the_future_does_not_count(backed_up: str, is_done: bool) -> None:
    [volume] = read_volumes([_backed_up(backed_up)])
    assert volume.is_backed_up(SINCE, NOW) == is_done


def _backed_up(time: str) -> dict[str, Any]:
    return claim("claim-alice", **{"tenancy.pangeo__backed_up": time})


def test_only_other_pods_that_have_not_ended_use_a_volume() -> None:
    volumes = [{"persistentVolumeClaim": {"claimName": "claim-alice"}}]
    pods = [
        {"metadata": {"name": "jupyter-alice"}, "spec": {"nodeName": "a", "volumes": volumes}, "status": {}},
        {"metadata": {"name": "ended"}, "spec": {"volumes": volumes}, "status": {"phase": "Succeeded"}},
        {"metadata": {"name": "own"}, "spec": {"volumes": volumes}, "status": {}},
    ]
    assert volume_uses(pods, ["own"]) == {"claim-alice": [VolumeUse("jupyter-alice", "a")]}
