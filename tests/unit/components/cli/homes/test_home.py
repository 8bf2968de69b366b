"""Homes from the claims, volumes and pods of a namespace."""

import json
from typing import Any

from components.cli.accept.facts import FORMER_ID, FORMER_USER
from components.cli.homes.home import PROVISIONER, Home, make_homes
from components.in_hub.api_names import VERIFICATION_USER
from components.in_hub.home_marks import ARCHIVE, ARCHIVED_AT, AWAY_SINCE, DELETION_BEGUN, LAST_START
from components.in_hub.home_use import USE_ANNOTATION
from components.in_hub.user_id import ID_ANNOTATION, NAME_ANNOTATION
from tests.unit.components.cli.homes.homes import GIB, ID

TIME = "2026-11-01T08:30:00+00:00"


def claim(name: str, user: str = "", **annotations: str) -> dict[str, Any]:
    marks = {NAME_ANNOTATION: user} if user else {}
    return {
        "metadata": {"name": name, "uid": f"uid of {name}", "annotations": {**marks, **annotations}},
        "spec": {"volumeName": f"pv of {name}", "resources": {"requests": {"storage": "10Gi"}}},
        "status": {"capacity": {"storage": "12Gi"}},
    }


def volume(name: str, uid: str = "uid of a deleted claim", **annotations: str) -> dict[str, Any]:
    spec = {
        "persistentVolumeReclaimPolicy": "Retain",
        "capacity": {"storage": "5Gi"},
        "claimRef": {"namespace": "vis", "name": "claim-x", "uid": uid},
    }
    return {"metadata": {"name": name, "uid": f"uid of {name}", "annotations": annotations}, "spec": spec}


def pod(claim: str, phase: str = "Running", component: str = "singleuser-server", **metadata: str) -> dict[str, Any]:
    return {
        "metadata": {"name": f"pod with {claim}", "labels": {"component": component}, **metadata},
        "spec": {"volumes": [{"name": "a"}, {"name": "b", "persistentVolumeClaim": {"claimName": claim}}]},
        "status": {"phase": phase, "startTime": "2026-11-02T00:00:00Z"},
    }


def one(*pods: dict[str, Any], **annotations: str) -> Home:
    [found] = make_homes([claim("claim-alice", "alice", **annotations)], pods, (), "vis")
    return found


def test_annotations_of_the_claim_are_read() -> None:
    use = json.dumps({"bytes": 3 * GIB, "at": TIME})
    found = one(**{ID_ANNOTATION: ID, USE_ANNOTATION: use, LAST_START: TIME, AWAY_SINCE: TIME, DELETION_BEGUN: TIME})

    assert found.owner == ("alice", ID)
    assert found.is_of_hub
    assert found.size == 12 * GIB
    assert found.used_part == 0.25
    assert found.last_start is not None
    assert found.last_start.isoformat() == TIME
    assert found.away_since == found.last_start
    assert found.deletion == TIME


def test_unreadable_annotations_are_not_known() -> None:
    found = one(**{USE_ANNOTATION: "{", LAST_START: "yesterday", AWAY_SINCE: "2026-11-01T08:30:00"})

    assert (found.use, found.used_part, found.last_start, found.away_since) == (None, None, None, None)


def test_server_is_the_pod_that_mounts_the_home() -> None:
    assert one().server == ""
    assert one(pod("claim-alice")).server == "running"
    assert one(pod("claim-alice", "Pending")).server == "starting"
    assert one(pod("claim-alice", deletionTimestamp=TIME)).server == "stopping"
    assert one(pod("claim-alice", "Failed")).pods == ()
    ending, starting = pod("claim-alice", deletionTimestamp=TIME), pod("claim-alice", "Pending")
    assert one(ending, starting).server == "starting"
    assert one(ending, starting, pod("claim-alice")).server == "running"
    assert one(pod("claim-bob")).pods == ()
    copy = one(pod("claim-alice", component="copy"))
    assert (copy.server, copy.pods) == ("", ("pod with claim-alice",))


def test_start_before_the_record_is_that_of_the_running_pod() -> None:
    started = one(pod("claim-alice")).last_start

    assert started is not None
    assert started.isoformat() == "2026-11-02T00:00:00+00:00"


def test_claims_of_others_are_no_homes_of_the_hub() -> None:
    verification = claim("claim-verify", VERIFICATION_USER)
    found = make_homes([claim("hub-db-dir"), claim("claim-bob"), verification], (), (), "vis")

    assert [(each.user, each.is_of_hub) for each in found] == [("bob", False)]


def test_volumes_that_are_left_of_homes_are_found() -> None:
    marks = {FORMER_USER: "alice", FORMER_ID: ID}
    volumes = [
        volume("pv of claim-alice", "uid of claim-alice", **marks, **{PROVISIONER: "csi"}),
        volume("pv-kept", **marks),
        volume("pv-unmarked"),
    ]
    found = make_homes([claim("claim-alice", "alice")], (), volumes, "vis")

    assert [(each.name, each.owner) for each in found] == [("claim-alice", ("alice", "")), ("pv-kept", ("alice", ID))]
    assert [each.volume.is_provisioned for each in found if each.volume] == [True, False]
    assert make_homes([], (), volumes, "climate") == []
    assert make_homes([], (), None, "vis") == []


def test_volume_of_another_claim_is_no_part_of_a_home() -> None:
    others = volume("pv of claim-alice", "uid of claim-bob")
    [alice] = make_homes([claim("claim-alice", "alice")], (), [others], "vis")

    assert alice.volume is None


def test_kept_volume_that_is_used_again_is_not_left() -> None:
    marks = {FORMER_USER: "alice", FORMER_ID: ID}
    again, freed = claim("restored"), volume("pv-kept", uid="", **marks)

    assert make_homes([again], (), [volume("pv-kept", "uid of restored", **marks)], "vis") == []
    assert make_homes([again], (), [volume("pv of restored", **marks)], "vis") == [], "the claim asks for it"
    assert make_homes([], (), [freed], "vis") == [], "the operator has freed it for the next claim"


def test_time_of_an_automatic_archive_counts_only_beside_its_id() -> None:
    assert one(**{ARCHIVE: "94cfed16", ARCHIVED_AT: TIME}).archived_at is not None
    assert one(**{ARCHIVE: "begun", ARCHIVED_AT: TIME}).archived_at is None
    assert one(**{ARCHIVED_AT: TIME}).archived_at is None
