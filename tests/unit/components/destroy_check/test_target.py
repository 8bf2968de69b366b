from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from components.cluster.errors import CannotAsk
from components.cluster.identity import ClusterId
from components.destroy_check.target import DELETE_UNREACHABLE, Target, WrongTarget, verify_target
from components.ownership.mark import ANNOTATION, Owner

CLUSTER = ClusterId("https://a.test", "uid-a")
TARGET = Target(CLUSTER, "vis", Owner("vis", "uid-a", "d1"))
OWN = "stack vis, cluster uid-a, deployment d1"
FORGET = {DELETE_UNREACHABLE: "true"}


@dataclass
class Cluster:
    """A cluster's answers: the UID of ``kube-system``, and the mark of the namespace; None for no namespace."""

    uid: str = "uid-a"
    mark: str | None = OWN
    server: str = "https://b.test"
    fails_at: str = "nothing"

    def get(self, path: str, accept: str = "application/json") -> Mapping[str, Any]:
        if self.fails_at in path:
            raise CannotAsk(f"{self.server}: no answer")
        if path == "/version":
            return {}
        if path.endswith("/kube-system"):
            return {"metadata": {"uid": self.uid}}
        return {"items": [] if self.mark is None else [{"metadata": {"annotations": {ANNOTATION: self.mark}}}]}


def verify(cluster: Cluster, environment: Mapping[str, str] | None = None) -> None:
    @contextmanager
    def connect() -> Iterator[Cluster]:
        yield cluster

    verify_target(TARGET, connect, environment or {})


@pytest.mark.parametrize("mark", [OWN, None, "", "stack renamed, cluster uid-a, deployment d1"])
def test_same_cluster_at_another_address_is_accepted(mark: str | None) -> None:
    verify(Cluster(mark=mark))


def test_another_cluster_is_refused_with_both_names() -> None:
    with pytest.raises(WrongTarget) as refused:
        verify(Cluster(uid="uid-b"))
    assert "https://a.test (kube-system uid-a) → https://b.test (kube-system uid-b) is another cluster" in str(
        refused.value
    )


def test_namespace_of_another_deployment_is_refused() -> None:
    with pytest.raises(WrongTarget, match="belongs to stack vis, cluster uid-a, deployment d2, not to this deployment"):
        verify(Cluster(mark="stack vis, cluster uid-a, deployment d2"))


def test_cluster_without_an_answer_is_refused_with_the_fix() -> None:
    with pytest.raises(WrongTarget, match=f"https://b.test: no answer.* set {DELETE_UNREACHABLE}=true"):
        verify(Cluster(fails_at="/"))


def test_cluster_without_an_answer_can_be_given_up() -> None:
    verify(Cluster(fails_at="/"), FORGET)


@pytest.mark.parametrize("cluster", [Cluster(uid="uid-b"), Cluster(fails_at="kube-system")], ids=["other", "forbidden"])
def test_only_a_cluster_that_gives_no_answer_can_be_given_up(cluster: Cluster) -> None:
    with pytest.raises(WrongTarget):
        verify(cluster, FORGET)
