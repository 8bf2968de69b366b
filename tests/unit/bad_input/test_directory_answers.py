"""Whatever a directory answers, it is a result or a sentence: bytes on a real socket, read by the real client.

TLS is left out, which is verified by Python's own ssl module before the first byte of LDAP is read.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import ldap3
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from components.freeipa.connection import Session
from components.freeipa.errors import FreeIpaError
from components.freeipa.groups import Groups
from components.freeipa.settings import ServerAddress

PASSWORD = "sesame-open-4711"
GROUP = "k1_notebook_users"
TIMEOUT_SECONDS = 2
SUFFIX = "dc=example,dc=org"


Content = Callable[[bytes], bytes]
"""An answer, given the number of the message that is answered: ldap3 counts on from connection to connection."""


class Answers:
    """A server that answers each connection as it was last told to, and closes."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.content: Content = lambda number: b""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                with client, suppress(OSError):
                    client.settimeout(TIMEOUT_SECONDS)
                    client.sendall(self.content(number_of(client.recv(4096))))
                    client.shutdown(socket.SHUT_WR)
                    client.recv(4096)


@pytest.fixture(scope="module")
def answers() -> Iterator[Answers]:
    answers = Answers()
    yield answers
    answers.listener.close()


@contextmanager
def session_with(answers: Answers) -> Iterator[Session]:
    address = ServerAddress("127.0.0.1", answers.listener.getsockname()[1])
    connection = ldap3.Connection(
        ldap3.Server(address.host, port=address.port, get_info=ldap3.NONE, connect_timeout=TIMEOUT_SECONDS),
        user="uid=pangeo,dc=example,dc=org",
        password=PASSWORD,
        auto_referrals=False,
        check_names=False,
        fast_decoder=False,
        receive_timeout=TIMEOUT_SECONDS,
        return_empty_attributes=False,
    )
    session = Session(connection, address)
    connection.open(read_server_info=False)
    try:
        yield session
    finally:
        session.close()


def a_result_or_a_sentence(answers: Answers, content: Content) -> None:
    answers.content = content
    said = ""
    with session_with(answers) as session:
        try:
            Groups(session, SUFFIX).find_group(GROUP)
        except FreeIpaError as refusal:
            said = str(refusal)
    assert PASSWORD not in said
    assert said.isprintable(), ascii(said)


def tlv(tag: int, *parts: bytes) -> bytes:
    value = b"".join(parts)
    length = bytes([len(value)]) if len(value) < 0x80 else b"\x82" + len(value).to_bytes(2, "big")
    return bytes([tag]) + length + value


def number_of(request: bytes) -> bytes:
    """What stands behind the first tag and length of the message (RFC 4511, section 4.1.1), as it was encoded."""
    begin = 2 + (request[1] & 0x7F if request[1] & 0x80 else 0)
    return request[begin + 2 : begin + 2 + request[begin + 1]]


def message(number: bytes, *parts: bytes) -> bytes:
    return tlv(0x30, tlv(0x02, number), *parts)


def entry(dn: bytes, **attributes: bytes) -> bytes:
    listed = [tlv(0x30, tlv(0x04, name.encode()), tlv(0x31, tlv(0x04, value))) for name, value in attributes.items()]
    return tlv(0x64, tlv(0x04, dn), tlv(0x30, *listed))


def done(code: int, said: bytes = b"") -> bytes:
    return tlv(0x65, tlv(0x0A, bytes([code])), tlv(0x04), tlv(0x04, said))


texts = st.one_of(st.binary(max_size=30), st.sampled_from((b"", b"\xff\xfe", b"\x1b[2J", b"a\nb", PASSWORD.encode())))
GOOD_ENTRY = entry(b"cn=k1", cn=GROUP.encode(), description=b"d", objectClass=b"ipausergroup")


def good(number: bytes) -> bytes:
    return message(number, GOOD_ENTRY) + message(number, done(0))


def test_the_good_answer_they_are_grown_from_is_understood(answers: Answers) -> None:
    answers.content = good
    with session_with(answers) as session:
        group = Groups(session, SUFFIX).find_group(GROUP)
    assert group is not None
    assert group.is_user_group


@given(content=st.binary(max_size=80))
@example(content=b"")
@example(content=b"\x30\x84\xff\xff\xff\xff")
@example(content=b"\x30\x80")
@example(content=b"HTTP/1.1 400 Bad Request\r\n\r\n")
def test_any_bytes(answers: Answers, content: bytes) -> None:
    a_result_or_a_sentence(answers, lambda number: content)


@given(at=st.integers(0, len(good(b"\1"))), new=st.binary(max_size=4), cut=st.integers(0, 4))
def test_a_good_answer_with_some_bytes_changed(answers: Answers, at: int, new: bytes, cut: int) -> None:
    a_result_or_a_sentence(answers, lambda number: good(number)[:at] + new + good(number)[at + cut :])


@given(code=st.integers(0, 127), said=texts)
@example(code=50, said=b"\x1b[2Jall is well\nreally")
@example(code=50, said=b"\xff")
def test_any_result(answers: Answers, code: int, said: bytes) -> None:
    a_result_or_a_sentence(answers, lambda number: message(number, done(code, said)))


@settings(max_examples=60)
@given(
    dn=texts,
    attributes=st.dictionaries(st.sampled_from(["cn", "CN", "description", "objectClass", "x"]), texts, max_size=4),
    times=st.integers(0, 3),
    other=st.sampled_from([None, None, None, b"\0", b"\x7f"]),
)
def test_any_entries(
    answers: Answers, dn: bytes, attributes: dict[str, bytes], times: int, other: bytes | None
) -> None:
    def found(number: bytes) -> bytes:
        return message(other or number, entry(dn, **attributes)) * times + message(number, done(0))

    a_result_or_a_sentence(answers, found)
