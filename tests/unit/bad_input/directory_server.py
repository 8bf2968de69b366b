"""A server that answers each LDAP request with given bytes, and the parts of LDAP messages to make such answers of."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import ldap3

from components.freeipa.connection import Connection
from components.freeipa.errors import FreeIpaError
from components.freeipa.groups import Groups
from components.freeipa.server_health import ServerHealth
from components.freeipa.session import Session
from components.freeipa.settings import Directory, ServerAddress

PASSWORD = "sesame-open-4711"
GROUP = "k1_notebook_users"
SUFFIX = "dc=example,dc=org"
BIND_DN = f"uid=pangeo,{SUFFIX}"
TIMEOUT_SECONDS = 2

Answer = Callable[[bytes], bytes]
"""Function of the request's encoded message ID, which ldap3 increases from connection to connection."""


class DirectoryServer:
    """A server on a local port that sends ``answer`` on each connection and closes it."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.answer: Answer = lambda message_id: b""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                with client, suppress(OSError):
                    client.settimeout(TIMEOUT_SECONDS)
                    client.sendall(self.answer(encoded_message_id(client.recv(4096))))
                    client.shutdown(socket.SHUT_WR)
                    client.recv(4096)

    @contextmanager
    def session(self) -> Iterator[Session]:
        address = ServerAddress("127.0.0.1", self.listener.getsockname()[1])
        connection = ldap3.Connection(
            ldap3.Server(address.host, port=address.port, get_info=ldap3.NONE, connect_timeout=TIMEOUT_SECONDS),
            user=BIND_DN,
            password=PASSWORD,
            auto_referrals=False,
            check_names=False,
            fast_decoder=False,
            receive_timeout=TIMEOUT_SECONDS,
            return_empty_attributes=False,
        )
        session = Session(Directory((address,), "ldaps", None, BIND_DN), PASSWORD, ServerHealth())
        # The server speaks no TLS, so it gets a connection that the session would not open, and is its only one.
        session._connection, session._candidates = Connection(connection, address), iter(())
        connection.open(read_server_info=False)
        try:
            yield session
        finally:
            session.close()


def check_answer(server: DirectoryServer, answer: Answer) -> None:
    """Fail unless the search returns a result or raises a printable error without the password."""
    server.answer = answer
    message = ""
    with server.session() as session:
        try:
            Groups(session, SUFFIX).find_group(GROUP)
        except FreeIpaError as error:
            message = str(error)
    assert PASSWORD not in message
    assert message.isprintable(), ascii(message)


def tlv(tag: int, *parts: bytes) -> bytes:
    """Return tag, length and value in BER."""
    value = b"".join(parts)
    length = bytes([len(value)]) if len(value) < 0x80 else b"\x82" + len(value).to_bytes(2, "big")
    return bytes([tag]) + length + value


def encoded_message_id(request: bytes) -> bytes:
    """Return the message ID of a request (RFC 4511, section 4.1.1) as it is encoded."""
    begin = 2 + (request[1] & 0x7F if request[1] & 0x80 else 0)
    return request[begin + 2 : begin + 2 + request[begin + 1]]


def ldap_message(message_id: bytes, *parts: bytes) -> bytes:
    return tlv(0x30, tlv(0x02, message_id), *parts)


def entry(dn: bytes, **attributes: bytes) -> bytes:
    listed = [tlv(0x30, tlv(0x04, name.encode()), tlv(0x31, tlv(0x04, value))) for name, value in attributes.items()]
    return tlv(0x64, tlv(0x04, dn), tlv(0x30, *listed))


def search_done(code: int, diagnostic: bytes = b"") -> bytes:
    return tlv(0x65, tlv(0x0A, bytes([code])), tlv(0x04), tlv(0x04, diagnostic))


def good_answer(message_id: bytes) -> bytes:
    """Return the group's entry and the end of the search."""
    found = entry(b"cn=k1", cn=GROUP.encode(), description=b"d", objectClass=b"ipausergroup")
    return ldap_message(message_id, found) + ldap_message(message_id, search_done(0))
