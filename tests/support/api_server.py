"""A private Kubernetes API for a test run: real etcd, API server and controller manager on free ports of loopback.

There is no kubelet: objects are stored, validated and garbage-collected as in every cluster, but pods stay pending.
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from components.config.controllers import INGRESS_NGINX, TRAEFIK
from local.paths import State
from local.tenancy import pki
from tests.support.ports import free_ports
from tests.support.waiting import LIMIT_SECONDS, wait_for_server

LOOPBACK = IPv4Address("127.0.0.1")
STOP_SECONDS = 20.0
INGRESS_CLASS = "nginx"
"""An ingress class of every throw-away cluster; it is not the default class."""

CONTROLLERS = (
    "namespace-controller,serviceaccount-controller,garbage-collector-controller,"
    "persistentvolumeclaim-protection-controller"
)


@dataclass
class ApiServer:
    """A running Kubernetes API server."""

    kubeconfig: Path
    """The administrator's kubeconfig, with CA, client certificate and key inline."""
    url: str
    _tools: Path = field(repr=False)
    _command: Sequence[str] = field(repr=False)
    _state: State = field(repr=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl as the administrator and return its output."""
        done = subprocess.run(
            [self._tools / "kubectl", *arguments],
            env={"KUBECONFIG": str(self.kubeconfig), "PATH": "", "HOME": str(self._state.root)},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def read(self, *resource: str) -> dict[str, Any]:
        """Return an object, e.g. ``read("namespace", "hub")``."""
        found: dict[str, Any] = json.loads(self.kubectl("get", *resource, "--output", "json"))
        return found

    def exists(self, *resource: str) -> bool:
        """Return whether there is such an object."""
        return bool(self.kubectl("get", *resource, "--ignore-not-found", "--output", "name").strip())

    def create_ingress_class(self, name: str, controller: str, *, is_default: bool = False) -> None:
        """Create an ingress class, or change it; a class's controller cannot be changed in place."""
        annotations = {"ingressclass.kubernetes.io/is-default-class": "true"} if is_default else {}
        manifest = {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": name, "annotations": annotations},
            "spec": {"controller": controller},
        }
        self.kubectl("delete", "ingressclass", name, "--ignore-not-found")
        self.kubectl("create", "--filename", "-", stdin=json.dumps(manifest))

    def up(self) -> None:
        """Start the API server with its stored data and wait until it is ready."""
        self._process = _started(self._state, self._command)
        wait_for_server(
            self._process, self._is_ready, f"kube-apiserver is not ready; see {_log(self._state, self._command[0])}"
        )

    def down(self) -> None:
        """Kill the API server, because an orderly stop would wait for every open watch. Its data is kept."""
        if self._process:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
            self._process = None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop the API server inside the block."""
        self.down()
        try:
            yield
        finally:
            self.up()

    def _is_ready(self) -> bool:
        certificate = (self._state.pki / "admin.crt", self._state.pki / "admin.key")
        try:
            answer = requests.get(
                f"{self.url}/readyz",
                verify=str(self._state.pki / "cluster-ca.crt"),
                cert=(str(certificate[0]), str(certificate[1])),
                timeout=LIMIT_SECONDS,
            )
        except (requests.ConnectionError, requests.Timeout):
            return False
        return bool(answer.ok)


@contextmanager
def throw_away_api_server(
    tools: Path, controllers: str = CONTROLLERS, scheduler: Path | None = None
) -> Iterator[ApiServer]:
    """Provide a running API server; it and its data are removed afterwards.

    Args:
        tools: the programs.
        controllers: the controllers to run.
        scheduler: the program kube-scheduler; None for no scheduler.
    """
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="api-server-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        state = State(folder)
        etcd_port, peer_port, api_port = free_ports(3)
        ca = pki.authority(state, "cluster")
        serving = pki.issue(state, "cluster", "apiserver", dns_names=["localhost"], addresses=[LOOPBACK])
        admin = pki.issue(state, "cluster", "admin", organization="system:masters")
        signing = _signing_key(folder / "service-accounts.key")
        url = f"https://127.0.0.1:{api_port}"
        kubeconfig = _kubeconfig(folder / "kubeconfig", url, ca.crt, admin)
        etcd_url = f"http://127.0.0.1:{etcd_port}"
        peer_url = f"http://127.0.0.1:{peer_port}"
        etcd = _started(
            state,
            [
                str(tools / "etcd"),
                f"--data-dir={folder / 'etcd'}",
                "--unsafe-no-fsync",
                f"--listen-client-urls={etcd_url}",
                f"--advertise-client-urls={etcd_url}",
                f"--listen-peer-urls={peer_url}",
                f"--initial-advertise-peer-urls={peer_url}",
                f"--initial-cluster=default={peer_url}",
            ],
        )
        stack.callback(_ended, etcd)
        server = ApiServer(
            kubeconfig,
            url,
            tools,
            [
                str(tools / "kube-apiserver"),
                f"--etcd-servers={etcd_url}",
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                "--endpoint-reconciler-type=none",
                f"--secure-port={api_port}",
                f"--tls-cert-file={serving.crt}",
                f"--tls-private-key-file={serving.key}",
                f"--client-ca-file={ca.crt}",
                "--authorization-mode=RBAC",
                "--service-cluster-ip-range=10.97.0.0/24",
                f"--service-account-issuer={url}",
                f"--service-account-key-file={signing}",
                f"--service-account-signing-key-file={signing}",
            ],
            state,
        )
        stack.callback(server.down)
        server.up()
        manager = _started(
            state,
            [
                str(tools / "kube-controller-manager"),
                f"--kubeconfig={kubeconfig}",
                f"--service-account-private-key-file={signing}",
                f"--root-ca-file={ca.crt}",
                f"--controllers={controllers}",
                "--leader-elect=false",
                "--secure-port=0",
            ],
        )
        stack.callback(_ended, manager)
        if scheduler:
            options = [f"--kubeconfig={kubeconfig}", "--leader-elect=false", "--secure-port=0"]
            stack.callback(_ended, _started(state, [str(scheduler), *options]))
        server.create_ingress_class(INGRESS_CLASS, INGRESS_NGINX)
        server.create_ingress_class("traefik", TRAEFIK)
        yield server


@pytest.fixture(scope="session")
def api_server(tools: Path) -> Iterator[ApiServer]:
    """One Kubernetes API server for all tests of the session; each test uses its own namespace."""
    with throw_away_api_server(tools) as server:
        yield server


def _kubeconfig(path: Path, url: str, ca: Path, admin: pki.Certificate) -> Path:
    path.touch(mode=0o600)
    document: Mapping[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": {"server": url, "certificate-authority-data": _base64(ca)}}],
        "users": [
            {
                "name": "admin",
                "user": {"client-certificate-data": _base64(admin.crt), "client-key-data": _base64(admin.key)},
            }
        ],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
        "current-context": "test",
    }
    path.write_text(json.dumps(document))
    return path


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _signing_key(path: Path) -> Path:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


def _started(state: State, command: Sequence[str]) -> subprocess.Popen[bytes]:
    state.logs.mkdir(parents=True, exist_ok=True)
    with _log(state, command[0]).open("ab") as log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env={"PATH": os.defpath}
        )


def _log(state: State, program: str) -> Path:
    return state.logs / f"{Path(program).name}.log"


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
