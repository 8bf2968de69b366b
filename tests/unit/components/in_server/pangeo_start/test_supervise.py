"""Servers in which the extension does not work."""

import socket

import pytest

from components.in_server.pangeo_start.supervise import listens


def test_a_server_that_accepts_connections_has_started() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://0.0.0.0:{server.getsockname()[1]}/user/alice/"
        assert listens(url)
    assert not listens(url)


@pytest.mark.parametrize("url", ["", "http://", "http://x:port/", "http://x:99999/"])
def test_other_addresses_do_not_listen(url: str) -> None:
    assert not listens(url)
