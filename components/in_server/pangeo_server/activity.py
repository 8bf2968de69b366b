"""The activity of the server, by which the hub decides whether it is idle: use by a person, and running work.

jupyter_server counts what happens, so a cell that computes silently is no activity, and every request is, also those
that an open JupyterLab page sends by itself. Here work counts while it runs, and requests of idle pages do not count.

Source: ``ServerWebApplication.last_activity`` of jupyter_server 2.21, which jupyterhub-singleuser reports to the hub.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from .dask_work import DaskWork
from .kernels import Kernels, end_idle_kernels
from .page_requests import PageRequests
from .programs import Programs
from .settings import Settings

KERNELS, PROGRAMS, DASK = "kernels", "programs", "dask"
"""Kinds of running work; the setting ``running_work`` selects from them."""

LONGEST_CHECK_SECONDS = 60.0

TERMINAL_KEY = "terminal_last_activity"
"""Setting in which jupyter_server_terminals notes also what a program prints."""


def start(app: Any, settings: Settings) -> None:  # noqa: ANN401 - jupyter_server is not installed here
    """Replace the server's record of its last activity, and let it end idle kernels.

    Raises:
        AttributeError, KeyError: the server is of a version that cannot be changed in this way.
    """
    from tornado.ioloop import PeriodicCallback  # type: ignore[import-not-found,unused-ignore]

    activity = Activity(app, settings)
    app.web_app.last_activity = activity.last
    end_idle_kernels(app.kernel_manager, settings.kernel_idle_seconds)
    callback = PeriodicCallback(activity.check, 1000 * check_seconds(settings))
    callback.start()


def check_seconds(settings: Settings) -> float:
    """Return the interval of the checks for running work."""
    times = (settings.idle_seconds, settings.kernel_idle_seconds)
    return min([LONGEST_CHECK_SECONDS, *(each / 10 for each in times if each)])


class Activity:
    """The last use by a person, and the last time at which work ran."""

    def __init__(self, app: Any, settings: Settings) -> None:  # noqa: ANN401 - no types here
        self._log, self._web = app.log, app.web_app
        self._original = app.web_app.last_activity
        self._kinds = frozenset(settings.running_work)
        self._limit = settings.unattended_seconds
        self._check_seconds = check_seconds(settings)
        self._kernels = Kernels(app.kernel_manager, counts_busy=KERNELS in self._kinds)
        self._pages = PageRequests(app.web_app.settings)
        self._programs = Programs(os.getpid(), getattr(app, "connection_url", ""))
        self._dask = DaskWork(os.environ)
        self._used = self._worked = _now()
        self._failed: set[str] = set()
        self._is_over = False

    def last(self) -> datetime:
        """Return the time of the last activity, as the server reports it."""
        try:
            self._note_use()
        except Exception as error:  # a server of another version
            self._report("use", error)
            return max(_aware(self._original()), self._worked)
        return max(self._used, self._worked)

    async def check(self) -> None:
        """Count the time until now as activity if work runs, unless it has run for too long without a person."""
        active = self.last()
        work = ["a cell"] if self._kernels.busy else []
        kept: set[str] = set()
        programs = self._guard(PROGRAMS, lambda: self._programs.find_work(time.monotonic())) or []
        if PROGRAMS in self._kinds:
            work += [f"the program {each.name}" for each in programs]
            kept |= self._kernels.owners(self._programs.lineage(programs))
        # The gateway and the hub are asked only if the answer matters.
        waited = (_now() - min([active, *self._kernels.idle_since()])).total_seconds()
        if DASK in self._kinds and waited >= self._check_seconds:
            cluster, kernels = await self._find_dask()
            work += [f"the Dask cluster {cluster}"] if cluster else []
            kept |= kernels
        if not work:
            return
        is_over = 0 < self._limit < (_now() - self._used).total_seconds()
        if is_over and not self._is_over:
            self._log.warning("pangeo_server: nobody has used this server for long; this counts no more: %s", work)
        self._is_over = is_over
        if not is_over:
            self._log.debug("pangeo_server: running work: %s", work)
            self._worked = _now()
            self._kernels.keep(kept, self._worked)

    def _note_use(self) -> None:
        settings = self._web.settings
        times = [settings.get("started"), self._pages.last_use(), *settings.get("last_activity_times", {}).values()]
        replaced = {PageRequests.KEY, *((TERMINAL_KEY,) if self._programs.is_readable else ())}
        times += [value for key, value in settings.items() if key.endswith("_last_activity") and key not in replaced]
        times.append(self._guard(PROGRAMS, self._programs.last_input))
        now = _now()
        times += self._kernels.observe(now)
        # A clock that was set back leaves times of the future, and the hub refuses reports of them.
        known = [when for each in times if isinstance(each, datetime) and (when := _aware(each)) <= now]
        self._used, self._worked = min(now, max([self._used, *known])), min(now, self._worked)

    async def _find_dask(self) -> tuple[str, set[str]]:
        """Return a cluster with tasks and the kernels that it may belong to."""
        try:
            for kernel, pid in self._kernels.processes().items():
                if address := await self._dask.find_local(self._programs.open_ports(pid)):
                    return address, {kernel}
            name = await self._dask.find_in_gateway()
        except Exception as error:  # the gateway restarts, or has another version: the next check tries again
            self._report(DASK, error)
            return "", set()
        return name, set(self._kernels.processes()) if name else set()

    def _guard(self, kind: str, function: Callable[[], Any]) -> Any:  # noqa: ANN401 - any result
        try:
            return function()
        except Exception as error:  # the server must go on
            self._report(kind, error)
            return None

    def _report(self, kind: str, error: Exception) -> None:
        if kind not in self._failed:
            self._failed.add(kind)
            self._log.warning("pangeo_server: activity of the kind %s cannot be seen: %r", kind, error)


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _aware(when: datetime) -> datetime:
    return when if when.tzinfo else when.replace(tzinfo=timezone.utc)
