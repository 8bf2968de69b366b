"""The archive of a former member's home in a run: the order of its steps, and a start or a fault at each of them."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from components.in_backup import archives
from components.in_backup.causes import StoreProblem
from components.in_backup.cluster import Cluster, ClusterError
from components.in_backup.outcomes import Outcome
from components.in_backup.repository import ARCHIVED, Repository
from components.in_backup.results import Run
from components.in_backup.session import Session
from components.in_backup.settings import Settings
from components.in_hub.home_marks import ARCHIVE, ARCHIVE_BEGUN, ARCHIVED_AT, AWAY_SINCE, start_marks
from tests.unit.components.in_backup.former_claims import DAYS, NOW, claim, time_before

SHORT, WHOLE = "94cfed16", "94cfed16" * 8
STEPS = ("archive", "verify")


@dataclass
class FormerMember:
    """A namespace with the home of a former member, and pods whose outcomes the test decides."""

    claims: dict[str, dict[str, Any]]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """Outcomes of steps other than a success."""
    at: Callable[[str], None] = lambda step: None
    """Is called while the pod of a step runs."""
    patched: Callable[[], None] = lambda: None
    """Is called before a claim is changed."""
    steps: list[str] = field(default_factory=list)
    archive_arguments: list[str] = field(default_factory=list)
    state: Run = field(default_factory=lambda: Run("nightly", ""))

    @property
    def annotations(self) -> dict[str, str]:
        found: dict[str, str] = self.claims["claim-bob"]["metadata"]["annotations"]
        return found

    def list(self, kind: str) -> list[Mapping[str, Any]]:
        return list(self.claims.values()) if kind == archives.CLAIMS else []

    def find(self, kind: str, name: str) -> Mapping[str, Any] | None:
        found = self.claims.get(name) if kind == archives.CLAIMS else None
        return copy.deepcopy(found)

    def patch(self, kind: str, name: str, patch: Mapping[str, Any]) -> bool:
        if kind != archives.CLAIMS:
            return True
        self.patched()
        if patch["metadata"]["resourceVersion"] != self.claims[name]["metadata"]["resourceVersion"]:
            raise ClusterError("the object has been modified", 409)
        self.change(patch["metadata"]["annotations"])
        return True

    def change(self, marks: Mapping[str, str | None]) -> None:
        metadata = self.claims["claim-bob"]["metadata"]
        metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 1)
        for key, text in marks.items():
            metadata["annotations"].pop(key, None)
            if text is not None:
                metadata["annotations"][key] = text

    def start_server(self) -> None:
        self.change(start_marks(NOW))

    def run_pod(
        self, session: Session, manifest: dict[str, Any], is_wanted: Callable[[], bool] = lambda: True
    ) -> Outcome:
        [container] = manifest["spec"]["containers"]
        names = {"verify-archive": "verify", "discard-archive": "discard"}
        step = names.get(manifest["metadata"]["name"].removeprefix("backup-"), "archive")
        self.steps.append(step)
        if step == "archive":
            self.archive_arguments = container["args"]
        else:
            assert SHORT in container["args"]
        self.at(step)
        if not is_wanted():
            return Outcome(False, "the pod was ended")
        snapshot = SHORT if step == "archive" else WHOLE
        return self.outcomes.get(step, Outcome(True, summary={"snapshot_id": snapshot}))

    def archive(self) -> None:
        repository = Repository("s3:https://s3.example.org/backups/vis", "eu-test", "vis", "pangeo-backup")
        settings = Settings("vis", repository, {}, 1, 0.5, 3600, "low", image="restic", own_image="hub")
        session = Session(cast("Cluster", self), settings, {}, lambda line: None, self.state)
        archives.archive_former_homes(session, DAYS)


class FixedTime(datetime):
    """The time of these tests."""

    @classmethod
    def now(cls, tz: Any = UTC) -> "FixedTime":
        return cls.fromtimestamp(NOW.timestamp(), tz)


@pytest.fixture
def bob(monkeypatch: pytest.MonkeyPatch) -> FormerMember:
    made = FormerMember({"claim-bob": claim("bob", away=400)})
    monkeypatch.setattr(archives, "run_pod", made.run_pod)
    monkeypatch.setattr(archives, "datetime", FixedTime)
    return made


def at_step(wanted: str, action: Callable[[], None]) -> Callable[[str], None]:
    return lambda step: action() if step == wanted else None


def test_home_is_marked_backed_up_verified_and_marked_with_the_id(bob: FormerMember) -> None:
    marks: list[str] = []
    bob.at = lambda step: marks.append(bob.annotations[ARCHIVE])

    bob.archive()

    assert (bob.steps, marks) == (["archive", "verify"], [ARCHIVE_BEGUN] * 2)
    assert bob.annotations[ARCHIVE] == WHOLE
    assert ARCHIVED_AT in bob.annotations
    assert {"--force", f"--tag={ARCHIVED}", "--tag=user=bob"} <= set(bob.archive_arguments)
    assert (bob.state.archived, bob.state.not_archived) == ({"claim-bob": WHOLE}, {})
    bob.archive()
    assert len(bob.steps) == 2, "it is not archived again"


@pytest.mark.parametrize("step", STEPS)
def test_server_that_starts_meanwhile_ends_the_archive(bob: FormerMember, step: str) -> None:
    bob.at = at_step(step, bob.start_server)

    bob.archive()

    assert not {ARCHIVE, ARCHIVED_AT, AWAY_SINCE} & bob.annotations.keys()
    assert bob.steps == ["archive", *(["verify", "discard"] if step == "verify" else [])]
    assert (bob.state.archived, bob.state.not_archived) == ({}, {})


def test_server_that_starts_just_before_the_last_mark_keeps_the_home_unmarked(bob: FormerMember) -> None:
    def start_after_verification() -> None:
        if bob.steps == ["archive", "verify"]:
            bob.start_server()

    bob.patched = start_after_verification

    bob.archive()

    assert ARCHIVE not in bob.annotations
    assert bob.steps == ["archive", "verify", "discard"]


def test_user_who_leaves_again_meanwhile_begins_a_new_time(bob: FormerMember) -> None:
    def return_and_leave() -> None:
        bob.start_server()
        bob.change({AWAY_SINCE: time_before(0), ARCHIVE: ARCHIVE_BEGUN})

    bob.at = at_step("verify", return_and_leave)

    bob.archive()

    assert bob.annotations[ARCHIVE] == ARCHIVE_BEGUN
    assert bob.state.archived == {}


@pytest.mark.parametrize("step", STEPS)
def test_failed_step_leaves_no_mark_and_is_reported(bob: FormerMember, step: str) -> None:
    bob.outcomes[step] = Outcome(False, "the pod was evicted")

    bob.archive()

    assert not {ARCHIVE, ARCHIVED_AT} & bob.annotations.keys()
    assert bob.state.not_archived == {"claim-bob": "the pod was evicted"}
    assert ("discard" in bob.steps) == (step == "verify")


def test_incomplete_archive_is_discarded(bob: FormerMember) -> None:
    bob.outcomes["archive"] = Outcome(True, "some files could not be read: x", {"snapshot_id": SHORT})

    bob.archive()

    assert bob.steps == ["archive", "discard"]
    assert bob.state.not_archived == {"claim-bob": "some files could not be read: x"}


def test_problem_of_the_store_ends_the_archives_of_the_run(bob: FormerMember) -> None:
    bob.claims["claim-eve"] = claim("eve", away=300)
    bob.outcomes["archive"] = Outcome(False, "the store is full", store=StoreProblem.FULL)

    bob.archive()

    assert bob.steps == ["archive"]


def test_lost_answer_to_the_last_mark_does_not_discard_the_archive(
    bob: FormerMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch, lost = bob.patch, [True]

    def lose_answer(kind: str, name: str, change: Mapping[str, Any]) -> bool:
        is_changed = patch(kind, name, change)
        if bob.annotations.get(ARCHIVE) == WHOLE and lost.pop():
            raise ClusterError("the object has been modified", 409)
        return is_changed

    monkeypatch.setattr(bob, "patch", lose_answer)

    bob.archive()

    assert bob.steps == ["archive", "verify"]
    assert bob.state.archived == {"claim-bob": WHOLE}


def test_archive_of_an_operator_that_is_verified_meanwhile_stays(bob: FormerMember) -> None:
    bob.at = at_step("verify", lambda: bob.change({ARCHIVE: "of the operator"}))

    bob.archive()

    assert bob.annotations[ARCHIVE] == "of the operator"
    assert ARCHIVED_AT not in bob.annotations


def test_run_without_time_left_archives_nothing(bob: FormerMember, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "remaining", lambda _: -1.0)

    bob.archive()

    assert bob.steps == []
