"""Archives in ``members list``, also if the store cannot be reached."""

from datetime import UTC, datetime

import pytest

from components.cli import members as membership
from components.cli.homes import list_command
from components.cli.homes.list_command import as_object, print_listing, read_listing
from components.cli.homes.listing import Order
from components.cli.members import Group
from components.cli.restore.errors import RestoreRefused
from components.cli.restore.snapshots import Snapshot
from components.freeipa.users import Members
from components.in_backup.repository import HomeTags
from tests.support.tenancies import tenancy
from tests.unit.components.cli.homes.homes import GIB, ID, home

GROUP = Group(tenancy(), "vis", "uid=operator", "of the tests")
TIME = datetime(2026, 5, 2, 9, 14, tzinfo=UTC)
TAGS = HomeTags("dave", ID, "claim-dave", 10)
ARCHIVE = Snapshot("94cfed16".ljust(64, "0"), TIME, "/homes/dave", TAGS, 3 * GIB, 40117, is_archive=True)


@pytest.fixture(autouse=True)
def _cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    members = Members(users=("alice",), indirect_users=(), groups=(), others=())
    monkeypatch.setattr(membership, "list_members", lambda _: members)
    monkeypatch.setattr(list_command, "find_reused_names", lambda *_: [])
    monkeypatch.setattr(list_command, "find_homes", lambda *_: [home("alice")])
    monkeypatch.setattr(list_command, "find_absences", lambda *_: {})


def test_archived_homes_are_listed_without_a_claim(capsys: pytest.CaptureFixture[str]) -> None:
    listed = read_listing(GROUP, {}, lambda: [ARCHIVE])
    print_listing(listed, Order.USER, as_json=False)

    _, _, shown = capsys.readouterr().out.partition("Archived homes:\n")
    _, row, fix = shown.splitlines()
    assert row.split() == ["dave", "claim-dave", "2026-05-02", "09:14", "3", "40117", "94cfed16"]
    assert fix == "→ to restore one: python -m components backup restore vis --user NAME --snapshot ID"
    assert as_object(listed)["archives"] == [
        {
            "user": "dave",
            "userId": ID,
            "claim": "claim-dave",
            "snapshot": ARCHIVE.id,
            "archivedAt": "2026-05-02T09:14:00+00:00",
            "bytes": 3 * GIB,
            "files": 40117,
        }
    ]


def test_homes_are_listed_without_the_store() -> None:
    def fail() -> list[Snapshot]:
        raise RestoreRefused("the store does not answer")

    listed = read_listing(GROUP, {}, fail)

    assert listed.homes == [home("alice")]
    assert listed.problems == ("which homes are archived is not known: the store does not answer",)
    assert as_object(listed)["archives"] is None
