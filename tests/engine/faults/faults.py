"""The faults of a tenancy. Each function injects a fault at a random point and returns the outcome.

It fails if user data is lost or an ``up`` after the recovery is not clean.
"""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from local.tenancy.engine_environment import uses_stand_in
from tests.engine.faults import processes
from tests.engine.faults.another_way import another_address, another_machine
from tests.engine.faults.killed_up import blocking_hook, kill_up
from tests.engine.faults.proxy import NetworkFault, Proxy, proxy_to
from tests.engine.faults.targets import GROUP, BackgroundOperation, FaultTarget, run_in_background
from tests.support.administrator import Administrator

EARLY = 0.6
"""Share of the first ``up``'s duration in which faults occur, because later operations are shorter."""

SLOW_HELM = """\
#!/bin/sh
{helm} "$@" || exit
[ "$1" != uninstall ] || {{ touch {uninstalled}; exec sleep 60; }}
"""

HELM_INSIDE_PLUGIN = "not possible: Helm runs inside the official Kubernetes plugin"

Fault = Callable[[FaultTarget], str]


def engine_killed_during_up(target: FaultTarget) -> str:
    """Kill the engine, alone or with all its plugins, during an ``up`` with changes."""
    target.stack.write(notebookStorageGb=_more_storage(target))
    return _kill_engine(target, "up")


def engine_killed_during_destroy(target: FaultTarget) -> str:
    """Kill the engine, alone or with all its plugins, during a ``destroy``."""
    return _kill_engine(target, "destroy")


def _kill_engine(target: FaultTarget, operation: str) -> str:
    before = target.user_data()
    running = run_in_background(target, operation)
    engine = _engine(running)
    time.sleep(target.random.uniform(0, target.up_seconds * EARLY))
    plugins = list(processes.below(engine))
    with_plugins = target.random.random() < 0.5
    was_running = bool(processes.program(engine))
    processes.kill(engine, *(plugins if with_plugins else []))
    running.end()
    # Plugins and helm finish their work without the engine; Pulumi's own launcher of dynamic providers never ends.
    own = [each for each in plugins if "start.py" in processes.words(each) or processes.program(each) == "helm"]
    processes.wait_until_gone(own)
    processes.kill(*plugins)
    target.recover()
    assert target.user_data() == before
    return ("with its plugins" if with_plugins else "alone") if was_running else "it had ended"


def directory_answer_lost_and_engine_killed(target: FaultTarget) -> str:
    """Kill the engine after the directory has added the group and before the engine receives the answer."""
    target.stack.destroy()
    with Administrator.at(target.directory) as administrator, _through_proxy(target) as proxy:
        administrator.delete(GROUP)
        proxy.fault = NetworkFault(delay_seconds=1.0)
        running = run_in_background(target, "up")
        engine = _engine(running)
        while administrator.entry(GROUP) is None:
            assert not running.has_ended, "the group was not added"
            time.sleep(0.02)
        plugins = list(processes.below(engine))
        processes.kill(engine, *plugins)
        running.end()
        target.stack.write()
        target.recover()
        administrator.add_members(GROUP, [target.directory.user_dn("alice")])
    return "adopted by the next up"


def helm_answer_lost_and_engine_killed(target: FaultTarget) -> str:
    """Kill the engine after Helm has uninstalled the release and before the engine receives the answer."""
    if not uses_stand_in(target.stack.folder):
        return HELM_INSIDE_PLUGIN
    before = target.user_data()
    kill_engine_after_uninstall(target)
    target.recover()
    assert target.user_data() == before
    return "reported, installed again after a refresh"


def kill_engine_after_uninstall(target: FaultTarget) -> None:
    """Kill the engine during ``destroy``, so that its state contains a release that no longer exists."""
    with _slow_helm(target) as uninstalled:
        running = run_in_background(target, "destroy")
        engine = _engine(running)
        while not uninstalled.exists():
            assert not running.has_ended, "the release was not uninstalled"
            time.sleep(0.02)
        processes.kill(engine, *processes.below(engine))
        running.end()
    assert target.release_status() == ""


@contextlib.contextmanager
def _slow_helm(target: FaultTarget) -> Iterator[Path]:
    """Replace helm by one that waits after uninstalling; provide the file that it creates before waiting."""
    helm = target.tools / "helm"
    real = helm.readlink()
    uninstalled = target.stack.folder / "uninstalled"
    helm.unlink()
    helm.write_text(SLOW_HELM.format(helm=real, uninstalled=uninstalled))
    helm.chmod(0o700)
    try:
        yield uninstalled
    finally:
        helm.unlink()
        helm.symlink_to(real)
        uninstalled.unlink(missing_ok=True)


@contextlib.contextmanager
def _through_proxy(target: FaultTarget) -> Iterator[Proxy]:
    with proxy_to(target.directory.ldaps_port) as proxy:
        host = target.stack.identity["server"].partition(":")[0]
        target.stack.write(identity={**target.stack.identity, "server": f"{host}:{proxy.port}"})
        yield proxy


def api_server_killed_during_up(target: FaultTarget) -> str:
    """Kill the API server during an ``up`` and start it again."""
    before = target.user_data()
    target.stack.write(notebookStorageGb=_more_storage(target))
    running = run_in_background(target, "up")
    _engine(running)
    time.sleep(target.random.uniform(0, target.up_seconds * EARLY))
    with target.api_server.stopped():
        time.sleep(target.random.uniform(0, 3))
    error = running.end()
    assert "Traceback" not in error, error
    target.recover()
    assert target.user_data() == before
    return "the up failed" if error else "the up waited"


def directory_killed_before_up(target: FaultTarget) -> str:
    """Kill the directory before an ``up`` that creates the group again, and start it afterwards."""
    before = target.user_data()
    target.stack.destroy()
    target.directory.kill()
    error = target.run("up")
    target.directory.up()
    assert "the connection was refused; check that the directory runs there" in error
    assert "Traceback" not in error
    target.recover()
    assert target.user_data() == before
    return "reported"


def state_truncated(target: FaultTarget) -> str:
    """Truncate the state file; the engine refuses it, and its backup copy is valid."""
    before = target.user_data()
    content = target.state_file.read_bytes()
    target.state_file.write_bytes(content[: target.random.randrange(1, len(content))])
    error = target.run("up")
    assert error, "the engine accepted a state file that it cannot read"
    assert target.user_data() == before
    shutil.copyfile(target.state_file.with_suffix(".json.bak"), target.state_file)
    target.recover()
    assert target.user_data() == before
    return "refused, restored from its .bak file"


def two_concurrent_ups(target: FaultTarget) -> str:
    """Start a second ``up``, which the lock of the first refuses."""
    before = target.user_data()
    target.stack.write(notebookStorageGb=_more_storage(target))
    first = run_in_background(target, "up")
    while not list((target.stack.folder / "backend").rglob("locks/**/*.json")):
        assert not first.has_ended
        time.sleep(0.02)
    error = target.run("up")
    assert "the stack is currently locked" in error
    assert first.end() == ""
    target.recover()
    assert target.user_data() == before
    return "the second was refused"


def up_killed_during_upgrade(target: FaultTarget) -> str:
    """Kill the engine, its plugins and helm while helm upgrades the release."""
    before = target.user_data()
    target.stack.write(notebookStorageGb=_more_storage(target))
    with blocking_hook(target.stack):
        kill_up(target.stack, lambda: target.release_status() == "pending-upgrade")
    target.recover()
    assert target.user_data() == before
    return "repaired by the command in the message"


def up_killed_during_install(target: FaultTarget) -> str:
    """Kill the engine, its plugins and helm while helm installs the release for the first time."""
    before = target.user_data()
    target.stack.destroy()
    with blocking_hook(target.stack):
        kill_up(target.stack, lambda: target.release_status() == "pending-install")
    target.recover()
    assert target.user_data() == before
    return "repaired by the command in the message"


FAULTS: dict[str, Fault] = {
    "engine killed during up": engine_killed_during_up,
    "engine killed during destroy": engine_killed_during_destroy,
    "engine killed after the directory's change, before its answer": directory_answer_lost_and_engine_killed,
    "engine killed after Helm's uninstall, before its answer": helm_answer_lost_and_engine_killed,
    "API server killed during up": api_server_killed_during_up,
    "directory killed before up": directory_killed_before_up,
    "Helm release left pending-install": up_killed_during_install,
    "Helm release left pending-upgrade": up_killed_during_upgrade,
    "state file truncated": state_truncated,
    "two concurrent ups": two_concurrent_ups,
    "another address": another_address,
    "another machine": another_machine,
}


def _engine(running: BackgroundOperation) -> int:
    while (engine := processes.engine()) is None:
        assert not running.has_ended, "the operation ended before its engine was found"
        time.sleep(0.01)
    return engine


def _more_storage(target: FaultTarget) -> int:
    deployed = target.stack.contract()["settings"]["notebookStorageGb"]
    return int(deployed) + 1
