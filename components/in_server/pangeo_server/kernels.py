"""The server's kernels: which are busy, when the others were last used, and the end of idle ones.

Sources: ``MappingKernelManager`` of jupyter_server 2.21, whose kernels have ``execution_state`` and ``last_activity``;
``LocalProvisioner`` of jupyter_client 8.10, which has the number of the kernel's process.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

POLLING_KINDS = ("usage_request", "usage_reply")
"""Messages with which JupyterLab's display of resources asks each kernel every few seconds (jupyter-resource-usage)."""

LONGEST_INTERVAL_SECONDS = 60


def end_idle_kernels(manager: Any, idle_seconds: int) -> None:  # noqa: ANN401 - jupyter_server is not installed here
    """Let the server end idle kernels, also with an open page, unless the user or the image has configured it."""
    configured = {name for each in type(manager).__mro__ for name in manager.config.get(each.__name__, {})}
    if "untracked_message_types" not in configured and hasattr(manager, "untracked_message_types"):
        manager.untracked_message_types = [*manager.untracked_message_types, *POLLING_KINDS]
    if configured & {"cull_idle_timeout", "cull_connected", "cull_busy", "cull_interval"}:
        return
    manager.cull_idle_timeout = idle_seconds
    manager.cull_connected = True
    manager.cull_busy = False
    manager.cull_interval = max(1, min(LONGEST_INTERVAL_SECONDS, idle_seconds // 4))


class Kernels:
    """The kernels of one server."""

    def __init__(self, manager: Any, *, counts_busy: bool) -> None:  # noqa: ANN401 - no types here
        self._manager, self._counts_busy = manager, counts_busy
        self._kept: dict[str, datetime] = {}
        self._watched: set[str] = set()
        self.busy: frozenset[str] = frozenset()

    def observe(self, now: datetime) -> list[datetime]:
        """Note which kernels are busy, and return the times at which a person used one.

        What a busy kernel prints is its work, and no use.
        """
        kernels = self._all()
        self._watch_restarts(kernels)
        busy = frozenset(name for name, each in kernels.items() if _is_busy(each)) if self._counts_busy else frozenset()
        started, self.busy = busy - self.busy, busy
        self._kept = {name: when for name, when in self._kept.items() if name in kernels}
        used = [_last(each) for name, each in kernels.items() if name not in busy and not self._is_kept(name, each)]
        return [*(each for each in used if each), *([now] if started else [])]

    def idle_since(self) -> list[datetime]:
        """Return since when each idle kernel has been idle or without known work."""
        return [last for name, each in self._all().items() if name not in self.busy and (last := _last(each))]

    def processes(self) -> dict[str, int]:
        """Return the process of each kernel, if it runs in this server."""
        found = {name: getattr(getattr(each, "provisioner", None), "pid", None) for name, each in self._all().items()}
        return {name: pid for name, pid in found.items() if pid}

    def owners(self, lineage: Collection[int]) -> set[str]:
        """Return the kernels that are among these processes."""
        return {name for name, pid in self.processes().items() if pid in lineage}

    def keep(self, names: Collection[str], now: datetime) -> None:
        """Count the time until now as activity of idle kernels that have work, so that the server does not end them."""
        for name, kernel in self._all().items():
            if name in names and name not in self.busy and _last(kernel):
                kernel.last_activity = self._kept[name] = now

    def _watch_restarts(self, kernels: Mapping[str, Any]) -> None:
        """Forget the state of kernels that have died, for example without memory, as soon as they are started again.

        jupyter_server keeps it: a kernel that died in a cell would be busy until its next cell.
        """
        for name in kernels.keys() - self._watched:
            with suppress(AttributeError):  # an older server
                self._manager.add_restart_callback(name, partial(_forget_state, kernels[name]), "restart")
        self._watched = set(kernels)

    def _all(self) -> dict[str, Any]:
        return {name: self._manager.get_kernel(name) for name in list(self._manager.list_kernel_ids())}

    def _is_kept(self, name: str, kernel: Any) -> bool:  # noqa: ANN401 - no types here
        return name in self._kept and _last(kernel) == self._kept[name]


def _forget_state(kernel: Any) -> None:  # noqa: ANN401 - no types here
    kernel.execution_state = "starting"


def _is_busy(kernel: Any) -> bool:  # noqa: ANN401 - no types here
    return getattr(kernel, "execution_state", "") == "busy"


def _last(kernel: Any) -> datetime | None:  # noqa: ANN401 - no types here
    """Return the kernel's last activity; None while it starts."""
    when = getattr(kernel, "last_activity", None)
    return when if isinstance(when, datetime) else None
