"""The faults of a group's directory and of the way to it. Each function injects a fault and returns the outcome.

It fails if a member is lost, a message does not name the cause, or an ``up`` afterwards is not clean.
"""

import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from pulumi.automation import OpType

from local.tenancy.pki import authority
from tests.engine.faults.proxy import NetworkFault
from tests.engine.faults.targets import GroupFaultTarget
from tests.support.certificates import DAY, NOW, Authority, server_context
from tests.support.scripted_server import BIND, Answer, scripted_server

LONGEST_FAILURE_SECONDS = 240.0
"""Limit of an operation on a group whose directory has a fault: the time-outs of some calls, and the engine's work on a
busy machine."""

GroupFault = Callable[[GroupFaultTarget], str]


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


GROUP_FAULTS: dict[str, GroupFault] = {
    "directory slow": directory_slow,
    "directory hangs": directory_hangs,
    "directory closes the connection in mid-answer": directory_closes_in_mid_answer,
    "directory returns garbage": directory_returns_garbage,
    "clock is wrong": clock_is_wrong,
    "directory's certificate expired": certificate_expired,
    "directory's certificate for another host": certificate_of_another_host,
}
