"""Run the independent parts of a command at the same time."""

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter

from local.host import commands
from local.progress import Report

INTERRUPT_SECONDS = 0.5
"""Interval at which the interruptible programs of the other tasks are interrupted after a failure."""


@dataclass(frozen=True)
class Task:
    """One part of a command: the function to run, and the names of the tasks that must finish before it starts."""

    run: Callable[[], object]
    after: tuple[str, ...] = ()


def run_tasks(report: Report, tasks: Mapping[str, Task]) -> None:
    """Run each task in a thread of its own as soon as the tasks that it comes after have finished.

    When a task fails or the command is interrupted, no further task or step starts. Programs that can be interrupted
    without harm are interrupted, all others run to their end, so that nothing is left half done.

    Raises:
        Exception: the first one that a task raises; later ones only follow from it or appear again in the next run.
        graphlib.CycleError: tasks wait for each other.
    """
    order = TopologicalSorter({name: task.after for name, task in tasks.items()})
    order.prepare()
    running: dict[Future[object], str] = {}
    with ThreadPoolExecutor(max_workers=len(tasks)) as pool:
        try:
            while order.is_active():
                for name in order.get_ready():
                    running[pool.submit(tasks[name].run)] = name
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    name = running.pop(future)
                    future.result()
                    order.done(name)
        except BaseException:
            report.stop_steps()
            _finish(report, running)
            raise


def _finish(report: Report, running: Mapping[Future[object], str]) -> None:
    under_way = [name for future, name in running.items() if not future.done()]
    if under_way:
        report.console.print(f"stopping; still under way: {', '.join(under_way)}", highlight=False)
    while not all(future.done() for future in running):
        commands.interrupt_all()
        wait(running, timeout=INTERRUPT_SECONDS)
