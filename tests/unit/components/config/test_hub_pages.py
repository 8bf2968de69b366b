"""The sections ``announcements``, ``branding`` and ``termsOfUse``: mistakes are reported with their correction."""

from datetime import UTC, datetime
from typing import Any

import pytest

from components.config.announcements import MAX_ANNOUNCEMENTS, past_announcements
from tests.support.tenancies import problem, problems, tenancy

UNTIL = "2026-12-05T18:00+01:00"


def announcement(**changes: Any) -> dict[str, Any]:
    return {"announcements": [{"text": "Maintenance", "until": UNTIL, **changes}]}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-12-05T18:00Z", "2026-12-05T18:00+00:00"),
        ("2026-12-05 18:00 +01:00", UNTIL),
        ("2026-12-05T18:00:00+0100", UNTIL),
    ],
)
def test_an_end_has_one_spelling(written: str, read: str) -> None:
    assert tenancy(**announcement(until=written)).announcements[0].until == read


@pytest.mark.parametrize(
    ("until", "message"),
    [
        ("soon", "is not a point in time"),
        ("2026-02-30T18:00Z", "is not a point in time"),
        ("2026-12-05", "has no time of day"),
        ("2026-12-05T18:00", "has no time zone"),
    ],
)
def test_an_end_is_a_point_in_time_with_its_time_zone(until: str, message: str) -> None:
    found = problem(**announcement(until=until))

    assert found.key == "pangeo:announcements[0].until"
    assert found.value == until
    assert message in found.message
    assert 'write the date, the time and the distance from UTC in quotes, for example "2026' in found.message


def test_a_past_end_is_only_a_warning() -> None:
    given = tenancy(announcements=[{"text": "a", "until": UNTIL}, {"text": "b", "until": "2026-12-06T18:00Z"}])

    assert list(past_announcements(given.announcements, datetime(2026, 12, 5, 16, 59, tzinfo=UTC))) == []
    [warning] = past_announcements(given.announcements, datetime(2026, 12, 5, 17, 0, tzinfo=UTC))
    assert warning.startswith(f"pangeo:announcements[0].until {UNTIL} is in the past")


def test_a_text_of_several_lines_becomes_one() -> None:
    assert tenancy(**announcement(text=" Maintenance\n\ttoday ")).announcements[0].text == "Maintenance today"


@pytest.mark.parametrize(
    ("changes", "key", "message"),
    [
        (announcement(text="a\x07"), "announcements[0].text", "contains the control character U+0007; remove it"),
        (announcement(text="a\u202eb"), "announcements[0].text", "contains the control character U+202E; remove it"),
        (announcement(text="a" * 501), "announcements[0].text", "must have at most 500 characters"),
        (announcement(text=" "), "announcements[0].text", "is empty"),
        (announcement(severity="red"), "announcements[0].severity", "must be info, warning or urgent"),
        (announcement(where=[]), "announcements[0].where", "is an empty list"),
        (announcement(where=["login"]), "announcements[0].where[0]", "must be logIn, home or others"),
        ({"branding": {"logo": "https://example.org/a.svg"}}, "branding.logo", "is a URL; save the image"),
        ({"branding": {"logo": "/etc/passwd.svg"}}, "branding.logo", "is not a path below the repository's folder"),
        ({"branding": {"logo": "a/../../b.png"}}, "branding.logo", "is not a path below the repository's folder"),
        ({"branding": {"logo": "a.gif"}}, "branding.logo", "is neither an SVG nor a PNG file"),
        ({"termsOfUse": {"text": "a\x00", "version": "1"}}, "termsOfUse.text", "control character U+0000"),
        ({"termsOfUse": {"text": "a", "version": 1.10}}, "termsOfUse.version", "is not a string; write it in quotes"),
        ({"termsOfUse": {"text": "a", "version": "1 a"}}, "termsOfUse.version", "must have 1 to 32 letters"),
        ({"termsOfUse": {"version": "1"}}, "termsOfUse.text", "is required"),
    ],
)
def test_mistakes_are_reported_by_their_key(changes: dict[str, Any], key: str, message: str) -> None:
    found = problem(**changes)

    assert found.key == f"pangeo:{key}"
    assert message in found.message


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "https://",
        "//example.org",
        "https://example.org/a b",
        'https://example.org/"onclick=x',
        "mailto:nobody",
    ],
)
def test_a_link_leads_to_a_page_or_an_address(url: str) -> None:
    assert problem(branding={"links": [{"text": "Help", "url": url}]}).key == "pangeo:branding.links[0].url"


def test_the_password_of_a_link_is_not_shown() -> None:
    found = problem(branding={"links": [{"text": "Help", "url": "https://user:s3cret@example.org/"}]})

    assert "contains a user name or a password" in found.message
    assert "s3cret" not in f"{found.value} {found.message}"


def test_valid_links_are_accepted() -> None:
    urls = ["https://example.org/a?b=1&c=2#d", "http://localhost:8080/", "mailto:help+hub@example.org"]
    given = tenancy(branding={"links": [{"text": "Help", "url": url} for url in urls]})

    assert given.branding is not None
    assert [each.url for each in given.branding.links] == urls


def test_all_problems_are_reported_at_once() -> None:
    wrong = {"text": "", "until": "soon"}

    assert len(problems(announcements=[wrong, wrong])) == 4
    assert "write at most" in problem(announcements=[{"text": "a", "until": UNTIL}] * (MAX_ANNOUNCEMENTS + 1)).message


def test_stacks_without_the_sections_have_the_same_inputs_as_before() -> None:
    assert not {"announcements", "branding", "termsOfUse"} & set(tenancy().as_inputs())
