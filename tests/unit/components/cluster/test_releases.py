import base64
import gzip
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from components.cluster.answers import METADATA_ONLY
from components.cluster.releases import (
    Repair,
    Revision,
    chart_version,
    latest_revision,
    orphaned_release,
    repair_for,
    stuck_release,
)


def history(*statuses: str) -> list[Revision]:
    return [Revision(number, status, "") for number, status in enumerate(statuses, start=1)]


def rollback_to(*statuses: str) -> int | None:
    repair = repair_for("vis", "vis", history(*statuses))
    assert repair is not None
    return repair.rollback_to


@pytest.mark.parametrize(
    "statuses", [(), ("deployed",), ("failed",), ("superseded", "pending-upgrade", "deployed"), ("deployed", "failed")]
)
def test_release_without_pending_revision_needs_no_repair(statuses: tuple[str, ...]) -> None:
    assert repair_for("vis", "vis", history(*statuses)) is None


def test_killed_upgrade_is_rolled_back_to_the_deployed_revision() -> None:
    assert rollback_to("superseded", "deployed", "failed", "pending-upgrade") == 2


def test_killed_rollback_goes_back_to_the_last_good_revision() -> None:
    assert rollback_to("deployed", "failed", "pending-rollback") == 1
    assert rollback_to("superseded", "superseded", "pending-rollback") == 2


def test_release_that_was_never_deployed_is_uninstalled() -> None:
    assert rollback_to("pending-install") is None
    assert rollback_to("failed", "pending-upgrade") is None


def test_revisions_are_ordered_by_number() -> None:
    repair = repair_for("vis", "vis", reversed(history(*["superseded"] * 9, "deployed", "pending-upgrade")))
    assert repair is not None
    assert (repair.stuck.number, repair.rollback_to) == (11, 10)


def test_repair_is_described_by_its_helm_command() -> None:
    stuck = Revision(4, "pending-upgrade", "2026-11-22T21:00:00Z")
    assert Repair("vis", "vis", stuck, rollback_to=3).steps.startswith("helm rollback vis 3: ")
    assert Repair("vis", "vis", stuck, rollback_to=None).steps.startswith("helm uninstall vis: ")
    assert stuck_release("vis", "vis", stuck) == (
        "the Helm release vis/vis is pending-upgrade (revision 4) since 2026-11-22T21:00:00Z: unless helm or pulumi is "
        "running now, a run was killed, and neither pulumi refresh nor pulumi up repairs the release"
    )


class Recorded:
    """API that returns these Secrets."""

    server = "https://api.example:6443"

    def __init__(self, *statuses: str) -> None:
        self.items = [
            {"metadata": {"labels": {"version": str(number), "status": status}, "creationTimestamp": "2026-01-01"}}
            for number, status in enumerate(statuses, start=1)
        ]

    def get(self, path: str, accept: str = "application/json") -> Mapping[str, Any]:
        assert path == "/api/v1/namespaces/vis/secrets?labelSelector=owner%3Dhelm%2Cname%3Dvis"
        assert accept == METADATA_ONLY, "no values are read"
        return {"items": self.items}


def test_latest_revision_has_the_highest_number() -> None:
    found = latest_revision(Recorded(*["superseded"] * 9, "deployed"), "vis", "vis")
    assert found == Revision(10, "deployed", "2026-01-01")
    assert latest_revision(Recorded(), "vis", "vis") is None


class Stored:
    """An API with the Secret of one revision."""

    server = "https://cluster"

    def __init__(self, data: Mapping[str, str]) -> None:
        self.data = data

    def get(self, path: str, accept: str = "application/json") -> Mapping[str, Any]:
        assert path == "/api/v1/namespaces/vis/secrets?fieldSelector=metadata.name%3Dsh.helm.release.v1.vis.v3"
        return {"items": [{"data": self.data}]}


def stored_by_helm(release: object) -> str:
    once = base64.b64encode(gzip.compress(json.dumps(release).encode()))
    return base64.b64encode(once).decode()


def test_version_of_a_revision_is_that_of_its_chart() -> None:
    release = {"chart": {"metadata": {"name": "pangeo", "version": "0.5.0"}}, "config": {}}

    api = Stored({"release": stored_by_helm(release)})
    assert chart_version(api, "vis", "vis", Revision(3, "deployed", "")) == "0.5.0"


@pytest.mark.parametrize("stored", [{}, {"release": "?"}, {"release": "eA=="}, {"release": stored_by_helm([])}])
def test_version_of_a_revision_in_another_form_is_not_known(stored: Mapping[str, str]) -> None:
    assert chart_version(Stored(stored), "vis", "vis", Revision(3, "deployed", "")) is None


def test_message_about_an_orphaned_release_quotes_helms_error() -> None:
    assert '"cannot re-use a name that is still in use"' in orphaned_release("vis", "vis", "deployed")


def test_age_of_a_revision_is_zero_if_unknown() -> None:
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert Revision(1, "deployed", "2026-01-01T11:00:00Z").age(now) == timedelta(hours=1)
    assert Revision(1, "deployed", "").age(now) == timedelta()
