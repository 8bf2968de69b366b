"""One process that is ready to preview any stack of a project: imports done, plugins to be forked."""

import contextlib
import importlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import grpc  # type: ignore[import-untyped]
from pulumi import automation

from previews import nursery, policy_pack
from previews.connections import connections_apart
from previews.home import HOME_VARIABLE, home_without_log, pulumi_home
from previews.messages import without_debug_messages

PROGRAM = "__main__.py"
IMPORTED = (
    "components.config.capacity",
    "components.preflight.cluster",
    "components.preflight.dns",
    "components.pangeo_cluster",
    "components.config.stack_file",
    "pulumi_kubernetes",
)
"""What the program imports; one that is missing here is imported by the first preview."""

COLLECTED_LATE = {"GOGC": "off", "GOMEMLIMIT": "512MiB"}
"""For an engine that lives a second and ends at 170 MiB with all its garbage, at 127 without.

Source: Go's garbage collector, https://go.dev/doc/gc-guide#Memory_limit.
"""

Result = TypeVar("Result")


class CannotWarmUp(Exception):
    """The process that forks the plugins did not come up; the text says why and the way out."""


@dataclass(frozen=True)
class InFlight:
    """How many previews run at a time."""

    count: int

    @classmethod
    def of_machine(cls) -> "InFlight":
        """Two more than there are processors: an engine waits now and then for the program and its plugins."""
        return cls(len(os.sched_getaffinity(0)) + 2)


@dataclass(frozen=True)
class WarmProject:
    """A project whose program is compiled and imported. Valid inside :func:`warm_project`."""

    folder: Path
    variables: Mapping[str, str]
    _command: automation.PulumiCommand
    _program: Callable[[], None]
    policies: Path | None = None
    """The policy pack to name to the engine, forked too."""

    def stack(self, name: str, own: Mapping[str, str] = MappingProxyType({})) -> automation.Stack:
        """A stack that exists, as the Automation API has it, its program run by this process.

        Args:
            name: a stack of the back-end.
            own: variables for this stack's engine and its plugins alone. The program does not see them.
        """
        return automation.Stack.select(name, self._workspace(own))

    def new_stack(self, name: str, own: Mapping[str, str] = MappingProxyType({})) -> automation.Stack:
        """The same for a stack that the back-end does not have; it has it from now on.

        Raises:
            CommandError: the engine could not make it.
        """
        return automation.Stack.create(name, self._workspace(own))

    def _workspace(self, own: Mapping[str, str]) -> "_Workspace":
        return _Workspace(
            work_dir=str(self.folder),
            program=self._program,
            env_vars={**self.variables, **own},
            pulumi_command=self._command,
        )

    def each(
        self, names: Iterable[str], look: Callable[[automation.Stack], Result], in_flight: InFlight
    ) -> Iterator[tuple[str, Result]]:
        """What ``look`` finds of every stack, e.g. its preview, as they are ready.

        ``look`` runs in a thread of its own. Its first exception ends this after those under way.
        """
        return self.by_name(names, lambda name: look(self.stack(name)), in_flight)

    def by_name(
        self, names: Iterable[str], look: Callable[[str], Result], in_flight: InFlight
    ) -> Iterator[tuple[str, Result]]:
        """The same where ``look`` opens the stack itself."""
        with ThreadPoolExecutor(in_flight.count, thread_name_prefix="preview") as pool:
            asked: dict[Future[Result], str] = {pool.submit(look, name): name for name in names}
            try:
                for done in as_completed(asked):
                    yield asked[done], done.result()
            finally:
                for waiting in asked:
                    waiting.cancel()


@contextlib.contextmanager
def warm_project(
    folder: Path,
    variables: Mapping[str, str],
    command: automation.PulumiCommand | None = None,
    python_plugins: Mapping[str, Sequence[str]] | None = None,
    policies: Path | None = None,
) -> Iterator[WarmProject]:
    """The project in ``folder``, ready.

    The working directory and the variables are the whole process's: inside the block they are those of the project.
    The engines keep no log of their own (:mod:`previews.home`) and are told no debug messages
    (:mod:`previews.messages`); what they say is the preview's.

    Args:
        folder: holds ``Pulumi.yaml``, ``__main__.py``, ``chart`` and ``stacks``.
        variables: set for the engine, its plugins and the program, over those of this process.
        command: the engine; by default ``pulumi`` of PATH.
        python_plugins: plugins to be forked too, by the name the engine looks for: what Python runs, ``-m MODULE`` or
            a script, and its arguments before the engine's. Dynamic providers are always forked.
        policies: the folder of a policy pack that runs in this interpreter.

    Raises:
        CannotWarmUp: the process that forks the plugins did not come up.
    """
    pack = {policy_pack.LAUNCHER: policy_pack.runs(policies)} if policies else {}
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        with (
            contextlib.chdir(folder),
            nursery_running({**(python_plugins or {}), **pack}, policy_pack.IMPORTED if policies else ()) as launchers,
            without_tracebacks_of_the_gone(),
            without_debug_messages(),
            connections_apart(),
            home_without_log(pulumi_home(os.environ)) as home,
        ):
            path = os.pathsep.join([str(launchers), os.environ["PATH"]])
            for name in IMPORTED:
                importlib.import_module(name)
            code = compile((folder / PROGRAM).read_bytes(), str(folder / PROGRAM), "exec")

            def program() -> None:
                # runpy would put the program at sys.modules["__main__"], of which there is one for all threads.
                exec(code, {"__name__": "__main__", "__file__": code.co_filename})  # noqa: S102 - the project's own

            if policies:
                (launchers / policy_pack.PROJECT_FILE).symlink_to(policies.resolve() / policy_pack.PROJECT_FILE)
            engines = {**collected_late(os.environ), **variables, "PATH": path, HOME_VARIABLE: str(home)}
            forked = launchers / policy_pack.LAUNCHER if policies else None
            yield WarmProject(folder, engines, command or automation.PulumiCommand(), program, forked)
    finally:
        os.environ.clear()
        os.environ.update(before)


def collected_late(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Variables of engines that collect no garbage before the limit, unless ``environment`` has another way."""
    return {} if COLLECTED_LATE.keys() & environment.keys() else COLLECTED_LATE


class _Workspace(automation.LocalWorkspace):
    """A workspace whose stacks are known to exist."""

    def select_stack(self, stack_name: str) -> None:
        """Nothing: a preview names its stack, and to select it costs an engine and a file that all would write."""

    def create_stack(self, stack_name: str) -> None:
        """Make the stack, without selecting it."""
        self._run_pulumi_cmd_sync(["stack", "init", stack_name, "--no-select"])


@contextlib.contextmanager
def without_tracebacks_of_the_gone() -> Iterator[None]:
    """An engine that a policy stopped is gone before its program is, whose server would print a traceback of that."""
    logger = logging.getLogger("grpc._server")
    logger.addFilter(_is_news)
    try:
        yield
    finally:
        logger.removeFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not (isinstance(error, grpc.RpcError) and error.code() == grpc.StatusCode.UNAVAILABLE)


@contextlib.contextmanager
def nursery_running(python_plugins: Mapping[str, Sequence[str]], modules: Sequence[str] = ()) -> Iterator[Path]:
    """A folder with the launchers of a running nursery; no other user can enter it.

    Args:
        python_plugins: what Python runs for each plugin beside dynamic providers.
        modules: what it is to import for them.

    Raises:
        CannotWarmUp: it did not come up.
    """
    folder = Path(tempfile.mkdtemp(prefix="previews-"))
    try:
        address = folder / "nursery"
        process = subprocess.Popen(
            # Unbuffered, as the engine runs plugins: the first line that they print is not flushed by all.
            [sys.executable, "-u", "-m", "previews.nursery", str(address), *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # An interrupt at the terminal ends the previews first.
            start_new_session=True,
        )
        with process:
            assert process.stdin is not None  # noqa: S101 - of Popen with PIPE
            assert process.stdout is not None  # noqa: S101
            assert process.stderr is not None  # noqa: S101
            if process.stdout.readline() != nursery.READY:
                process.stdin.close()
                said = process.stderr.read().decode(errors="replace").strip().splitlines()[-1:]
                raise CannotWarmUp(
                    f"python -m previews.nursery did not start: {''.join(said) or 'it said nothing'}; "
                    "run pulumi install, or preview one stack at a time"
                )
            launchers = folder / "path"
            launchers.mkdir()
            for plugin, runs in {nursery.DYNAMIC: nursery.DYNAMIC_RUNS, **python_plugins}.items():
                nursery.write_launcher(launchers, plugin, runs, Path(sys.executable), address)
            try:
                yield launchers
            finally:
                process.stdin.close()
                process.terminate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
