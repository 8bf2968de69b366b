"""Announcements with their ends, text as HTML, and the record of accepted terms."""

import json
import re
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from components.in_hub.acceptances import FILE, Acceptances
from components.in_hub.announcements import KEY, Announcements, read_announcements
from components.in_hub.linked_text import link_addresses
from components.in_hub.terms import Terms, read_terms

END = datetime(2026, 12, 5, 17, 0, tzinfo=UTC)
ENTRY = {"text": "Maintenance", "until": "2026-12-05T18:00+01:00", "severity": "info", "where": ["home"]}
TERMS = Terms("2026-12", "Be kind.")


def test_an_announcement_ends_at_its_time_and_says_when() -> None:
    board = Announcements()
    board._known = read_announcements({KEY: json.dumps([ENTRY])})

    [shown] = board.shown("home", END - timedelta(seconds=1))
    assert shown.end == "Saturday 5 December 2026, 18:00 UTC+01:00"
    assert list(board.shown("home", END)) == []
    assert list(board.shown("logIn", END - timedelta(seconds=1))) == []


def test_without_a_config_map_there_are_no_announcements() -> None:
    assert read_announcements(None) == read_announcements({}) == ()


@pytest.mark.parametrize("text", ["[", "[1]", "[{}]", "1", json.dumps([{**ENTRY, "until": "soon"}])])
def test_another_config_map_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_announcements({KEY: text})


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<b>&\"'", "&lt;b&gt;&amp;&#34;&#39;"),
        ("See https://a.org/b?c=1&d=2.", 'See <a href="{0}" rel="noopener noreferrer">{0}</a>.'),
        ("javascript:alert(1) ftp://a.org", "javascript:alert(1) ftp://a.org"),
        ("https://", "https://"),
    ],
)
def test_only_web_addresses_are_links(text: str, html: str) -> None:
    assert link_addresses(text) == html.format("https://a.org/b?c=1&amp;d=2")


@pytest.mark.parametrize("ending", ['" onclick="x', "'><script>", "<img src=x>", ")"])
def test_a_link_ends_before_what_could_leave_it(ending: str) -> None:
    html = link_addresses(f"https://a.org/b{ending}")

    assert html.startswith('<a href="https://a.org/b" rel="noopener noreferrer">https://a.org/b</a>')
    assert "<" not in html.partition("</a>")[2]


def test_acceptance_belongs_to_an_account_and_a_version(tmp_path: Path) -> None:
    records = Acceptances(tmp_path / "records.sqlite")
    assert records.find("id-1", "2026-12") is None
    assert records.all() == []

    records.add("id-1", "alice", TERMS, "2026-12-01T10:00:00+00:00")
    records.add("id-1", "alice", TERMS, "2026-12-02T10:00:00+00:00")
    records.add("id-2", "alice", TERMS, "2026-12-03T10:00:00+00:00")  # another person of this name

    assert [each.time[:10] for each in records.all()] == ["2026-12-01", "2026-12-03"]
    found = records.find("id-1", "2026-12")
    assert found is not None
    assert (found.user, found.digest) == ("alice", TERMS.digest)
    assert records.find("id-1", "2027-01") is None


def test_documented_command_deletes_the_records_of_one_account(tmp_path: Path) -> None:
    guide = Path("docs/operator-guide.md").read_text()
    [program] = re.findall(r"deployment/hub -- python3 -c '\n(.*?)' \S+\n```", guide, re.DOTALL)
    records = Acceptances(tmp_path / FILE)
    records.add("id-1", "alice", TERMS, "2026-12-01T10:00:00+00:00")
    records.add("id-2", "bob", TERMS, "2026-12-01T10:00:00+00:00")

    words = [sys.executable, "-c", program, "id-1"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout == "1 deleted\n"
    assert [each.user for each in records.all()] == ["bob"]


def test_broken_record_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "records.sqlite").write_bytes(b"no database" * 100)

    with pytest.raises(sqlite3.Error):
        Acceptances(tmp_path / "records.sqlite").find("id-1", "1")


def test_terms_are_read_as_they_are_mounted(tmp_path: Path) -> None:
    file = tmp_path / "terms.json"
    assert read_terms(file) is None

    file.write_text(TERMS.to_json())

    assert read_terms(file) == TERMS
    file.write_text("{}")
    with pytest.raises(ValueError, match=r"terms\.json"):
        read_terms(file)
