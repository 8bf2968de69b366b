"""Faults of the running tenancy: its parts are killed while alice works, the disk fills under the hub's database."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random
from uuid import uuid4

import requests
from pulumi.automation import OpType

from local import directory, engine, lifecycle, node, processes, web
from local.commands import output
from local.paths import State
from local.progress import Report
from tests.cluster.person import Person

BACK_SECONDS = 180.0
FILE = "faults.txt"
SMALL_DISK_MEGABYTES = 16
SUPERVISED = ("etcd", "kube-apiserver", "kubelet", "containerd", "directory", "traefik", "coredns")
PODS = ("hub", "proxy")


class Tenancy:
    """The running tenancy with alice at work in it."""

    def __init__(self, state: State, random: Random) -> None:
        self.state = state
        self.random = random
        directory.grant(state, "alice", lifecycle.NOTEBOOK_USERS)
        self.alice = Person(state, "alice")
        self.alice.log_in()
        self.alice.start_server()
        self.written = uuid4().hex
        self.alice.write(FILE, self.written)

    def belongings(self) -> tuple[str, list[str]]:
        """What alice wrote, as her server reads it, and who is in the group."""
        return self.alice.read(FILE), sorted(directory.members(self.state, lifecycle.NOTEBOOK_USERS))

    def kubectl(self, *words: str) -> str:
        """As the cluster's administrator."""
        command: list[str | Path] = [
            self.state.bin / "kubectl",
            "--kubeconfig",
            self.state.kubeconfig,
            "--namespace",
            web.NAMESPACE,
        ]
        return output([*command, *words], timeout_seconds=BACK_SECONDS)

    def settle(self) -> None:
        """Wait until all answers again; then alice logs in anew, and a preview has nothing to change."""
        _until("the node is ready", lambda: node.is_ready(self.state))
        _until("the directory is ready", lambda: directory.is_ready(self.state))
        for name in PODS:
            self.kubectl("rollout", "status", f"deployment/{name}", f"--timeout={BACK_SECONDS:.0f}s")
        _until("the hub answers", lambda: web.answers(self.state))
        _until("alice is in", lambda: self.alice.log_in() == requests.codes.ok)
        self.alice.start_server()
        changes = engine.preview(self.state, Report())
        assert set(changes) <= {OpType.SAME}, changes


def _until(what: str, check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + BACK_SECONDS
    while True:
        with suppress(Exception):
            if check():
                return
        assert time.monotonic() < deadline, f"not within {BACK_SECONDS:g} s: {what}"
        time.sleep(0.5)


def program_killed(name: str, tenancy: Tenancy) -> str:
    """SIGKILL to a program of the node, at a drawn moment while alice writes; supervisor brings it back."""
    before = tenancy.belongings()
    [process] = [each for each in processes.status(tenancy.state) if each.name == name]
    time.sleep(tenancy.random.uniform(0, 2))
    os.kill(process.pid, signal.SIGKILL)
    tenancy.settle()
    assert tenancy.belongings() == before
    return "came back by itself"


def pod_killed(name: str, tenancy: Tenancy) -> str:
    """A pod is deleted without a grace period; its deployment makes another. alice's server goes on meanwhile."""
    before = tenancy.belongings()
    pod = tenancy.kubectl("get", "pod", f"jupyter-{tenancy.alice.user}", "--output", "jsonpath={.metadata.uid}")
    tenancy.kubectl("delete", "pod", "--selector", f"component={name}", "--grace-period=0", "--force")
    tenancy.settle()
    assert tenancy.belongings() == before
    after = tenancy.kubectl("get", "pod", f"jupyter-{tenancy.alice.user}", "--output", "jsonpath={.metadata.uid}")
    assert after == pod, "the user's server was not touched"
    return "the user's server went on"


def program_killed_in_up(name: str, tenancy: Tenancy) -> str:
    """SIGKILL to a program of the node while ``up`` runs; the next up is clean."""
    before = tenancy.belongings()
    [process] = [each for each in processes.status(tenancy.state) if each.name == name]
    os.kill(process.pid, signal.SIGKILL)
    failed = False
    try:
        engine.up(tenancy.state, Report())
    except Exception:
        failed = True
    tenancy.settle()
    engine.up(tenancy.state, Report())
    assert tenancy.belongings() == before
    return "the up failed" if failed else "the up waited"


def disk_full_under_the_hubs_database(tenancy: Tenancy) -> str:
    """The database's volume is full while alice logs in; with room again the hub goes on with what it had."""
    before = tenancy.belongings()
    [volume] = tenancy.state.volumes.glob("*_hub-db-dir")
    with _small_disk(volume, tenancy):
        filler = volume / "filler"
        with suppress(OSError), filler.open("wb") as out:
            while True:
                out.write(bytes(4096))
                out.flush()
        with suppress(requests.RequestException, AssertionError):
            tenancy.alice.log_in()
        filler.unlink()
        _until("the hub answers", lambda: web.answers(tenancy.state))
        _until("alice is in", lambda: tenancy.alice.log_in() == requests.codes.ok)
    tenancy.settle()
    assert tenancy.belongings() == before
    return "went on when there was room"


@contextmanager
def _small_disk(volume: Path, tenancy: Tenancy) -> Iterator[None]:
    """The hub's database is on a disk of its own, of a few megabytes, inside the block."""
    tenancy.kubectl("scale", "deployment/hub", "--replicas=0")
    tenancy.kubectl("wait", "pod", "--selector=component=hub", "--for=delete", f"--timeout={BACK_SECONDS:.0f}s")
    aside = volume.with_name(f"{volume.name}.aside")
    shutil.copytree(volume, aside, copy_function=shutil.copy2)
    output(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_MEGABYTES}m,mode=0777", "faults", volume], timeout_seconds=10
    )
    try:
        _copy(aside, volume)
        tenancy.kubectl("scale", "deployment/hub", "--replicas=1")
        tenancy.kubectl("rollout", "status", "deployment/hub", f"--timeout={BACK_SECONDS:.0f}s")
        yield
    finally:
        tenancy.kubectl("scale", "deployment/hub", "--replicas=0")
        tenancy.kubectl("wait", "pod", "--selector=component=hub", "--for=delete", f"--timeout={BACK_SECONDS:.0f}s")
        shutil.rmtree(aside)
        shutil.copytree(volume, aside, copy_function=shutil.copy2)
        output(["umount", volume], timeout_seconds=10)
        _copy(aside, volume)
        shutil.rmtree(aside)
        tenancy.kubectl("scale", "deployment/hub", "--replicas=1")


def _copy(source: Path, target: Path) -> None:
    for file in source.rglob("*"):
        to = target / file.relative_to(source)
        if file.is_dir():
            to.mkdir(exist_ok=True)
        else:
            shutil.copy2(file, to)
        owner = file.stat()
        os.chown(to, owner.st_uid, owner.st_gid)


FAULTS: dict[str, Callable[[Tenancy], str]] = {
    **{f"{name} killed": partial(program_killed, name) for name in SUPERVISED},
    **{f"{name}'s pod killed": partial(pod_killed, name) for name in PODS},
    **{f"{name} killed in up": partial(program_killed_in_up, name) for name in ("etcd", "kube-apiserver", "kubelet")},
    "disk full under the hub's database": disk_full_under_the_hubs_database,
}
