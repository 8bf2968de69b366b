"""Previews of many stacks: one ordinary process for each, a limited number at a time.

The processes share only the backend and Pulumi's home. That is safe, because a preview writes nothing into the
backend, and no process selects its stack (:mod:`components.automation`).
"""

import asyncio
import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ci.preview.engine_preview import CannotPreview
from ci.preview.report import Preview, failed_preview, read_report

MAX_DEFAULT_CONCURRENCY = 4
"""Upper bound of the default number of concurrent previews. Each needs about 300 MiB of memory with its plugins."""

TIMEOUT_SECONDS = 600.0
"""Default limit for one preview. Without a refresh it takes a few seconds."""

GRACE_SECONDS = 10.0
"""Time that an interrupted engine has to stop its plugins before all its processes are killed."""


class PreviewCommand(NamedTuple):
    """A command that previews one stack and writes the report into a file."""

    arguments: Sequence[str]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Limits:
    """Limits on the number of concurrent previews and on the time for each."""

    concurrency: int
    timeout_seconds: float

    @classmethod
    def of_machine(cls, concurrency: int | None = None, timeout_seconds: float | None = None) -> "Limits":
        """Return the given limits; by default one preview for each processor, at most ``MAX_DEFAULT_CONCURRENCY``."""
        processors = len(os.sched_getaffinity(0))
        return cls(concurrency or min(MAX_DEFAULT_CONCURRENCY, processors), timeout_seconds or TIMEOUT_SECONDS)


@dataclass(frozen=True)
class TimedPreview:
    """The preview of one stack and its duration."""

    preview: Preview
    seconds: float


def preview_all(
    names: Sequence[str],
    command: Callable[[str, Path], PreviewCommand],
    limits: Limits,
    *,
    on_start: Callable[[str], None] = lambda _: None,
    on_end: Callable[[TimedPreview], None] = lambda _: None,
) -> list[TimedPreview]:
    """Preview every stack. A failure is part of that stack's report and does not stop the others.

    SIGINT, SIGTERM and SIGHUP end all processes and then raise ``KeyboardInterrupt``.

    Args:
        names: the stacks, each once.
        command: returns the command for a stack, given its name and the file for its report. If it raises
            ``CannotPreview``, that is the stack's failure.
        limits: the number of concurrent previews, and the time for each.
        on_start: called with the stack's name when its preview starts.
        on_end: called when a preview has ended.

    Returns:
        The previews in the order of ``names``.
    """
    return asyncio.run(_preview_all(names, command, limits, on_start, on_end))


async def _preview_all(
    names: Sequence[str],
    command: Callable[[str, Path], PreviewCommand],
    limits: Limits,
    on_start: Callable[[str], None],
    on_end: Callable[[TimedPreview], None],
) -> list[TimedPreview]:
    # A cancelled CI job sends SIGTERM, a closed terminal SIGHUP; both are handled as an interrupt.
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, signal.raise_signal, signal.SIGINT)
    slots = asyncio.Semaphore(limits.concurrency)

    async def preview(name: str) -> TimedPreview:
        async with slots:
            on_start(name)
            began = time.perf_counter()
            try:
                found = await _preview(name, command, Path(reports, f"{name}.json"), limits.timeout_seconds)
            except Exception as error:
                # For example, no process can be started, or a report is incomplete. The other stacks go on.
                found = failed_preview(name, f"{type(error).__name__}: {error}")
            timed = TimedPreview(found, time.perf_counter() - began)
            on_end(timed)
            return timed

    with tempfile.TemporaryDirectory(prefix="pangeo-previews-") as reports:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(preview(name)) for name in names]
        return [task.result() for task in tasks]


async def _preview(
    name: str, command: Callable[[str, Path], PreviewCommand], report: Path, timeout_seconds: float
) -> Preview:
    try:
        arguments, environment = command(name, report)
    except CannotPreview as failure:
        return failed_preview(name, str(failure))
    process = await _start(arguments, environment)
    try:
        async with asyncio.timeout(timeout_seconds):
            _, output = await process.communicate()
    except TimeoutError:
        return failed_preview(name, f"the preview of {name} did not end within {timeout_seconds:g} s and was stopped")
    finally:
        await _end(process)
    if report.is_file():
        return read_report(report)
    return failed_preview(name, _reason(output.decode(errors="replace"), process.returncode))


async def _start(arguments: Sequence[str], environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    """Start a preview. If the caller is cancelled meanwhile, end the processes that have already started."""
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *arguments,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            # The session identifies all processes of this preview, so that they can be ended.
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        await _end(await starting)
        raise


def _reason(output: str, code: int | None) -> str:
    """Return the error in the output of a command that wrote no report."""
    text = output.strip()
    # The error is in the last line of a traceback.
    return (text.splitlines()[-1] if "Traceback (most recent call last)" in text else text) or (
        f"the preview's process ended with code {code} and no message"
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    """Interrupt a running preview, wait up to ``GRACE_SECONDS``, and kill its remaining processes."""
    try:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GRACE_SECONDS):
                    await process.wait()
                    while list(_session(process.pid)):
                        await asyncio.sleep(0.1)
    finally:
        for pid in _session(process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    await process.wait()
    # The process may have ended before its pipe is closed. A pipe that is open when the event loop closes prints a
    # traceback.
    if process.stderr is not None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                await process.stderr.read()


def _session(leader: int) -> Iterator[int]:
    """Return the running processes of a session. It includes plugins, although each has its own process group."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The fields after the program's name in parentheses are: state, parent, process group, session, …
            state, _, _, session, *_ = stat.read_text().rpartition(")")[2].split()
            if int(session) == leader and state != "Z":
                yield int(stat.parent.name)
