"""Kept volumes of former users."""

from typing import Any

from components.cli.accept.facts import FORMER_ID, FORMER_USER, VOLUMES, read_kept_volumes


class Cluster:
    """A cluster with these lists of objects."""

    server = "https://k8s.example.org:6443"

    def __init__(self, **lists: list[dict[str, Any]]) -> None:
        self.lists = lists

    def get(self, path: str, accept: str = "") -> dict[str, Any]:
        assert not accept
        return {"items": self.lists["volumes" if path == VOLUMES else "claims"]}

    def send(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        raise AssertionError((method, path, body))


def volume(name: str, claim_uid: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "annotations": {FORMER_USER: "alice", FORMER_ID: "id"}},
        "spec": {"claimRef": {"namespace": "vis", "name": "claim-alice", "uid": claim_uid}},
    }


def test_volume_that_a_claim_has_is_not_kept() -> None:
    volumes = [volume("pv-kept", "uid of a deleted claim"), volume("pv-in-use", "uid")]
    cluster = Cluster(volumes=volumes, claims=[{"metadata": {"name": "claim-alice", "uid": "uid"}}])

    assert [each.name for each in read_kept_volumes(cluster, "vis", "alice")] == ["pv-kept"]
