"""A node for tests that need the programs of pods, not containers: it runs their commands in namespaces of their own.

It has no images: programs are the machine's own. Each container has a root folder with the volumes that the pod names,
runs as the pod's user, and leaves its termination message, as on a real node.
"""

import json
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.api_server import ApiServer

POLL_SECONDS = 0.2
NODE = "node-a"
SYSTEM = ("usr", "etc", "proc")
LINKS = ("bin", "sbin", "lib", "lib64")
DEVICES = ("null", "zero", "urandom", "random")

Object = dict[str, Any]


@dataclass
class PodRunner:
    """Runs the pods of a namespace."""

    server: ApiServer
    namespace: str
    folder: Path
    """Has the volumes: a folder for each claim, by its name."""
    started: Callable[[Object], None] = lambda _pod: None
    """Is called when a pod starts."""
    stopped: threading.Event = field(default_factory=threading.Event)
    seen: list[Object] = field(default_factory=list)
    """The pods that have started."""
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _threads: dict[str, threading.Thread] = field(default_factory=dict)

    def claim_folder(self, claim: str) -> Path:
        """Return the content of a claim's volume."""
        path = self.folder / "claims" / claim
        path.mkdir(parents=True, exist_ok=True)
        return path

    def run(self) -> None:
        while not self.stopped.wait(POLL_SECONDS):
            for pod in self._pods():
                self._look_at(pod)
        for process in self._processes.values():
            process.kill()

    def _pods(self) -> list[Object]:
        return list(json.loads(self._kubectl("get", "pods", "--output", "json"))["items"])

    def _kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        return self.server.kubectl("--namespace", self.namespace, *arguments, stdin=stdin)

    def _look_at(self, pod: Object) -> None:
        name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
        if pod["metadata"].get("deletionTimestamp"):
            if (process := self._processes.get(uid)) and process.poll() is None:
                process.send_signal(signal.SIGTERM)
            thread = self._threads.get(uid)
            if thread is None or not thread.is_alive():
                self._kubectl("delete", "pod", name, "--force", "--grace-period=0", "--ignore-not-found")
        elif uid not in self._threads and pod["status"].get("phase") == "Pending" and _is_to_run(pod):
            if not pod["spec"].get("nodeName"):
                self._bind(name, _chosen_node(pod))
            self._threads[uid] = threading.Thread(target=self._execute, args=(pod,), daemon=True)
            self._threads[uid].start()

    def _bind(self, name: str, node: str) -> None:
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": name},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        }
        path = f"/api/v1/namespaces/{self.namespace}/pods/{name}/binding"
        self._kubectl("create", "--raw", path, "--filename", "-", stdin=json.dumps(binding))

    def _execute(self, pod: Object) -> None:
        self.seen.append(pod)
        self._report(pod, {"phase": "Running"})
        self.started(pod)
        code = 0
        statuses: dict[str, list[Object]] = {"initContainerStatuses": [], "containerStatuses": []}
        for part, key in (("initContainers", "initContainerStatuses"), ("containers", "containerStatuses")):
            for container in pod["spec"].get(part) or ():
                if code == 0:
                    code, message = self._run_container(pod, container)
                    ended = {"exitCode": code, "message": message, "reason": "Completed" if code == 0 else "Error"}
                    state = {"name": container["name"], "image": "", "imageID": "", "ready": False, "restartCount": 0}
                    statuses[key].append({**state, "state": {"terminated": ended}})
        self._report(pod, {"phase": "Failed" if code else "Succeeded", **statuses})

    def _report(self, pod: Object, status: Object) -> None:
        patch = json.dumps({"status": status})
        name = pod["metadata"]["name"]
        with suppress(AssertionError):  # it was deleted meanwhile
            self._kubectl("patch", "pod", name, "--subresource=status", "--type=merge", "--patch", patch)

    def _run_container(self, pod: Object, container: Object) -> tuple[int, str]:
        own = self.folder / "pods" / pod["metadata"]["uid"]
        root, message = own / f"root-{container['name']}", own / f"message-{container['name']}"
        root.mkdir(parents=True)
        message.touch()
        message.chmod(0o666)
        lines = [
            "set -e",
            f"hostname {pod['spec'].get('hostname') or pod['metadata']['name']}",
            f"mount -t tmpfs tmpfs {root}",
            f"mkdir -p {root}/dev {root}/tmp",
        ]
        lines += [f"mkdir {root}/{each}; mount --rbind /{each} {root}/{each}" for each in SYSTEM]
        lines += [f"cp -a /{each} {root}/{each}" for each in LINKS if Path(f"/{each}").is_symlink()]
        lines += [f"touch {root}/dev/{each}; mount --bind /dev/{each} {root}/dev/{each}" for each in DEVICES]
        lines += [f"touch {root}/dev/termination-log; mount --bind {message} {root}/dev/termination-log"]
        for mount in container["volumeMounts"]:
            target = f"{root}{mount['mountPath']}"
            lines += [f"mkdir -p {target}", f"mount --bind {self._source(pod, mount['name'], own)} {target}"]
            lines += [f"mount -o remount,bind,ro {target}"] if mount.get("readOnly") else []
        user = pod["spec"]["securityContext"]
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        environment |= {each["name"]: self._value(each) for each in container.get("env") or ()}
        command = ["chroot", f"--userspec={user['runAsUser']}:{user['runAsGroup']}", str(root), *container["command"]]
        lines.append(f"exec {shlex.join([*command, *container.get('args', ())])}")
        with (own / f"log-{container['name']}").open("wb") as log:
            process = subprocess.Popen(
                ["unshare", "--mount", "--uts", "sh", "-c", "\n".join(lines)], stdout=log, stderr=log, env=environment
            )
        self._processes[pod["metadata"]["uid"]] = process
        code = process.wait()
        text = message.read_text() or ((own / f"log-{container['name']}").read_text() if code else "")
        return (128 - code if code < 0 else code), text[-4096:]

    def _source(self, pod: Object, name: str, own: Path) -> Path:
        volume = next(each for each in pod["spec"]["volumes"] if each["name"] == name)
        if "persistentVolumeClaim" in volume:
            return self.claim_folder(volume["persistentVolumeClaim"]["claimName"])
        folder = own / f"volume-{name}"
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)
        if "configMap" in volume:
            data = self.server.read("--namespace", self.namespace, "configmap", volume["configMap"]["name"])["data"]
            for item in volume["configMap"]["items"]:
                if item["key"] in data:
                    file = folder / item["path"]
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text(data[item["key"]])
        return folder

    def _value(self, variable: Object) -> str:
        if "value" in variable:
            return str(variable["value"])
        reference = variable["valueFrom"]["secretKeyRef"]
        template = f'go-template={{{{index .data "{reference["key"]}" | base64decode}}}}'
        return self._kubectl("get", "secret", reference["name"], "--output", template)


def _is_to_run(pod: Object) -> bool:
    return "tenancy.pangeo/backup" in (pod["metadata"].get("labels") or {})


def _chosen_node(pod: Object) -> str:
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    terms = (affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get("nodeSelectorTerms") or ()
    nodes = [field["values"][0] for term in terms for field in term.get("matchFields") or ()]
    return str(nodes[0]) if nodes else NODE


@contextmanager
def running_pods(server: ApiServer, namespace: str, folder: Path) -> Iterator[PodRunner]:
    """Run the pods of a namespace during the block."""
    runner = PodRunner(server, namespace, folder)
    thread = threading.Thread(target=runner.run)
    thread.start()
    try:
        yield runner
    finally:
        runner.stopped.set()
        thread.join()
