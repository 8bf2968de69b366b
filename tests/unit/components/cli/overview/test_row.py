from datetime import UTC, datetime, timedelta

from components.cli.diagnose.checks import HUB_CERTIFICATE
from components.cli.diagnose.deployed_hub import Server
from components.cli.diagnose.result import CheckResult, Status, broken, good, unknown, warning
from components.cli.diagnose.status import check_release, check_servers
from components.cli.overview.row import HEADINGS, make_row
from components.cluster.releases import Revision
from tests.support.tenancies import DOMAIN, tenancy

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SERVERS = check_servers([Server("anna", "Running", "", "n"), Server("bob", "Pending", "", "")])
RELEASE = check_release("vis/vis", Revision(3, "deployed", ""), "vis", NOW, "0.5.0")
CERTIFICATE = good(HUB_CERTIFICATE, "is valid", ends=(NOW + timedelta(days=30, hours=5)).isoformat())
GOOD = [RELEASE, good("hub pods", "ready"), good("hub", "answers"), good("directory a:636", "answers"), CERTIFICATE]
NODES = {"count": 2, "cpus": 8, "ramGb": 32, "expectedUsers": 4}


def cells(*results: CheckResult, **settings: object) -> dict[str, str]:
    row = make_row("vis", tenancy(**settings), results, NOW)
    return dict(zip(HEADINGS, row.cells(), strict=True))


def test_row_of_a_good_tenancy() -> None:
    found = cells(*GOOD, check_servers([Server("anna", "Running", "", "n")]), workers=NODES)

    assert found == {
        "stack": "vis",
        "address": f"https://{DOMAIN}",
        "version": "0.5.0",
        "hub": "good",
        "directory": "good",
        "certificate": "30 days",
        "users": "1 of 4",
        "capacity used": "17%",
    }
    good = make_row("vis", tenancy(), GOOD, NOW)
    assert (good.has_problem, good.problem) == (False, "")


def test_most_serious_result_is_the_problem_and_the_others_are_counted() -> None:
    found = make_row(
        "vis", tenancy(), [*GOOD, SERVERS, unknown("cluster", "no answer\nx"), broken("hub", "503", "")], NOW
    )

    assert found.problem == "hub: 503 (and 2 more)"
    assert found.hub is Status.BROKEN
    assert found.has_problem
    assert make_row("vis", tenancy(), [unknown("cluster", "no answer\nx")], NOW).problem == "cluster: no answer"


def test_warning_is_shown_but_is_no_problem() -> None:
    found = make_row("vis", tenancy(), [*GOOD, SERVERS], NOW)

    assert found.problem == "warning: servers: 1 running: anna; bob is Pending"
    assert not found.has_problem
    one_of_two = make_row("vis", tenancy(), [*GOOD, warning("directory b:636", "is down", "")], NOW)
    assert one_of_two.directory is Status.WARNING


def test_row_without_answers_shows_what_the_stack_file_states() -> None:
    found = cells(unknown("cluster", "no answer"), workers=NODES)

    assert (found["address"], found["users"]) == (f"https://{DOMAIN}", "– of 4")
    assert {found[each] for each in ("version", "hub", "directory", "certificate", "capacity used")} == {"–"}


def test_row_of_an_unreadable_stack_file() -> None:
    found = make_row("vis", None, [broken("stack file", "is not YAML", "")], NOW)

    assert found.cells() == ["vis", *["–"] * 5, "– of –", "–"]
    assert found.problem == "stack file: is not YAML"
    assert found.as_json()["hasProblem"] is True
