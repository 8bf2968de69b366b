"""Remove everything that a cluster left on the machine, however it ended and whichever checkout it belongs to."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from local.cluster import network
from local.cluster.names import OWNER, POD_CGROUPS, RUN, VARIABLE
from local.failure import Failure
from local.host import orphans
from local.host.mounts import mounted_below
from local.paths import State
from local.tenancy.addresses import BRIDGE

CGROUPS = Path("/sys/fs/cgroup")
CONTAINER_LINKS = Path("/var/log/containers")
"""The folder of kubelet's links to every container's log, independent of ``podLogsDir``."""

DEVICE_PLUGINS = Path("/var/lib/kubelet/device-plugins")
"""A folder that kubelet makes in spite of its ``--root-dir``."""

CNI_RESULTS = Path("/var/lib/cni/results")

CONTAINER_STOP_SECONDS = 3.0
PROCESS_STOP_SECONDS = 5.0
UNMOUNT_TIMEOUT_SECONDS = 60
CGROUP_TIMEOUT_SECONDS = 5.0


def owner() -> State | None:
    """Return the state folder whose cluster runs, or was killed without ``down``."""
    try:
        return State(Path(OWNER.read_text()))
    except OSError:
        return None


def clean(state: State) -> None:
    """Remove every trace outside the state folder; its content (etcd, images, volumes) stays.

    Raises:
        Failure: something could not be removed; lists it.
    """
    before = owner()
    if before and before.root != state.root.absolute():
        # If its folder was deleted, its supervisord still runs, cannot be reached, and would restart the processes.
        orphans.end(orphans.with_variable("TENANCY_STATE", str(before.root)), timeout_seconds=PROCESS_STOP_SECONDS)
    stop_containers()
    orphans.end(orphans.with_variable(VARIABLE), timeout_seconds=PROCESS_STOP_SECONDS)
    stop_containers()
    roots = _roots(state)
    links = _shim_sockets()
    _unmount(roots)
    network.down(state)
    _remove_cgroups()
    _remove_files(roots, links)
    remaining = leftovers(state)
    if remaining:
        raise Failure(
            "not removed:\n    " + "\n    ".join(remaining),
            fix="run make down again; if that does not help, reboot",
        )


def leftovers(state: State) -> list[str]:
    """Traces of a cluster outside the state folder, one line each; empty after ``down``."""
    lines = [f"process {pid} {_command(pid)}" for pid in orphans.with_variable(VARIABLE)]
    lines += [f"container process {pid} {_command(pid)}" for pid in _container_processes()]
    lines += [f"mount {path}" for path in _mounts(_roots(state))]
    lines += network.leftovers()
    lines += [f"cgroup {path}" for path in _cgroups()]
    lines += [f"link {path}" for path in _container_links(_roots(state))]
    return lines + ([f"folder {RUN}"] if RUN.exists() else [])


def foreign_kubernetes() -> str:
    """Return a kubelet or kube-proxy that belongs to no local tenancy; empty if there is none."""
    own = set(orphans.with_variable(VARIABLE))
    everything = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    found = (pid for pid in everything if _command(pid) in ("kubelet", "kube-proxy") and pid not in own)
    return next((f"{_command(pid)} (process {pid})" for pid in found if orphans.is_alive(pid)), "")


def stop_containers() -> None:
    """Terminate the pods' processes, then kill them. kubelet must not run, or it would restart them."""
    orphans.end(_container_processes(), timeout_seconds=CONTAINER_STOP_SECONDS)


def _roots(state: State) -> list[Path]:
    """Folders with mounts of the cluster: its run folder, this checkout's folders and those of the last owner."""
    states = [state, owner() or state]
    return [RUN, *(root for one in states for root in (one.node.absolute(), one.logs.absolute()))]


def _mounts(roots: list[Path]) -> list[Path]:
    return mounted_below(Path("/proc/self/mountinfo").read_text(), roots)


def _unmount(roots: list[Path]) -> None:
    for flags in ([], [], ["--lazy"]):
        mounts = _mounts(roots)
        if not mounts:
            return
        subprocess.run(
            ["umount", *flags, *map(str, mounts)], capture_output=True, timeout=UNMOUNT_TIMEOUT_SECONDS, check=False
        )


def _cgroups() -> list[Path]:
    """Return the pods' control groups: one tree for each hierarchy with version 1, a single one with version 2."""
    parents = [CGROUPS, *(entry for entry in CGROUPS.iterdir() if entry.is_dir())] if CGROUPS.is_dir() else []
    return [path for parent in parents for name in POD_CGROUPS if (path := parent / name).is_dir()]


def _container_processes() -> list[int]:
    pids = {pid for tree in _cgroups() for procs in tree.rglob("cgroup.procs") for pid in _pids(procs)}
    return [pid for pid in sorted(pids) if orphans.is_alive(pid)]


def _pids(procs: Path) -> Iterator[int]:
    try:
        yield from map(int, procs.read_text().split())
    except OSError:
        return


def _remove_cgroups() -> None:
    deadline = time.monotonic() + CGROUP_TIMEOUT_SECONDS
    while (trees := _cgroups()) and time.monotonic() < deadline:
        for tree in trees:
            for folder, _, _ in os.walk(tree, topdown=False):
                _remove_if_empty(Path(folder))
        time.sleep(0.05)


def _container_links(roots: list[Path]) -> list[Path]:
    if not CONTAINER_LINKS.is_dir():
        return []
    links = [path for path in CONTAINER_LINKS.iterdir() if path.is_symlink()]
    return [link for link in links if any(root in link.readlink().parents for root in roots)]


def _shim_sockets() -> list[Path]:
    """Sockets of the pods' shims; containerd puts them into a fixed folder, independent of its ``state``."""
    addresses = [path.read_text() for path in RUN.glob("containerd/io.containerd.runtime.v2.task/*/*/address")]
    return [Path(address.removeprefix("unix://")) for address in addresses]


def _remove_files(roots: list[Path], sockets: list[Path]) -> None:
    results = list(CNI_RESULTS.glob(f"{BRIDGE}-*"))
    # Each pod's loopback interface has its own result, named by the same container.
    containers = {path.name.split("-")[1] for path in results}
    results += [path for path in CNI_RESULTS.glob("cni-loopback-*") if path.name.split("-")[2] in containers]
    for path in (*results, *sockets, *_container_links(roots)):
        path.unlink(missing_ok=True)
    for name in ("kubelet.sock", "kubelet_internal_checkpoint"):
        (DEVICE_PLUGINS / name).unlink(missing_ok=True)
    made = (DEVICE_PLUGINS, DEVICE_PLUGINS.parent, CNI_RESULTS, CNI_RESULTS.parent, CONTAINER_LINKS)
    for folder in (*made, Path("/run/containerd/s"), Path("/run/containerd")):
        _remove_if_empty(folder)
    if not _mounts([RUN]):
        shutil.rmtree(RUN, ignore_errors=True)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def _command(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "comm").read_text().strip()
    except OSError:
        return ""
