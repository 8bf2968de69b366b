"""The running node of the local tenancy (``make up``), tested from its machine."""

import os
import signal
import socket
import ssl
import struct
import subprocess
import time
import warnings
from collections.abc import Iterator
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from typing import Any

import pytest
import requests

from local import cluster
from local.cluster.names import VARIABLE
from local.host import orphans, supervisor
from local.paths import State
from local.progress import Report
from local.tenancy.addresses import API_SERVICE_ADDRESS, BRIDGE, DIRECTORY_NAME, NODE_ADDRESS, OBJECT_STORE_NAME
from local.tenancy.ingress_ports import ingress_ports
from tests.support.running_tenancy import running_state

pytestmark = pytest.mark.cluster

NXDOMAIN = 3
TIMEOUT_SECONDS = 10


@pytest.fixture(scope="module")
def state() -> State:
    return running_state()


def api(state: State, path: str) -> Any:
    answer = requests.get(
        f"https://{NODE_ADDRESS}:6443{path}",
        verify=str(state.pki / "cluster-ca.crt"),
        cert=(str(state.pki / "admin.crt"), str(state.pki / "admin.key")),
        proxies={"https": ""},
        timeout=TIMEOUT_SECONDS,
    )
    answer.raise_for_status()
    return answer.json()


def test_every_program_of_the_node_is_running(state: State) -> None:
    running = {process.name for process in supervisor.status(state) if process.is_running}
    assert set(cluster.PROGRAMS) <= running


def test_the_only_node_is_ready(state: State) -> None:
    nodes = api(state, "/api/v1/nodes")["items"]
    ready = [condition["status"] for condition in nodes[0]["status"]["conditions"] if condition["type"] == "Ready"]
    assert (len(nodes), ready) == (1, ["True"])


def test_the_api_certificate_is_from_the_clusters_authority(state: State) -> None:
    for authority, accepted in (("cluster-ca.crt", True), ("tenancy-ca.crt", False)):
        if not (state.pki / authority).exists():
            continue
        context = ssl.create_default_context(cafile=str(state.pki / authority))
        with socket.create_connection((str(NODE_ADDRESS), 6443), timeout=TIMEOUT_SECONDS) as plain:
            if accepted:
                context.wrap_socket(plain, server_hostname="kubernetes.default.svc").close()
            else:
                with pytest.raises(ssl.SSLCertVerificationError):
                    context.wrap_socket(plain, server_hostname="kubernetes.default.svc")


def test_kubelet_requires_a_client_certificate(state: State) -> None:
    authority = str(state.pki / "cluster-ca.crt")
    answer = requests.get(f"https://{NODE_ADDRESS}:10250/pods", verify=authority, timeout=TIMEOUT_SECONDS)
    assert answer.status_code == 401


def test_etcd_requires_a_client_certificate(state: State) -> None:
    authority = str(state.pki / "cluster-ca.crt")
    with pytest.raises(requests.exceptions.SSLError, match="certificate required"):
        requests.get("https://127.0.0.1:2379/version", verify=authority, timeout=TIMEOUT_SECONDS)


def test_the_ingress_redirects_http_and_serves_known_hosts(state: State) -> None:
    ports = ingress_ports(state)
    plain = requests.get(f"http://127.0.0.1:{ports.http}/x", allow_redirects=False, timeout=TIMEOUT_SECONDS)
    assert plain.status_code in (301, 302, 307, 308)
    assert plain.headers["location"] == f"https://127.0.0.1{'' if ports.https == 443 else f':{ports.https}'}/x"
    unknown = f"https://127.0.0.1:{ports.https}/"
    with warnings.catch_warnings():
        # No Ingress has a certificate for this name, so Traefik presents a self-signed one.
        warnings.simplefilter("ignore")
        assert requests.get(unknown, verify=False, timeout=TIMEOUT_SECONDS).status_code == 404  # noqa: S501


def test_the_default_storage_class_retains_volumes(state: State) -> None:
    classes = api(state, "/apis/storage.k8s.io/v1/storageclasses")["items"]
    note = "storageclass.kubernetes.io/is-default-class"
    default = [item for item in classes if item["metadata"].get("annotations", {}).get(note) == "true"]
    assert [(item["metadata"]["name"], item["reclaimPolicy"]) for item in default] == [("local-path", "Retain")]


def test_nothing_listens_outside_loopback_and_the_bridge(state: State) -> None:
    del state
    pids = orphans.with_variable(VARIABLE)
    lines = subprocess.check_output(["ss", "-Hltunp"], text=True).splitlines()
    addresses = {
        ip_address(line.split()[4].rpartition(":")[0].strip("[]").partition("%")[0].replace("*", "::"))
        for line in lines
        if any(f"pid={pid}," in line for pid in pids)
    }
    assert NODE_ADDRESS in addresses
    assert {address for address in addresses if not address.is_loopback} == {NODE_ADDRESS}


def query_dns(name: str) -> tuple[int, list[IPv4Address]]:
    """Return the response code and the addresses of a name from the cluster's DNS (RFC 1035 section 4)."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    question = struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(TIMEOUT_SECONDS)
        udp.sendto(question, (str(NODE_ADDRESS), 53))
        answer = udp.recv(512)
    _, flags, _, count, _, _ = struct.unpack("!6H", answer[:12])
    found, position = [], len(question)
    for _ in range(count):
        # A name is a pointer of two bytes, or labels that end with a zero.
        position += 2 if answer[position] >= 0xC0 else answer.index(b"\0", position) + 1 - position
        kind, _, _, length = struct.unpack("!2HIH", answer[position : position + 10])
        if kind == 1:
            found.append(IPv4Address(answer[position + 10 : position + 14]))
        position += 10 + length
    return flags & 0xF, found


def test_services_and_the_directory_have_dns_names(state: State) -> None:
    del state
    assert query_dns("kubernetes.default.svc.cluster.local") == (0, [API_SERVICE_ADDRESS])
    assert query_dns(DIRECTORY_NAME) == query_dns(OBJECT_STORE_NAME) == (0, [NODE_ADDRESS])


def test_external_names_are_refused_at_once(state: State) -> None:
    del state
    started = time.monotonic()
    assert query_dns("www.example.org") == (NXDOMAIN, [])
    assert time.monotonic() - started < 2


@pytest.fixture(scope="module")
def pod_network() -> Iterator[list[str]]:
    """A command prefix that runs a program in a network namespace that is connected to the bridge like a pod's."""
    with subprocess.Popen(["unshare", "--net", "sleep", "600"]) as holder:
        cable, inside = f"test{holder.pid}", ["nsenter", "--target", str(holder.pid), "--net"]
        try:
            while Path(f"/proc/{holder.pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink():
                time.sleep(0.01)
            for words in (
                ["ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", str(holder.pid)],
                ["ip", "link", "set", cable, "master", BRIDGE, "up"],
                [*inside, "ip", "address", "add", "10.244.0.5/24", "dev", "eth0"],
                [*inside, "ip", "link", "set", "eth0", "up"],
                [*inside, "ip", "route", "add", "default", "via", str(NODE_ADDRESS)],
            ):
                subprocess.run(words, check=True, timeout=TIMEOUT_SECONDS)
            yield inside
        finally:
            subprocess.run(["ip", "link", "delete", cable], check=False, timeout=TIMEOUT_SECONDS)
            holder.kill()


CONNECT = """
import socket, sys, time
started = time.monotonic()
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5)
    print("connected")
except OSError as error:
    print(type(error).__name__, error.errno)
"""


def connect(pod_network: list[str], address: str, port: int) -> str:
    words = [*pod_network, "python3", "-c", CONNECT, address, str(port)]
    return subprocess.check_output(words, text=True, timeout=TIMEOUT_SECONDS * 2).strip()


def test_a_pod_reaches_the_api_by_its_service(state: State, pod_network: list[str]) -> None:
    del state
    assert connect(pod_network, str(API_SERVICE_ADDRESS), 443) == "connected"


def test_a_pod_cannot_reach_other_machines(state: State, pod_network: list[str]) -> None:
    """No machine has the address 198.51.100.1 (RFC 5737); if the packet left this machine, there would be no answer."""
    del state
    assert connect(pod_network, "198.51.100.1", 443).split()[0] in ("ConnectionRefusedError", "OSError")


def test_only_service_traffic_is_masqueraded(state: State) -> None:
    """The only masquerading rule is kube-proxy's, for packets that its rules for services have marked."""
    del state
    rules = subprocess.check_output(["iptables-save", "-t", "nat"], text=True).splitlines()
    masquerading = [rule for rule in rules if "MASQUERADE" in rule and "docker" not in rule]
    assert [rule.split()[1] for rule in masquerading] == ["KUBE-POSTROUTING"]
    chain = [rule for rule in rules if rule.startswith("-A KUBE-POSTROUTING")]
    assert chain[0] == "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN"


def test_process_arguments_contain_no_secret(state: State) -> None:
    key = "".join((state.pki / "admin.key").read_text().splitlines()[1:-1])
    for pid in orphans.with_variable(VARIABLE):
        words = Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
        assert key not in words
        assert "--token" not in words


def test_a_killed_program_restarts_and_status_reports_it(state: State) -> None:
    def scheduler() -> supervisor.Process:
        return next(process for process in supervisor.status(state) if process.name == "kube-scheduler")

    before = scheduler()
    os.kill(before.pid, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while (now := scheduler()).pid == before.pid or not now.is_running:
        assert time.monotonic() < deadline, now
        time.sleep(0.1)
    assert now.exits.count == before.exits.count + 1
    assert now.exits.last == "terminated by SIGKILL"


def test_up_on_a_running_node_starts_nothing(state: State) -> None:
    before = {process.name: process.pid for process in supervisor.status(state)}
    started = time.monotonic()
    cluster.up(state, Report())
    assert time.monotonic() - started < 5
    assert {process.name: process.pid for process in supervisor.status(state)} == before


def test_leftovers_lists_what_the_node_created(state: State) -> None:
    leftovers = cluster.leftovers(state)
    assert f"interface {BRIDGE}" in leftovers
    assert any(line.startswith("cgroup ") for line in leftovers)
    assert any("iptables rules" in line for line in leftovers)
