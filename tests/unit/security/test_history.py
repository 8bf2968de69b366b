"""The git history contains no keys and no tokens."""

import re
import subprocess

import pytest

from local.paths import PROJECT

GIT_SECONDS = 120
SHAPES = {
    "private key": rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[A-Za-z0-9+/=\\\s]{100,}-----END",
    "GitHub token": rb"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9_]{50}",
    "GitLab token": rb"\bglpat-[A-Za-z0-9_-]{20}\b",
    "AWS key": rb"\bAKIA[0-9A-Z]{16}\b",
    "PyPI token": rb"\bpypi-[A-Za-z0-9_-]{60}",
    "Pulumi token": rb"\bpul-[0-9a-f]{40}\b",
    "Slack token": rb"\bxox[abprs]-[A-Za-z0-9-]{20}",
    "JSON web token": rb"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10}",
}


@pytest.fixture(scope="module")
def history() -> bytes:
    if not (PROJECT / ".git").exists():
        pytest.skip("this is not a git checkout")
    words = ["git", "log", "--all", "--patch", "--text", "--no-color", "--unified=0"]
    return subprocess.run(words, cwd=PROJECT, capture_output=True, timeout=GIT_SECONDS, check=True).stdout


@pytest.mark.parametrize("kind", SHAPES)
def test_the_history_contains_no_secret(history: bytes, kind: str) -> None:
    assert len(history) > 1_000_000
    found = [match.start() for match in re.finditer(SHAPES[kind], history)]
    near = [history[at - 300 : at].rpartition(b"+++ ")[2].splitlines()[:1] for at in found]
    assert near == [], f"the history contains a {kind}"


def test_the_search_finds_a_key() -> None:
    key = b"-----BEGIN " + b"PRIVATE KEY-----\n+" + b"A" * 64 + b"\n+" + b"A" * 64 + b"\n+-----END PRIVATE KEY-----"
    assert re.search(SHAPES["private key"], key)


def test_state_environment_and_charts_are_ignored() -> None:
    ignored = (PROJECT / ".gitignore").read_text().split()
    assert {"/.state/", "/.venv/", "/chart/charts/"} <= set(ignored)
