"""The table in ``components/cli/repair/verdict.py``: every combination of evidence."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from components.cli.repair.state import (
    CREATING,
    NAMESPACE_TYPE,
    RELEASE_TYPE,
    PendingOperation,
    StateFacts,
)
from components.cli.repair.verdict import Healthy, Refused, ReleaseFacts, ReleaseRepair, Verdict, judge
from components.cluster.identity import ClusterId
from components.cluster.releases import LONGEST_UP, Revision
from components.ownership.mark import Mark, Owner
from components.pangeo_cluster import RELEASE_TIMEOUT_SECONDS

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
OLD = (NOW - LONGEST_UP - timedelta(seconds=1)).isoformat()
YOUNG = (NOW - timedelta(seconds=40)).isoformat()
HERE = ClusterId("https://api.example:6443", "c-1")
ELSEWHERE = ClusterId("https://other.example:6443", "c-2")
OWNER = Owner("vis", HERE.uid, "d1")
OURS = Mark(OWNER, is_kept=False)
ANOTHERS = Mark(Owner("vis", HERE.uid, "d2"), is_kept=False)
CREATION = PendingOperation(CREATING, "urn:release", RELEASE_TYPE, {})
BACKEND = "file:///backend"

STATES = {
    "no release": frozenset({NAMESPACE_TYPE}),
    "release": frozenset({NAMESPACE_TYPE, RELEASE_TYPE}),
}
HISTORIES: dict[str, Callable[[str], tuple[Revision, ...]]] = {
    "pending": lambda began: (Revision(1, "deployed", OLD), Revision(2, "pending-upgrade", began)),
    "finished": lambda began: (Revision(1, "superseded", OLD), Revision(2, "deployed", began)),
    "failed": lambda began: (Revision(1, "failed", began),),
    "none": lambda began: (),
}


def state(
    *types: str, cluster: ClusterId | None = HERE, owner: Owner | None = OWNER, is_creating: bool = False
) -> StateFacts:
    return StateFacts(cluster, owner, frozenset(), frozenset(types), (CREATION,) if is_creating else ())


def verdict(
    facts: StateFacts,
    *history: Revision,
    cluster: ClusterId = HERE,
    mark: Mark | None = OURS,
    is_interrupted: bool = False,
) -> Verdict:
    found = ReleaseFacts(cluster, "vis-pangeo", "hub", mark, history)
    return judge(facts, found, stack="vis", backend=BACKEND, now=NOW, is_interrupted=is_interrupted)


def outcome(verdict: Verdict) -> str:
    match verdict:
        case Refused():
            return "refused"
        case Healthy():
            return "healthy"
        case ReleaseRepair():
            return "uninstall" if verdict.repair.rollback_to is None else "rollback"


def expected(known: str, is_creating: bool, history: str, is_old: bool, is_interrupted: bool) -> str:
    """Return the verdict in the words of the table, for this tenancy in this cluster."""
    if history == "none":
        return "healthy"
    if known == "release":
        if history != "pending":
            return "healthy"
        return "rollback" if is_old or is_interrupted else "refused"
    if is_creating and history != "pending":
        return "uninstall"
    return "uninstall" if is_old or is_interrupted else "refused"


@pytest.mark.parametrize(
    ("known", "is_creating", "history", "is_old", "is_interrupted"),
    list(product(STATES, (False, True), HISTORIES, (False, True), (False, True))),
)
def test_release_is_changed_only_if_state_and_cluster_show_an_interruption(
    known: str, is_creating: bool, history: str, is_old: bool, is_interrupted: bool
) -> None:
    revisions = HISTORIES[history](OLD if is_old else YOUNG)
    found = verdict(state(*STATES[known], is_creating=is_creating), *revisions, is_interrupted=is_interrupted)

    assert outcome(found) == expected(known, is_creating, history, is_old, is_interrupted)


@pytest.mark.parametrize(
    ("facts", "cluster", "mark"),
    [
        (state(*STATES["no release"], cluster=None, owner=None), HERE, OURS),
        (state(*STATES["no release"], cluster=None, owner=None), HERE, None),
        (state(*STATES["no release"]), ELSEWHERE, OURS),
        (state(*STATES["no release"]), ELSEWHERE, None),
        (state(*STATES["no release"]), HERE, ANOTHERS),
        (state(*STATES["release"]), HERE, ANOTHERS),
        (state(*STATES["no release"], owner=None), HERE, OURS),
        (state(), HERE, None),
        (state(is_creating=True), HERE, None),
    ],
)
@pytest.mark.parametrize("history", ["pending", "finished", "failed"])
@pytest.mark.parametrize("is_interrupted", [False, True])
def test_nothing_of_another_tenancy_is_changed(
    facts: StateFacts, cluster: ClusterId, mark: Mark | None, history: str, is_interrupted: bool
) -> None:
    found = verdict(facts, *HISTORIES[history](OLD), cluster=cluster, mark=mark, is_interrupted=is_interrupted)
    assert outcome(found) == "refused"


def test_state_of_an_older_version_needs_no_mark() -> None:
    facts = state(*STATES["release"], owner=None)
    assert outcome(verdict(facts, *HISTORIES["pending"](OLD), mark=None)) == "rollback"
    facts = state(*STATES["no release"], owner=None, is_creating=True)
    assert outcome(verdict(facts, *HISTORIES["finished"](YOUNG), mark=None)) == "uninstall"


def test_namespace_that_a_destroy_of_this_stack_kept_is_its_own() -> None:
    kept = Mark(Owner("vis", HERE.uid, "d0"), is_kept=True)
    facts = state(*STATES["no release"], is_creating=True)
    assert outcome(verdict(facts, *HISTORIES["finished"](YOUNG), mark=kept)) == "uninstall"


def test_release_that_was_never_deployed_is_uninstalled() -> None:
    found = verdict(state(*STATES["release"]), Revision(1, "pending-install", OLD))
    assert outcome(found) == "uninstall"


def test_revision_of_unknown_age_is_young() -> None:
    found = verdict(state(*STATES["release"]), Revision(1, "deployed", ""), Revision(2, "pending-upgrade", ""))
    assert outcome(found) == "refused"


def test_unknown_tenancy_is_refused_with_the_backend_and_how_to_select_another() -> None:
    found = verdict(state(cluster=None, owner=None), *HISTORIES["finished"](OLD))
    assert isinstance(found, Refused)
    assert f"the state of the stack vis in the backend {BACKEND} does not know this tenancy" in found.reason
    assert "pulumi login or PULUMI_BACKEND_URL" in found.fix


def test_other_cluster_is_refused_with_both_names() -> None:
    found = verdict(state(), cluster=ELSEWHERE)
    assert isinstance(found, Refused)
    assert str(HERE) in found.reason
    assert str(ELSEWHERE) in found.reason
    assert found.fix == "set kubernetes.context or KUBECONFIG back"


def test_another_deployment_is_refused_with_its_mark() -> None:
    found = verdict(state(*STATES["no release"]), *HISTORIES["finished"](OLD), mark=ANOTHERS)
    assert isinstance(found, Refused)
    assert str(ANOTHERS) in found.reason


def test_young_revision_is_refused_with_its_age_and_the_option() -> None:
    found = verdict(state(*STATES["release"]), *HISTORIES["pending"](YOUNG))
    assert isinstance(found, Refused)
    assert "is pending-upgrade (revision 2) since 40 s" in found.reason
    assert found.fix.endswith("python -m components repair vis --interrupted")


def test_time_limit_is_that_of_the_release() -> None:
    assert LONGEST_UP.total_seconds() == RELEASE_TIMEOUT_SECONDS
