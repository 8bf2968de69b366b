import pytest

from components.cli.diagnose.result import CheckResult, broken, conclusion, exit_code, good, unknown, warning

GOOD, WARN = good("domain", "resolves"), warning("certificate", "ends soon", "renew it")
BROKEN, UNKNOWN = broken("group", "is not there", "run pulumi up"), unknown("account", "is not shown")


@pytest.mark.parametrize(
    ("results", "code"),
    [([GOOD], 0), ([GOOD, WARN], 0), ([GOOD, UNKNOWN], 3), ([UNKNOWN, BROKEN], 1), ([], 0)],
)
def test_exit_code_is_that_of_the_worst_result(results: list[CheckResult], code: int) -> None:
    assert exit_code(results) == code


def test_conclusion_names_the_worst_first() -> None:
    assert conclusion([GOOD, WARN, UNKNOWN, BROKEN]) == ("broken: group; not checked: account; warning: certificate")
    assert conclusion([GOOD]) == "nothing is broken"


def test_details_are_keys_of_the_json_object() -> None:
    assert good("homes", "2 users have a home", users=["a", "b"]).as_json() == {
        "subject": "homes",
        "status": "good",
        "message": "2 users have a home",
        "users": ["a", "b"],
    }
    assert BROKEN.as_json()["fix"] == "run pulumi up"
