"""The container's memory and CPU time and their limits, from the kernel's control groups of version 1 or 2.

Sources: https://docs.kernel.org/admin-guide/cgroup-v2.html and https://docs.kernel.org/admin-guide/cgroup-v1/memory.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")

UNLIMITED_BYTES = 2**60
"""Version 1 writes a number of this order if there is no limit."""

OLD_SAMPLE_SECONDS = 60.0
"""Age of the last sample of CPU time from which it says nothing about the present."""

LEAST_SECONDS = 1.0
"""Least time between two samples, so that two windows of a user get the same answer."""


@dataclass(frozen=True)
class ControlGroups:
    """The control groups of the container that this process runs in."""

    root: Path = ROOT
    own_groups: Path = OWN_GROUPS

    def memory_bytes(self) -> int | None:
        """Return the used memory without what the kernel frees when a program needs it, as the cache of files."""
        total = self._number("memory", "memory.current", "memory.usage_in_bytes")
        if total is None:
            return None
        # In version 1, the names without total_ exclude child groups. Its usage has no memory of the kernel's caches.
        statistics = self._statistics("memory", "memory.stat")
        cached = sum(
            statistics.get(f"total_{name}", statistics.get(name, 0)) for name in ("active_file", "inactive_file")
        )
        return max(0, total - cached - statistics.get("slab_reclaimable", 0))

    def memory_limit(self) -> int | None:
        """Return the bytes at which the kernel ends programs; None if there is no limit."""
        limit = self._number("memory", "memory.max", "memory.limit_in_bytes")
        return limit if limit is not None and limit < UNLIMITED_BYTES else None

    def cpu_seconds(self) -> float | None:
        """Return the CPU time that all programs of the container have used."""
        nanoseconds = self._number("cpuacct", "cpuacct.usage")
        if nanoseconds is not None:
            return nanoseconds / 1e9
        microseconds = self._statistics("cpu", "cpu.stat").get("usage_usec")
        return None if microseconds is None else microseconds / 1e6

    def cpu_limit(self) -> float | None:
        """Return the number of CPUs that the container may use; None if there is no limit."""
        quota, _, period = (self._text("cpu", "cpu.max") or "max").partition(" ")
        if quota != "max":
            return int(quota) / int(period)
        allowed, each = self._number("cpu", "cpu.cfs_quota_us"), self._number("cpu", "cpu.cfs_period_us")
        return allowed / each if allowed is not None and each and allowed > 0 else None

    def _number(self, controller: str, *names: str) -> int | None:
        for name in names:
            text = self._text(controller, name)
            if text is not None and text != "max":
                return int(text)
        return None

    def _statistics(self, controller: str, name: str) -> Mapping[str, int]:
        lines = (self._text(controller, name) or "").splitlines()
        return {key: int(value) for key, _, value in (line.partition(" ") for line in lines)}

    def _text(self, controller: str, name: str) -> str | None:
        for folder in self._folders(controller):
            try:
                return (folder / name).read_text(encoding="ascii").strip()
            except OSError:
                continue
        return None

    def _folders(self, controller: str) -> Iterator[Path]:
        """Yield the folders of a controller's files, in the order in which they are tried.

        Inside a container, its group is the mounted root. Only without a container there is one with the group's path.
        """
        for line in self.own_groups.read_text(encoding="utf-8", errors="replace").splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers == "":
                yield self.root / path.lstrip("/")
            elif controller in controllers.split(","):
                yield self.root / controllers / path.lstrip("/")
                yield self.root / controllers
                yield self.root / controller
        yield self.root


class CpuMeter:
    """Measures how many CPUs are in use between two questions."""

    def __init__(self, groups: ControlGroups) -> None:
        self._groups = groups
        self._last: tuple[float, float] | None = None
        self._used: float | None = None

    def used(self, now: float) -> float | None:
        """Return the mean number of used CPUs since the last question; None without a recent one."""
        age = OLD_SAMPLE_SECONDS if self._last is None else now - self._last[0]
        if age < LEAST_SECONDS:
            return self._used
        total = self._groups.cpu_seconds()
        recent = self._last is not None and total is not None and age < OLD_SAMPLE_SECONDS
        self._used = max(0.0, (total - self._last[1]) / age) if recent else None  # type: ignore[operator,index]
        self._last = None if total is None else (now, total)
        return self._used
