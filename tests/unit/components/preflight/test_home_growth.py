"""Homes that are smaller than the stack file says, and cannot grow."""

from typing import Any

import pytest

from components.cluster.errors import CannotAsk
from components.config.tenancy import Tenancy
from components.in_hub.user_id import NAME_ANNOTATION
from components.preflight.home_growth import home_growth_warnings, least_size_gb
from components.preflight.node_limits import STORAGE_CLASSES
from tests.support.tenancies import tenancy

FIXED, GROWING = "fixed", "growing"


class Cluster:
    """A cluster with homes and two storage classes."""

    server = "https://k8s.example.org:6443"

    def __init__(self, *claims: dict[str, Any]) -> None:
        self.claims = list(claims)
        self.asked: list[str] = []

    def get(self, path: str, accept: str = "") -> dict[str, Any]:
        assert not accept
        self.asked.append(path)
        if path == STORAGE_CLASSES:
            classes = [
                {"metadata": {"name": FIXED}},
                {"metadata": {"name": GROWING}, "allowVolumeExpansion": True},
                {"metadata": {"name": "vis-pangeo-homes"}},
            ]
            return {"items": classes}
        return {"items": self.claims}

    def send(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        raise AssertionError((method, path, body))


def home(user: str, size: str = "5Gi", storage_class: str = FIXED) -> dict[str, Any]:
    return {
        "metadata": {"name": f"claim-{user}", "annotations": {NAME_ANNOTATION: user}},
        "spec": {"storageClassName": storage_class, "resources": {"requests": {"storage": size}}},
    }


def sized(**keys: Any) -> Tenancy:
    return tenancy(**{"notebookStorageGb": 10, **keys})


def test_homes_that_cannot_grow_are_named() -> None:
    cluster = Cluster(home("alice"), home("bob", "10Gi"), home("carol", storage_class=GROWING))

    assert home_growth_warnings(cluster, sized()) == [
        "1 home keeps its size, although the stack file has a larger one: claim-alice; the storage class fixed lets no "
        "volume grow. Their servers start nevertheless. If the driver can expand volumes, run: kubectl patch "
        "storageclass CLASS --patch '{\"allowVolumeExpansion\": true}'"
    ]


def test_many_homes_are_counted() -> None:
    [warning] = home_growth_warnings(Cluster(*(home(f"user{number}") for number in range(8))), sized())

    assert warning.startswith("8 homes keep their sizes, ")
    assert "claim-user0, claim-user1, claim-user2, claim-user3, claim-user4 and 3 more; " in warning


def test_classes_are_not_read_if_all_homes_are_large_enough() -> None:
    cluster = Cluster(home("alice", "10Gi"))

    assert home_growth_warnings(cluster, sized()) == []
    assert STORAGE_CLASSES not in cluster.asked


@pytest.mark.parametrize(("allowed", "number"), [(True, 0), (False, 1)])
def test_class_of_the_stack_is_the_one_after_the_up(allowed: bool, number: int) -> None:
    create = {"provisioner": "csi.example.org", "allowVolumeExpansion": allowed}
    made = sized(storage={"create": create})
    assert made.storage_class_name is not None

    assert len(home_growth_warnings(Cluster(home("alice", storage_class=made.storage_class_name)), made)) == number


def test_sizes_of_users_count_and_those_of_groups_only_if_they_are_smaller() -> None:
    sizes = {"users": {"alice": {"storageGb": 200}, "bob": {"cpus": 1}}, "groups": {"large": {"storageGb": 50}}}
    assert [least_size_gb(sized(sizes=sizes), home(user)) for user in ("alice", "bob", "carol")] == [200, 10, 10]

    sizes["groups"] = {"small": {"storageGb": 2}}
    assert least_size_gb(sized(sizes=sizes), home("carol")) == 2


def test_cluster_that_shows_nothing_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> dict[str, Any]:
        raise CannotAsk("the account may not read this")

    monkeypatch.setattr(Cluster, "get", refuse)

    assert home_growth_warnings(Cluster(), sized()) == []
