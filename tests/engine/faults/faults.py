"""The faults: each strikes a place at a point it draws, says how, and sees that nothing is lost and all goes on."""

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

from local.tenancy.pki import authority
from tests.engine.faults import processes
from tests.engine.faults.places import CLUSTER, GROUP, GroupPlace, InBackground, Place, in_background
from tests.engine.faults.proxy import Proxy, Weather, proxy_to
from tests.support.administrator import Administrator
from tests.support.certificates import DAY, NOW, Authority, server_context
from tests.support.operator import Operator
from tests.support.scripted_server import BIND, Answer, scripted_server

EARLY = 0.6
"""Of the time a first up takes: a later operation is shorter, and there shall be something left to strike at."""

LONGEST_FAILURE_SECONDS = 75.0
"""For an operation on one group whose directory is bad: some of its calls' longest waits, and the engine around it."""

LINGERING_HELM = """\
#!/bin/sh
{helm} "$@" || exit
[ "$1" != uninstall ] || {{ touch {uninstalled}; exec sleep 60; }}
"""

Fault = Callable[[Place], str]
GroupFault = Callable[[GroupPlace], str]


def engine_killed_in_up(place: Place) -> str:
    """SIGKILL to the engine, or to it and all its plugins, somewhere in an ``up`` that changes something."""
    place.stack.write(notebookStorageGb=_more_storage(place))
    return _killed(place, "up")


def engine_killed_in_destroy(place: Place) -> str:
    """The same in a ``destroy``."""
    return _killed(place, "destroy")


def _killed(place: Place, operation: str) -> str:
    before = place.belongings()
    running = in_background(place, operation)
    engine = _engine(running)
    time.sleep(place.random.uniform(0, place.up_seconds * EARLY))
    plugins = list(processes.below(engine))
    with_plugins = place.random.random() < 0.5
    struck = bool(processes.program(engine))
    processes.kill(engine, *(plugins if with_plugins else []))
    running.end()
    # What goes on without its engine finishes its work and ends; the dynamic provider is Pulumi's own, and does not.
    own = [each for each in plugins if "start.py" in processes.words(each) or processes.program(each) == "helm"]
    processes.wait_until_gone(own)
    processes.kill(*plugins)
    place.settle()
    assert place.belongings() == before
    return ("with its plugins" if with_plugins else "alone") if struck else "it had ended"


def directory_answer_lost_and_engine_killed(place: Place) -> str:
    """The engine dies after the directory has added the group and before it hears of it."""
    place.stack.destroy()
    with Administrator.at(place.directory) as administrator, _behind(place) as proxy:
        administrator.delete(GROUP)
        proxy.weather = Weather(delay_seconds=1.0)
        running = in_background(place, "up")
        engine = _engine(running)
        while administrator.entry(GROUP) is None:
            assert not running.is_over, "the group was not added"
            time.sleep(0.02)
        plugins = list(processes.below(engine))
        processes.kill(engine, *plugins)
        running.end()
        place.stack.write()
        place.settle()
        administrator.add_members(GROUP, [place.directory.user_dn("alice")])
    return "taken up by the next up"


def helm_answer_lost_and_engine_killed(place: Place) -> str:
    """The engine dies after helm has uninstalled the release and before it hears of it."""
    before = place.belongings()
    kill_after_the_uninstall(place)
    place.settle()
    assert place.belongings() == before
    return "told, and installed again after a refresh"


def kill_after_the_uninstall(place: Place) -> None:
    """The state then has a release that is gone."""
    with _helm_that_lingers(place) as uninstalled:
        running = in_background(place, "destroy")
        engine = _engine(running)
        while not uninstalled.exists():
            assert not running.is_over, "the release was not uninstalled"
            time.sleep(0.02)
        processes.kill(engine, *processes.below(engine))
        running.end()
    assert place.release() == ""


@contextlib.contextmanager
def _helm_that_lingers(place: Place) -> Iterator[Path]:
    """A ``helm`` that goes on for a while after it has uninstalled; the file that says that it has."""
    helm = place.tools / "helm"
    real = helm.readlink()
    uninstalled = place.stack.folder / "uninstalled"
    helm.unlink()
    helm.write_text(LINGERING_HELM.format(helm=real, uninstalled=uninstalled))
    helm.chmod(0o700)
    try:
        yield uninstalled
    finally:
        helm.unlink()
        helm.symlink_to(real)
        uninstalled.unlink(missing_ok=True)


@contextlib.contextmanager
def _behind(place: Place) -> Iterator[Proxy]:
    with proxy_to(place.directory.ldaps_port) as proxy:
        host = place.stack.identity["server"].partition(":")[0]
        place.stack.write(identity={**place.stack.identity, "server": f"{host}:{proxy.port}"})
        yield proxy


def api_server_killed_in_up(place: Place) -> str:
    """SIGKILL to the API server somewhere in an ``up``; it comes back."""
    before = place.belongings()
    place.stack.write(notebookStorageGb=_more_storage(place))
    running = in_background(place, "up")
    _engine(running)
    time.sleep(place.random.uniform(0, place.up_seconds * EARLY))
    with place.api_server.stopped():
        time.sleep(place.random.uniform(0, 3))
    said = running.end()
    assert "Traceback" not in said, said
    place.settle()
    assert place.belongings() == before
    return "the up failed" if said else "the up waited"


def directory_killed_in_up(place: Place) -> str:
    """SIGKILL to the directory before an ``up`` that makes the group again; it comes back."""
    before = place.belongings()
    place.stack.destroy()
    place.directory.kill()
    said = place.tried("up")
    place.directory.up()
    assert "the connection was refused; check that the directory runs there" in said
    assert "Traceback" not in said
    place.settle()
    assert place.belongings() == before
    return "told"


def state_truncated(place: Place) -> str:
    """The state file ends in the middle; the engine says so, and its own copy beside it is good."""
    before = place.belongings()
    content = place.state_file.read_bytes()
    place.state_file.write_bytes(content[: place.random.randrange(1, len(content))])
    said = place.tried("up")
    assert said, "an engine that cannot read its state must not go on"
    assert place.belongings() == before
    shutil.copyfile(place.state_file.with_suffix(".json.bak"), place.state_file)
    place.settle()
    assert place.belongings() == before
    return "refused, and restored from its .bak"


def two_ups_at_once(place: Place) -> str:
    """The second is refused by the first one's lock; the first goes on."""
    before = place.belongings()
    place.stack.write(notebookStorageGb=_more_storage(place))
    first = in_background(place, "up")
    while not list((place.stack.folder / "backend").rglob("locks/**/*.json")):
        assert not first.is_over
        time.sleep(0.02)
    said = place.tried("up")
    assert "the stack is currently locked" in said
    assert first.end() == ""
    place.settle()
    assert place.belongings() == before
    return "the second was refused"


def release_left_pending_upgrade(place: Place) -> str:
    """helm itself is killed in the middle of an upgrade."""
    before = place.belongings()
    Operator(place.stack, place.tools).kill_in_the_middle(["upgrade"], CLUSTER)
    said = place.tried("up")
    assert "is pending-upgrade" in said
    place.settle()
    assert place.belongings() == before
    return "mended by the command the refusal names"


def release_left_pending_install(place: Place) -> str:
    """helm is killed in the middle of a first installation."""
    before = place.belongings()
    place.stack.destroy()
    Operator(place.stack, place.tools).kill_in_the_middle(["install"], CLUSTER)
    said = place.tried("up")
    assert "is pending-install" in said
    place.settle()
    assert place.belongings() == before
    return "mended by the command the refusal names"


def certificate_expired(place: GroupPlace) -> str:
    """The directory shows a certificate whose time is over, signed by the right authority."""
    context = server_context(place.folder, _authority(place), "localhost", begin=NOW - 2 * DAY, end=NOW - DAY)
    return _another_certificate(place, context, "is expired or not valid yet")


def certificate_of_another_host(place: GroupPlace) -> str:
    """The directory shows a certificate for another name, signed by the right authority."""
    context = server_context(place.folder, _authority(place), "elsewhere.example.org")
    return _another_certificate(place, context, "certificate does not name this host")


def _authority(place: GroupPlace) -> Authority:
    files = authority(place.directory.state, "tenancy")
    key = load_pem_private_key(files.key.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Authority(load_pem_x509_certificate(files.crt.read_bytes()), key)


def _another_certificate(place: GroupPlace, context: ssl.SSLContext, sentence: str) -> str:
    before = place.belongings()
    place.stack.destroy()
    with scripted_server([Answer()] * 3, tls=context) as server:
        place.stack.declare(servers=[f"localhost:{server.port}"])
        said = place.tried("up")
        assert sentence in said, said
        assert BIND not in server.kinds, "nobody unverified hears the password"
    place.stack.declare(servers=[f"localhost:{place.proxy.port}"])
    place.stack.up()
    assert set(place.stack.preview()) == {OpType.SAME}
    assert place.belongings() == before
    return "refused before the password was sent"


def clock_jumps(place: GroupPlace) -> str:
    """The clock of the engine's machine is years ahead or behind, so that no certificate is valid; then right again."""
    [library] = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
    before = place.belongings()
    days = place.random.choice((-1, 1)) * place.random.randrange(800, 4000)
    place.stack.destroy()
    variables: Any = place.stack._stack.workspace.env_vars
    # The engine is a static program and keeps its time; what it starts, the plugin that asks the directory, does not.
    wrong = {"LD_PRELOAD": str(library), "FAKETIME": f"{days:+}d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    variables.update(wrong)
    try:
        said = place.tried("up")
    finally:
        for name in wrong:
            del variables[name]
    assert "is expired or not valid yet" in said, said
    assert "check this machine's clock" in said
    place.stack.up()
    assert set(place.stack.preview()) == {OpType.SAME}
    assert place.belongings() == before
    return "told to check the clock"


def directory_slow(place: GroupPlace) -> str:
    """A byte at a time, slower than any call may take."""
    return _bad_weather(place, Weather(byte_by_byte=True, delay_seconds=0.2), "no answer in time")


def directory_hangs(place: GroupPlace) -> str:
    """Everything after a drawn byte is withheld."""
    at = _somewhere(place)
    return _bad_weather(place, Weather(withheld_after=at), "in time")


def directory_closes_in_mid_answer(place: GroupPlace) -> str:
    """The connection ends after a drawn byte."""
    return _bad_weather(place, Weather(cut_after=_somewhere(place)), "")


def directory_answers_garbage(place: GroupPlace) -> str:
    """Everything after a drawn byte is something else."""
    return _bad_weather(place, Weather(spoilt_after=_somewhere(place)), "")


def _somewhere(place: GroupPlace) -> int:
    return place.random.randrange(place.proxy.answered_bytes)


def _bad_weather(place: GroupPlace, weather: Weather, sentence: str) -> str:
    before = place.belongings()
    operation = place.random.choice(("up", "destroy"))
    if operation == "up":
        place.stack.destroy()
    begin = time.monotonic()
    with place.proxy.bad(weather):
        said = place.tried(operation)
    took_seconds = time.monotonic() - begin
    assert took_seconds < LONGEST_FAILURE_SECONDS, f"{operation} took {took_seconds:.0f} s"
    if said:
        assert sentence in said, said
        assert f"localhost:{place.proxy.port}: " in said, said
        assert "Traceback" not in said, said
        assert place.directory.operator_password not in said
    assert place.belongings() == before
    place.stack.up()
    assert set(place.stack.preview()) == {OpType.SAME}
    assert place.belongings() == before
    return f"{operation} failed" if said else f"{operation} was through before"


FAULTS: dict[str, Fault] = {
    "engine killed in up": engine_killed_in_up,
    "engine killed in destroy": engine_killed_in_destroy,
    "engine killed between the directory's change and its answer": directory_answer_lost_and_engine_killed,
    "engine killed between helm's uninstalling and its answer": helm_answer_lost_and_engine_killed,
    "API server killed in up": api_server_killed_in_up,
    "directory killed before up": directory_killed_in_up,
    "Helm release left pending-install": release_left_pending_install,
    "Helm release left pending-upgrade": release_left_pending_upgrade,
    "state file truncated": state_truncated,
    "two ups at once": two_ups_at_once,
}
GROUP_FAULTS: dict[str, GroupFault] = {
    "directory slow": directory_slow,
    "directory hangs": directory_hangs,
    "directory closes in mid-answer": directory_closes_in_mid_answer,
    "directory answers garbage": directory_answers_garbage,
    "clock jumps": clock_jumps,
    "directory's certificate expired": certificate_expired,
    "directory's certificate of another host": certificate_of_another_host,
}


def _engine(running: InBackground) -> int:
    while (engine := processes.engine()) is None:
        assert not running.is_over, "the operation ended before its engine was seen"
        time.sleep(0.01)
    return engine


def _more_storage(place: Place) -> int:
    deployed = place.stack.contract()["settings"]["notebookStorageGb"]
    return int(deployed) + 1
