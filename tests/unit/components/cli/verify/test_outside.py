"""Result for the pods of the release."""

from components.cli.diagnose.result import Status
from components.cli.verify.outside import assess_pods
from components.readiness.finding import Finding
from components.readiness.verdict import Verdict


def test_ready_release_is_good() -> None:
    assert assess_pods(Verdict(), "vis").status is Status.GOOD


def test_reasons_are_named_with_the_fix_of_the_first() -> None:
    missing = (Finding("pod hub-1", "the claim hub-db-dir does not exist", "restore it"), Finding("pod a", "waits"))
    found = assess_pods(Verdict(missing), "vis")
    assert (found.status, found.message, found.fix) == (
        Status.BROKEN,
        "pod hub-1: the claim hub-db-dir does not exist; pod a: waits",
        "restore it",
    )


def test_reason_without_a_fix_leads_to_the_cluster() -> None:
    assert assess_pods(Verdict((Finding("pod a", "waits"),)), "vis").fix == "kubectl describe pods --namespace vis"
