from datetime import UTC, datetime, timedelta

import pytest

from components.cli.diagnose.deployed_hub import Server
from components.cli.diagnose.result import Status
from components.cli.diagnose.status import check_images, check_release, check_servers
from components.cluster.releases import Revision
from components.readiness.finding import Finding

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
JUST_NOW, LONG_AGO = (NOW - timedelta(minutes=2)).isoformat(), (NOW - timedelta(hours=2)).isoformat()


@pytest.mark.parametrize(
    ("revision", "status"),
    [
        (Revision(3, "deployed", LONG_AGO), Status.GOOD),
        (Revision(3, "failed", LONG_AGO), Status.WARNING),
        (Revision(3, "pending-upgrade", JUST_NOW), Status.WARNING),
        (Revision(3, "pending-upgrade", LONG_AGO), Status.BROKEN),
        (Revision(3, "pending-install", ""), Status.WARNING),
        (None, Status.BROKEN),
    ],
)
def test_release_pending_longer_than_an_up_is_broken(revision: Revision | None, status: Status) -> None:
    assert check_release("vis/vis", revision, "vis", NOW).status is status


def test_release_has_the_version_of_the_program_that_deployed_it() -> None:
    found = check_release("vis/vis", Revision(3, "deployed", LONG_AGO), "vis", NOW, "0.5.0")

    assert found.message == f"vis/vis is deployed (version 0.5.0, revision 3, {LONG_AGO})"
    assert found.as_json()["version"] == "0.5.0"
    assert "version" not in check_release("vis/vis", Revision(3, "deployed", LONG_AGO), "vis", NOW).as_json()


def test_servers_that_do_not_run_are_named() -> None:
    running, pending = Server("anna", "Running", LONG_AGO, "node"), Server("bob", "Pending", LONG_AGO, "")

    assert check_servers([]).message == "0 running"
    assert check_servers([running]).message == "1 running: anna"
    found = check_servers([running, pending])
    assert found.status is Status.WARNING
    assert found.message == "1 running: anna; bob is Pending"
    assert found.as_json()["servers"][0] == {"user": "anna", "phase": "Running", "since": LONG_AGO, "node": "node"}


def test_pods_without_their_image_are_broken_with_each_fix_once() -> None:
    pods = [Finding(f"pod {name}", "image a cannot be pulled", "create the Secret") for name in "abcde"]

    found = check_images(pods, "vis")

    assert found.status is Status.BROKEN
    assert found.message == (
        "pod a: image a cannot be pulled; pod b: image a cannot be pulled; pod c: image a cannot be pulled; and 2 more"
    )
    assert found.fix == "create the Secret"
    assert found.as_json()["pods"] == list("abcde")


def test_failed_pull_that_may_pass_is_a_warning() -> None:
    assert check_images([Finding("pod a", "no such host")], "vis").status is Status.WARNING
    assert check_images([], "vis").status is Status.GOOD
