"""The LDAP client with corrupt answers from a real socket.

TLS is left out: Python's ssl module checks it before the first byte of LDAP is read.
"""

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from components.freeipa.groups import Groups
from tests.unit.bad_input.directory_server import (
    GROUP,
    PASSWORD,
    SUFFIX,
    DirectoryServer,
    check_answer,
    entry,
    good_answer,
    ldap_message,
    search_done,
)

texts = st.one_of(st.binary(max_size=30), st.sampled_from((b"", b"\xff\xfe", b"\x1b[2J", b"a\nb", PASSWORD.encode())))


@pytest.fixture(scope="module")
def server() -> Iterator[DirectoryServer]:
    server = DirectoryServer()
    yield server
    server.listener.close()


def test_the_unchanged_answer_is_understood(server: DirectoryServer) -> None:
    server.answer = good_answer
    with server.session() as session:
        group = Groups(session, SUFFIX).find_group(GROUP)
    assert group is not None
    assert group.is_user_group


@given(content=st.binary(max_size=80))
@example(content=b"")
@example(content=b"\x30\x84\xff\xff\xff\xff")
@example(content=b"\x30\x80")
@example(content=b"HTTP/1.1 400 Bad Request\r\n\r\n")
def test_random_bytes_are_refused(server: DirectoryServer, content: bytes) -> None:
    check_answer(server, lambda message_id: content)


@given(at=st.integers(0, len(good_answer(b"\1"))), new=st.binary(max_size=4), cut=st.integers(0, 4))
def test_a_changed_answer_is_read_or_refused(server: DirectoryServer, at: int, new: bytes, cut: int) -> None:
    check_answer(server, lambda message_id: good_answer(message_id)[:at] + new + good_answer(message_id)[at + cut :])


@given(code=st.integers(0, 127), diagnostic=texts)
@example(code=50, diagnostic=b"\x1b[2Jall is well\nreally")
@example(code=50, diagnostic=b"\xff")
def test_every_result_code_is_handled(server: DirectoryServer, code: int, diagnostic: bytes) -> None:
    check_answer(server, lambda message_id: ldap_message(message_id, search_done(code, diagnostic)))


@settings(max_examples=60)
@given(
    dn=texts,
    attributes=st.dictionaries(st.sampled_from(["cn", "CN", "description", "objectClass", "x"]), texts, max_size=4),
    times=st.integers(0, 3),
    other=st.sampled_from([None, None, None, b"\0", b"\x7f"]),
)
def test_random_entries_are_read_or_refused(
    server: DirectoryServer, dn: bytes, attributes: dict[str, bytes], times: int, other: bytes | None
) -> None:
    def answer(message_id: bytes) -> bytes:
        entries = ldap_message(other or message_id, entry(dn, **attributes)) * times
        return entries + ldap_message(message_id, search_done(0))

    check_answer(server, answer)
