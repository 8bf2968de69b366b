"""The faults. Each function injects a fault at a random point and returns the outcome.

It fails if user data is lost or an ``up`` after the recovery is not clean.
"""

import contextlib
import shutil
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from pulumi.automation import OpType

from local.tenancy.engine_environment import uses_stand_in
from local.tenancy.pki import authority
from tests.engine.faults import processes
from tests.engine.faults.another_way import another_address, another_machine
from tests.engine.faults.killed_up import blocking_hook, kill_up
from tests.engine.faults.proxy import NetworkFault, Proxy, proxy_to
from tests.engine.faults.targets import (
    GROUP,
    BackgroundOperation,
    FaultTarget,
    GroupFaultTarget,
    run_in_background,
)
from tests.support.administrator import Administrator
from tests.support.certificates import DAY, NOW, Authority, server_context
from tests.support.scripted_server import BIND, Answer, scripted_server

EARLY = 0.6
"""Share of the first ``up``'s duration in which faults occur, because later operations are shorter."""

LONGEST_FAILURE_SECONDS = 75.0
"""Limit of an operation on a group whose directory has a fault: the time-outs of some calls, and the engine's work."""

SLOW_HELM = """\
#!/bin/sh
{helm} "$@" || exit
[ "$1" != uninstall ] || {{ touch {uninstalled}; exec sleep 60; }}
"""

HELM_INSIDE_PLUGIN = "not possible: Helm runs inside the official Kubernetes plugin"

Fault = Callable[[FaultTarget], str]
GroupFault = Callable[[GroupFaultTarget], str]


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


def certificate_expired(target: GroupFaultTarget) -> str:
    """Let the directory present an expired certificate of the right authority."""
    context = server_context(target.folder, _authority(target), "localhost", begin=NOW - 2 * DAY, end=NOW - DAY)
    return _with_certificate(target, context, "has expired or is not valid yet")


def certificate_of_another_host(target: GroupFaultTarget) -> str:
    """Let the directory present a certificate for another host, from the right authority."""
    context = server_context(target.folder, _authority(target), "elsewhere.example.org")
    return _with_certificate(target, context, "certificate is not for this host")


def _authority(target: GroupFaultTarget) -> Authority:
    files = authority(target.directory.state, "tenancy")
    key = load_pem_private_key(files.key.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Authority(load_pem_x509_certificate(files.crt.read_bytes()), key)


def _with_certificate(target: GroupFaultTarget, context: ssl.SSLContext, message: str) -> str:
    before = target.user_data()
    target.stack.destroy()
    with scripted_server([Answer()] * 3, tls=context) as server:
        target.stack.declare(servers=[f"localhost:{server.port}"])
        error = target.run("up")
        assert message in error, error
        assert BIND not in server.kinds, "the password was sent to an unverified server"
    target.stack.declare(servers=[f"localhost:{target.proxy.port}"])
    target.stack.up()
    assert set(target.stack.preview()) == {OpType.SAME}
    assert target.user_data() == before
    return "refused before the password was sent"


def clock_is_wrong(target: GroupFaultTarget) -> str:
    """Set the clock years ahead or back, so that no certificate is valid; then correct it."""
    [library] = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
    before = target.user_data()
    days = target.random.choice((-1, 1)) * target.random.randrange(800, 4000)
    target.stack.destroy()
    variables: Any = target.stack._stack.workspace.env_vars
    # The engine is a static program and not affected; its plugin, which connects to the directory, is.
    wrong = {"LD_PRELOAD": str(library), "FAKETIME": f"{days:+}d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    variables.update(wrong)
    try:
        error = target.run("up")
    finally:
        for name in wrong:
            del variables[name]
    assert "has expired or is not valid yet" in error, error
    assert "check this machine's clock" in error
    target.stack.up()
    assert set(target.stack.preview()) == {OpType.SAME}
    assert target.user_data() == before
    return "message names the clock"


def directory_slow(target: GroupFaultTarget) -> str:
    """Delay every byte, so that no call can finish in time."""
    return _with_network_fault(target, NetworkFault(byte_by_byte=True, delay_seconds=0.2), "no answer in time")


def directory_hangs(target: GroupFaultTarget) -> str:
    """Withhold everything after a random byte."""
    at = _random_position(target)
    return _with_network_fault(target, NetworkFault(withhold_after=at), "in time")


def directory_closes_in_mid_answer(target: GroupFaultTarget) -> str:
    """Close the connection after a random byte."""
    return _with_network_fault(target, NetworkFault(cut_after=_random_position(target)), "")


def directory_returns_garbage(target: GroupFaultTarget) -> str:
    """Change all bytes after a random one."""
    return _with_network_fault(target, NetworkFault(corrupt_after=_random_position(target)), "")


def _random_position(target: GroupFaultTarget) -> int:
    return target.random.randrange(target.proxy.answered_bytes)


def _with_network_fault(target: GroupFaultTarget, fault: NetworkFault, message: str) -> str:
    before = target.user_data()
    operation = target.random.choice(("up", "destroy"))
    if operation == "up":
        target.stack.destroy()
    begin = time.monotonic()
    with target.proxy.inject(fault):
        error = target.run(operation)
    seconds = time.monotonic() - begin
    assert seconds < LONGEST_FAILURE_SECONDS, f"{operation} took {seconds:.0f} s"
    if error:
        assert message in error, error
        assert f"localhost:{target.proxy.port}: " in error, error
        assert "Traceback" not in error, error
        assert target.directory.operator_password not in error
    assert target.user_data() == before
    target.stack.up()
    assert set(target.stack.preview()) == {OpType.SAME}
    assert target.user_data() == before
    return f"{operation} failed" if error else f"{operation} finished before the fault"


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
GROUP_FAULTS: dict[str, GroupFault] = {
    "directory slow": directory_slow,
    "directory hangs": directory_hangs,
    "directory closes the connection in mid-answer": directory_closes_in_mid_answer,
    "directory returns garbage": directory_returns_garbage,
    "clock is wrong": clock_is_wrong,
    "directory's certificate expired": certificate_expired,
    "directory's certificate for another host": certificate_of_another_host,
}


def _engine(running: BackgroundOperation) -> int:
    while (engine := processes.engine()) is None:
        assert not running.has_ended, "the operation ended before its engine was found"
        time.sleep(0.01)
    return engine


def _more_storage(target: FaultTarget) -> int:
    deployed = target.stack.contract()["settings"]["notebookStorageGb"]
    return int(deployed) + 1
