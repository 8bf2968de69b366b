import pytest

from components.cli.diagnose.result import Finding, broken, conclusion, exit_code, good, unknown, warning

GOOD, WARN = good("domain", "resolves"), warning("certificate", "ends soon", "renew it")
BROKEN, UNKNOWN = broken("group", "is not there", "run pulumi up"), unknown("account", "is not shown")


@pytest.mark.parametrize(
    ("findings", "code"),
    [([GOOD], 0), ([GOOD, WARN], 0), ([GOOD, UNKNOWN], 3), ([UNKNOWN, BROKEN], 1), ([], 0)],
)
def test_broken_is_1_and_not_checked_is_3_and_a_warning_is_no_error(findings: list[Finding], code: int) -> None:
    assert exit_code(findings) == code


def test_the_conclusion_names_the_worst_first() -> None:
    assert conclusion([GOOD, WARN, UNKNOWN, BROKEN]) == (
        "broken: group; not checked: account; to be looked at: certificate"
    )
    assert conclusion([GOOD]) == "nothing is broken"


def test_facts_stand_beside_the_sentence_for_machines() -> None:
    assert good("homes", "2 users have a home", users=["a", "b"]).as_json() == {
        "what": "homes",
        "state": "good",
        "told": "2 users have a home",
        "users": ["a", "b"],
    }
    assert BROKEN.as_json()["do"] == "run pulumi up"
