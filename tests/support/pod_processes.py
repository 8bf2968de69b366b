"""A kubelet for pods of one container without isolation: their containers are processes of this machine.

The API server reads their logs from it, as from every kubelet.
"""

import base64
import json
import os
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from components.cluster.client import DirectApi
from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import Kubeconfig
from local.paths import State
from local.tenancy import pki
from tests.support.api_server import ApiServer
from tests.support.kubelet import add_node
from tests.support.waiting import LIMIT_SECONDS

NODE = "node-of-processes"
POLL_SECONDS = 0.1

MOUNT = """\
set -e
mkdir -p /homes
mount -t tmpfs none /homes
mkdir "$0"
mount --bind "$1" "$0"
shift
exec "$@"
"""
"""Runs a command with a folder mounted at a path below ``/homes``."""


@dataclass
class PodProcesses:
    """Runs the pods whose claims have folders; the other ones stay as they are."""

    api: DirectApi
    folder: Path
    variables: Mapping[str, str]
    """Variables that replace those of the pods."""
    volumes: dict[str, Path] = field(default_factory=dict)
    """Folders of the claims; missing ones are made."""
    ran: list[Mapping[str, Any]] = field(default_factory=list)
    """Manifests of all pods that were started."""
    stopped: threading.Event = field(default_factory=threading.Event)
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def run(self) -> None:
        """Start, report and end pods until the end of the test."""
        while not self.stopped.wait(POLL_SECONDS):
            with suppress(CannotAsk):
                for pod in self.api.get("/api/v1/pods").get("items") or []:
                    if (pod["metadata"].get("labels") or {}).get("app.kubernetes.io/component") == "restore":
                        self._attend(pod)

    def log(self, name: str) -> bytes:
        """Return what a pod has printed."""
        file = self.folder / f"{name}.log"
        return file.read_bytes() if file.exists() else b""

    def volume(self, claim: str) -> Path:
        """Return the folder of a claim."""
        folder = self.volumes.setdefault(claim, self.folder / "volumes" / claim)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _attend(self, pod: Mapping[str, Any]) -> None:
        metadata = pod["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        process = self.processes.get(metadata["uid"])
        if metadata.get("deletionTimestamp"):
            if process and process.poll() is None:
                process.terminate()
                process.wait(LIMIT_SECONDS)
            self._send("DELETE", path, {"gracePeriodSeconds": 0, "kind": "DeleteOptions", "apiVersion": "v1"})
        elif process is None:
            if not pod["spec"].get("nodeName"):
                target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
                binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": metadata["name"]}}
                self._send("POST", f"{path}/binding", {**binding, "target": target})
            self.ran.append(pod)
            self.processes[metadata["uid"]] = self._start(pod)
            self._report(path, "Running", {"running": {"startedAt": "2026-01-01T00:00:00Z"}})
        elif process.poll() is not None and pod["status"].get("phase") not in ("Succeeded", "Failed"):
            state = {
                "terminated": {"exitCode": process.returncode, "reason": "Error" if process.returncode else "Completed"}
            }
            self._report(path, "Failed" if process.returncode else "Succeeded", state)

    def _start(self, pod: Mapping[str, Any]) -> "subprocess.Popen[bytes]":
        [container] = pod["spec"]["containers"]
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        own = self.folder / "own"
        own.mkdir(exist_ok=True)
        mounted = {"/own": str(own)}
        for volume in pod["spec"]["volumes"]:
            if claim := (volume.get("persistentVolumeClaim") or {}).get("claimName"):
                mounted["/volume"] = str(self.volume(claim))
        variables = {"PATH": os.environ["PATH"]}
        for each in container["env"]:
            reference = (each.get("valueFrom") or {}).get("secretKeyRef")
            value = self._secret(namespace, reference) if reference else each.get("value", "")
            for path, folder in mounted.items():
                value = value.replace(path, folder) if value.startswith(path) else value
            variables[each["name"]] = value
        command = [*container["command"], *container["args"]]
        for mount in container["volumeMounts"]:
            if mount["mountPath"].startswith("/homes/"):  # that of an archive, because snapshots have it
                command = ["unshare", "--mount", "sh", "-c", MOUNT, mount["mountPath"], mounted["/volume"], *command]
        with (self.folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                command,
                env={**variables, **self.variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _secret(self, namespace: str, reference: Mapping[str, str]) -> str:
        found = self.api.get(f"/api/v1/namespaces/{namespace}/secrets/{reference['name']}")
        return base64.b64decode(found["data"][reference["key"]]).decode()

    def _report(self, path: str, phase: str, state: Mapping[str, Any]) -> None:
        container = {"name": "restore", "image": "restic", "imageID": "", "restartCount": 0, "ready": False}
        status = {"phase": phase, "containerStatuses": [{**container, "state": state}]}
        self._send("PATCH", f"{path}/status", {"status": status})

    def _send(self, method: str, path: str, body: Any) -> None:
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        self.api.request(method, path, {"Content-Type": kind}, json.dumps(body).encode())


@contextmanager
def running_pod_processes(server: ApiServer, folder: Path, variables: Mapping[str, str]) -> Iterator[PodProcesses]:
    """Provide the kubelet, with a node that has its log server."""
    with ExitStack() as stack:
        access = Kubeconfig(None, server.kubeconfig, None)
        api = DirectApi(access.access(), access.name, 10.0)
        stack.callback(api.close)
        kubelet = PodProcesses(api, folder, variables)

        class Logs(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = kubelet.log(self.path.split("/")[3])
                self.send_response(200)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        certificate = pki.issue(State(folder), "cluster", "kubelet", addresses=[IPv4Address("127.0.0.1")])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.crt, certificate.key)
        logs = ThreadingHTTPServer(("127.0.0.1", 0), Logs)
        logs.socket = context.wrap_socket(logs.socket, server_side=True)
        stack.callback(logs.server_close)
        stack.callback(logs.shutdown)
        add_node(server, NODE)
        address = [{"type": "InternalIP", "address": "127.0.0.1"}]
        endpoints = {"kubeletEndpoint": {"Port": logs.server_address[1]}}
        status = {"status": {"addresses": address, "daemonEndpoints": endpoints}}
        server.kubectl("patch", "node", NODE, "--subresource=status", "--type=merge", "--patch", json.dumps(status))
        stack.callback(server.kubectl, "delete", "node", NODE)
        for target in (logs.serve_forever, kubelet.run):
            thread = threading.Thread(target=target)
            thread.start()
            stack.callback(thread.join)
        stack.callback(logs.shutdown)
        stack.callback(kubelet.stopped.set)
        yield kubelet
