"""Hostile names and passwords at the real log-in are refused, and have no effect."""

import time
from random import Random

import pytest

from tests.support.hub_process import Hub
from tests.support.hub_users import PASSWORD, WRONG

pytestmark = pytest.mark.engine

PAIRS = 100

MAX_SECONDS = 60.0
NAMES = (
    "*",
    "*)(uid=*))(|(uid=*",
    "anna)(&",
    "anna\0admin",
    "admin\u200b",
    "аnna",  # its first letter is Cyrillic
    "ANNA",
    "../admin",
    "..%2fadmin",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "${jndi:ldap://127.0.0.1/a}",
    "' OR '1'='1",
    "anna\r\nX-Admin: true",
    "anna,cn=users",
    "\\61nna",
    "uid=anna",
    "a" * 5000,
    "\U0001f600",
    "\u202eanna",
    "%00",
    "-rf",
    "$(id)",
    "anna;id",
    "",
)
PASSWORDS = (
    WRONG,
    "",
    " ",
    "\0",
    "*",
    "x" * 100_000,
    f"{PASSWORD}\0",
    f"{PASSWORD} ",
    PASSWORD.upper(),
    "\U0001f600" * 100,
    "a\r\nb",
    "\ufeff",
    ")(userPassword=*)",
    "{SSHA}AAAA",
    "%s%n",
)


def generate_pairs(count: int) -> list[tuple[str, str]]:
    """Return pairs of a name and a password that cannot both be right; the same pairs in every run."""
    random = Random(4711)
    pairs = [(name, PASSWORD) for name in NAMES] + [("anna", password) for password in PASSWORDS]
    pairs += [(random.choice(NAMES), random.choice(PASSWORDS)) for _ in range(60)]
    random.shuffle(pairs)
    return pairs[:count]


def test_generator_yields_a_hundred_pairs() -> None:
    assert len(generate_pairs(100)) == 100


def test_hostile_log_ins_are_refused(hub: Hub) -> None:
    hub.log()
    for name, password in generate_pairs(PAIRS):
        begin = time.monotonic()
        visitor = hub.log_in(name, password)
        assert time.monotonic() - begin < MAX_SECONDS, ascii((name[:40], password[:40]))
        assert visitor.page.status_code < 500, ascii((name[:40], password[:40]))
        assert not visitor.is_in, ascii((name[:40], password[:40]))
        assert "<script>alert" not in visitor.page.text
    assert hub.log_in("anna", PASSWORD).is_in
    log = hub.log()
    assert PASSWORD not in log
    assert "Traceback" not in log
