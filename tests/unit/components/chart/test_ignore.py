"""Files that Helm does not load."""

import pytest

from components.chart.ignore import IgnoreRules


@pytest.mark.parametrize(
    ("rules", "path", "ignored"),
    [
        ("*.tmp", "a.tmp", True),
        ("*.tmp", "templates/a.tmp", True),
        ("*.tmp", "a.tmp.yaml", False),
        ("a?.txt", "ab.txt", True),
        ("[ab].txt", "b.txt", True),
        ("[ab].txt", "c.txt", False),
        (".git/", ".git/config", True),
        (".git/", ".git", False),
        ("/a.txt", "a.txt", True),
        ("/a.txt", "files/a.txt", False),
        ("files/*.txt", "files/a.txt", True),
        ("files/*.txt", "files/b/a.txt", False),
        ("files", "files/b/a.txt", True),
        ("# a.txt", "a.txt", False),
        ("", "templates/.hidden.yaml", True),
        ("", ".helmignore", False),
        ("!*.yaml", "a.txt", True),
        ("!*.yaml", "a.yaml", False),
    ],
)
def test_rules_have_the_meaning_that_helm_gives_them(rules: str, path: str, ignored: bool) -> None:
    assert IgnoreRules.parse(rules).ignores(path) is ignored
