"""Python source without comments and documentation."""

import ast
import tokenize

import pytest

from components.chart.code_text import without_prose
from components.chart.mounted_code import COMPONENTS, MODULES
from components.chart.values import chart_values
from tests.support.tenancies import tenancy

SOURCE = '''"""A module.

With a second paragraph.
"""

LIMIT = 3  # of what
"""The limit."""
TEXT = "# no comment"


def act() -> str:
    """Act."""


class Empty(Exception):
    """Nothing
    more."""  # noqa


# A comment between functions.
def text() -> str:
    return """kept
# kept, too
"""
'''

EXPECTED = '''""




LIMIT = 3
""
TEXT = "# no comment"


def act() -> str:
    ""


class Empty(Exception):
    ""




def text() -> str:
    return """kept
# kept, too
"""
'''


def test_comments_and_documentation_are_removed_and_lines_keep_their_numbers() -> None:
    assert without_prose(SOURCE) == EXPECTED
    assert len(EXPECTED.splitlines()) == len(SOURCE.splitlines())


@pytest.mark.parametrize("path", MODULES)
def test_every_statement_of_the_hubs_code_stays_at_its_place(path: str) -> None:
    source = (COMPONENTS / path).read_text()

    assert list(_statements(without_prose(source))) == list(_statements(source))


def test_the_code_is_prepared_once_for_all_values_of_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    given = tenancy(
        backup={"endpoint": "https://s3.example.org", "bucket": "homes", "credentials": {"secret": "store-keys"}}
    )
    first = chart_values(given)
    monkeypatch.delattr(tokenize, "generate_tokens")

    assert chart_values(given) == first


def _statements(source: str) -> list[tuple[str, int, int]]:
    """Each statement with its line and column; one that is only a string has an empty string in its place."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            node.value.value = ""
    return [(ast.dump(node), node.lineno, node.col_offset) for node in ast.walk(tree) if isinstance(node, ast.stmt)]
