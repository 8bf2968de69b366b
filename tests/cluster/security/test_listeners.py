"""Listening sockets of the tenancy: reachable only from this machine, TLS 1.2 or newer, no weak ciphers."""

import ipaddress
import re
import ssl
import time
from collections.abc import Iterator

import pytest

from local.host import supervisor
from local.host.commands import output
from local.paths import State
from local.tenancy.addresses import BRIDGE
from tests.cluster.security.tls import NEW, OLD, Listener, accepts, client_context, weak_ciphers

pytestmark = pytest.mark.cluster

RELOAD_SECONDS = 30

PLAIN = {
    ("coredns", 53): "DNS has no TLS",
    ("coredns", 8181): "readiness, loopback only",
    ("kubelet", 10248): "health, loopback only",
    ("kube-proxy", 10249): "metrics, loopback only",
    ("kube-proxy", 10256): "health, loopback only",
    ("traefik", 80): "redirect to https",
    ("traefik", 8080): "redirect to https if port 80 is in use",
}
"""Programs and ports without TLS, and the reason."""


def listening() -> Iterator[tuple[str, str, int]]:
    """Yield program, address and port of every TCP socket on which a program of the tenancy listens."""
    programs = {process.pid: process.name for process in supervisor.status(State()) if process.pid}
    for line in output(["ss", "-Hltnp"], timeout_seconds=10).splitlines():
        address, _, port = line.split()[3].rpartition(":")
        for pid in re.findall(r"pid=(\d+)", line):
            if int(pid) in programs:
                yield programs[int(pid)], address.strip("[]").removeprefix("::ffff:"), int(port)


@pytest.fixture(scope="module")
def sockets() -> list[tuple[str, str, int]]:
    found = sorted(set(listening()))
    assert {"etcd", "kube-apiserver", "kubelet", "traefik", "directory"} <= {program for program, _, _ in found}
    return found


@pytest.fixture(scope="module")
def listeners(sockets: list[tuple[str, str, int]]) -> list[Listener]:
    """The sockets that must use TLS. containerd's streaming server listens on a free loopback port without TLS."""
    return [
        Listener(program, address, port, start_tls=port == 389)
        for program, address, port in sockets
        if (program, port) not in PLAIN and program != "containerd"
    ]


def test_no_socket_is_reachable_from_other_machines(sockets: list[tuple[str, str, int]]) -> None:
    own = set(re.findall(r"inet ([0-9.]+)", output(["ip", "-4", "address", "show", "dev", BRIDGE], timeout_seconds=10)))
    for program, address, port in sockets:
        is_loopback = ipaddress.ip_address(address).is_loopback
        assert is_loopback or address in own, f"{program} listens on {address}:{port}"


def test_sockets_without_tls_are_on_loopback(sockets: list[tuple[str, str, int]]) -> None:
    plain = [each for each in sockets if (each[0], each[2]) in PLAIN or each[0] == "containerd"]
    for program, address, port in plain:
        assert program == "coredns" or ipaddress.ip_address(address).is_loopback, f"{program} {address}:{port}"


def test_every_listener_accepts_tls_1_2_or_1_3(listeners: list[Listener]) -> None:
    for listener in listeners:
        # While the ingress reloads its routes, it has no certificate for a moment.
        deadline = time.monotonic() + RELOAD_SECONDS
        while not any(accepts(listener, client_context(version)) for version in NEW):
            assert time.monotonic() < deadline, listener
            time.sleep(0.5)


@pytest.mark.parametrize("version", OLD, ids=lambda version: version.name)
def test_no_listener_accepts_an_older_version(listeners: list[Listener], version: ssl.TLSVersion) -> None:
    assert [str(listener) for listener in listeners if accepts(listener, client_context(version))] == []


def test_no_listener_accepts_a_weak_cipher(listeners: list[Listener]) -> None:
    weak = weak_ciphers()
    assert {"NULL-SHA256", "AES128-GCM-SHA256", "ADH-AES256-GCM-SHA384"} <= set(weak), (
        "the client does not support the weak ciphers"
    )
    context = client_context(ssl.TLSVersion.TLSv1_2, f"{':'.join(weak)}:@SECLEVEL=0")
    assert [str(listener) for listener in listeners if accepts(listener, context)] == []
