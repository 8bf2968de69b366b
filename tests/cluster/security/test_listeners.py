"""Everything the tenancy listens on: on this machine alone, and by TLS 1.2 or newer with no weak cipher."""

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
from tests.cluster.security.tls import NEW, OLD, Listener, agrees, asking_for, weak_ciphers

pytestmark = pytest.mark.cluster

SETTLED_SECONDS = 30

PLAIN = {
    ("coredns", 53): "DNS has no TLS",
    ("coredns", 8181): "its readiness, for this machine",
    ("kubelet", 10248): "its health, for this machine",
    ("kube-proxy", 10249): "its metrics, for this machine",
    ("kube-proxy", 10256): "its health, for this machine",
    ("traefik", 80): "leads to https and serves nothing",
    ("traefik", 8080): "the same where 80 is taken",
}
"""Ports without TLS, and why."""


def listening() -> Iterator[tuple[str, str, int]]:
    """Program, address and port of every TCP socket on which a program of the tenancy listens."""
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
    """Those that must speak TLS. containerd streams what its clients attach to on a free port of loopback."""
    return [
        Listener(program, address, port, start_tls=port == 389)
        for program, address, port in sockets
        if (program, port) not in PLAIN and program != "containerd"
    ]


def test_nothing_listens_for_other_machines(sockets: list[tuple[str, str, int]]) -> None:
    own = set(re.findall(r"inet ([0-9.]+)", output(["ip", "-4", "address", "show", "dev", BRIDGE], timeout_seconds=10)))
    for program, address, port in sockets:
        is_loopback = ipaddress.ip_address(address).is_loopback
        assert is_loopback or address in own, f"{program} listens on {address}:{port}"


def test_what_speaks_no_tls_is_known_and_for_this_machine(sockets: list[tuple[str, str, int]]) -> None:
    plain = [each for each in sockets if (each[0], each[2]) in PLAIN or each[0] == "containerd"]
    for program, address, port in plain:
        assert program == "coredns" or ipaddress.ip_address(address).is_loopback, f"{program} {address}:{port}"


def test_every_listener_speaks_tls_1_2_or_1_3(listeners: list[Listener]) -> None:
    for listener in listeners:
        # The ingress has no certificate to show in the moment in which it reads its routes anew.
        deadline = time.monotonic() + SETTLED_SECONDS
        while not any(agrees(listener, asking_for(version)) for version in NEW):
            assert time.monotonic() < deadline, listener
            time.sleep(0.5)


@pytest.mark.parametrize("version", OLD, ids=lambda version: version.name)
def test_no_listener_speaks_an_older_version(listeners: list[Listener], version: ssl.TLSVersion) -> None:
    assert [str(listener) for listener in listeners if agrees(listener, asking_for(version))] == []


def test_no_listener_agrees_to_a_weak_cipher(listeners: list[Listener]) -> None:
    weak = weak_ciphers()
    assert {"NULL-SHA256", "AES128-GCM-SHA256", "ADH-AES256-GCM-SHA384"} <= set(weak), "the client must know them"
    context = asking_for(ssl.TLSVersion.TLSv1_2, f"{':'.join(weak)}:@SECLEVEL=0")
    assert [str(listener) for listener in listeners if agrees(listener, context)] == []
