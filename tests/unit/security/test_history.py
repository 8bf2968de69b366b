"""No key and no token was ever committed."""

import re
import subprocess

import pytest

from local.paths import PROJECT

GIT_SECONDS = 120
SHAPES = {
    "a private key": rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[A-Za-z0-9+/=\\\s]{100,}-----END",
    "a token of GitHub": rb"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9_]{50}",
    "a token of GitLab": rb"\bglpat-[A-Za-z0-9_-]{20}\b",
    "a key of AWS": rb"\bAKIA[0-9A-Z]{16}\b",
    "a token of PyPI": rb"\bpypi-[A-Za-z0-9_-]{60}",
    "a token of Pulumi": rb"\bpul-[0-9a-f]{40}\b",
    "a token of Slack": rb"\bxox[abprs]-[A-Za-z0-9-]{20}",
    "a JSON web token": rb"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10}",
}


@pytest.fixture(scope="module")
def history() -> bytes:
    if not (PROJECT / ".git").exists():
        pytest.skip("this is no git checkout")
    words = ["git", "log", "--all", "--patch", "--text", "--no-color", "--unified=0"]
    return subprocess.run(words, cwd=PROJECT, capture_output=True, timeout=GIT_SECONDS, check=True).stdout


@pytest.mark.parametrize("what", SHAPES)
def test_the_history_holds_none(history: bytes, what: str) -> None:
    assert len(history) > 1_000_000
    found = [match.start() for match in re.finditer(SHAPES[what], history)]
    near = [history[at - 300 : at].rpartition(b"+++ ")[2].splitlines()[:1] for at in found]
    assert near == [], f"{what} is in the history"


def test_a_key_that_is_there_would_be_found() -> None:
    key = b"-----BEGIN " + b"PRIVATE KEY-----\n+" + b"A" * 64 + b"\n+" + b"A" * 64 + b"\n+-----END PRIVATE KEY-----"
    assert re.search(SHAPES["a private key"], key)


def test_what_is_kept_out_of_git_is() -> None:
    ignored = (PROJECT / ".gitignore").read_text().split()
    assert {"/.state/", "/.venv/", "/chart/charts/"} <= set(ignored)
