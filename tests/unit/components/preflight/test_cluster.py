import contextlib
from typing import Any

import pytest

from components.cluster.errors import CannotAsk
from components.config.problems import InvalidTenancy, Problem
from components.preflight import cluster
from components.preflight.cluster import ClusterRefused, verify_cluster
from tests.support.tenancies import tenancy

NOWHERE = {"HOME": "/nowhere", "PATH": ""}
NOT_IDENTIFIED = "the Kubernetes cluster cannot be identified: there is no kubeconfig"


def test_unreachable_cluster_fails_a_preview() -> None:
    with pytest.raises(ClusterRefused) as caught:
        verify_cluster(tenancy(), stack="vis", preview=True, environment=NOWHERE)
    assert str(caught.value).startswith(NOT_IDENTIFIED)
    assert str(caught.value).endswith("to preview without the cluster, set PANGEO_CLUSTER_CHECK=warn")


def test_cluster_check_variable_turns_the_refusal_into_a_warning() -> None:
    environment = {**NOWHERE, "PANGEO_CLUSTER_CHECK": "warn"}
    stated = tenancy(ingress={"controller": "k8s.io/ingress-nginx"})
    facts = verify_cluster(stated, stack="vis", preview=True, environment=environment)
    assert facts.id is None
    (warning,) = facts.warnings
    assert warning.startswith(NOT_IDENTIFIED)
    assert warning.endswith("continuing without it (PANGEO_CLUSTER_CHECK=warn)")


def test_cluster_check_variable_has_no_effect_on_an_up() -> None:
    environment = {**NOWHERE, "PANGEO_CLUSTER_CHECK": "warn"}
    with pytest.raises(ClusterRefused, match=NOT_IDENTIFIED):
        verify_cluster(tenancy(), stack="vis", preview=False, environment=environment)


@pytest.mark.parametrize("may_go_on", [True, False])
def test_problems_are_reported_even_if_a_later_request_fails(monkeypatch: pytest.MonkeyPatch, may_go_on: bool) -> None:
    def fail(api: object) -> None:
        raise CannotAsk("no answer within 10 s")

    def refuse(*arguments: object, source: str) -> None:
        raise InvalidTenancy(source, [Problem("pangeo:ingress.className", "none", "does not exist")])

    answers: dict[str, Any] = {
        "find_kubeconfig": None,
        "connect_to_cluster": contextlib.nullcontext(),
        "read_cluster_id": None,
        "latest_revision": None,
        "installed_crds": {},
        "find_object": None,
        "read_ingress_classes": (),
    }
    for name, answer in answers.items():
        monkeypatch.setattr(cluster, name, lambda *arguments, answer=answer, **keywords: answer)
    monkeypatch.setattr(cluster, "find_controller", refuse)
    monkeypatch.setattr(cluster, "read_addresses", fail)
    environment = {"PANGEO_CLUSTER_CHECK": "warn"} if may_go_on else {}
    with pytest.raises((InvalidTenancy, ClusterRefused), match=r"pangeo:ingress\.className") as caught:
        verify_cluster(tenancy(), stack="vis", preview=True, environment=environment)
    assert ("no answer within 10 s" in str(caught.value)) is not may_go_on


def test_unknown_value_of_the_cluster_check_variable_is_refused() -> None:
    with pytest.raises(InvalidTenancy, match="PANGEO_CLUSTER_CHECK  off  is neither refuse nor warn"):
        verify_cluster(tenancy(), stack="vis", preview=True, environment={"PANGEO_CLUSTER_CHECK": "off"})
