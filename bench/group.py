"""The FreeIPA group: its creation compared with ``ldapadd``, its round trips, and its reading by number of members."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import ldap3
from ldap3.strategy.base import BaseStrategy

from bench.measurements import Amounts, Comparison, Growth, measure_in_turn
from components.freeipa.group_resource import FreeIpaGroupProvider
from components.freeipa.groups import open_groups
from components.freeipa.settings import directory as directory_of
from local.directory.client import connection
from tests.support.directory import ThrowAwayDirectory

MEMBERS = (0, 1, 100, 1000, 10_000)
ROUND_TRIPS_LIMIT = 3
PROVIDER_GROUP, LDAPADD_GROUP, LARGE_GROUP = "bench_provider", "bench_ldapadd", "bench_large"


def compare_creation(directory: ThrowAwayDirectory, repetitions: int) -> Comparison:
    """Compare the provider's ``create``, without the start of its plugin, with the program ``ldapadd``."""
    return Comparison(
        name="group",
        description="the provider creates the FreeIPA group: connect, verify, log in, add",
        baseline="a bare ldapadd of the same entry",
        limit=None,
        pairs=measure_in_turn(lambda: _create(directory), lambda: _ldapadd(directory), repetitions),
    )


def count_round_trips(directory: ThrowAwayDirectory) -> Amounts:
    """Count the requests that the provider sends to the directory to create a group."""
    with _recorded_requests() as requests:
        _call_create(FreeIpaGroupProvider(), directory, _props(directory, PROVIDER_GROUP))
    _remove(directory, PROVIDER_GROUP)
    return Amounts(
        "group-round-trips",
        "LDAP requests of one creation of the group, including the log-in",
        "requests",
        {"create": len(requests)},
        {"create": ROUND_TRIPS_LIMIT},
        (" ".join(requests),),
    )


def measure_reading(directory: ThrowAwayDirectory, repetitions: int, sizes: tuple[int, ...] = MEMBERS) -> Growth:
    """Measure the provider's ``read`` of a group by its number of members."""
    provider = FreeIpaGroupProvider()
    props = _props(directory, LARGE_GROUP)
    _call_create(provider, directory, props)
    points = {}
    try:
        present = 0
        for size in sizes:
            _add_members(directory, present, size)
            present = size
            points[size] = tuple(_read(provider, directory, props) for _ in range(repetitions + 1))[1:]
    finally:
        _remove(directory, LARGE_GROUP)
    return Growth(
        name="group-members",
        description="the provider reads a group with N members",
        size="members",
        points=points,
        flat=True,
    )


def _create(directory: ThrowAwayDirectory) -> float:
    started = time.perf_counter()
    _call_create(FreeIpaGroupProvider(), directory, _props(directory, PROVIDER_GROUP))
    seconds = time.perf_counter() - started
    _remove(directory, PROVIDER_GROUP)
    return seconds


def _call_create(provider: FreeIpaGroupProvider, directory: ThrowAwayDirectory, props: dict[str, Any]) -> None:
    with _password(directory):
        provider.create(provider.check({}, props).inputs)


def _read(provider: FreeIpaGroupProvider, directory: ThrowAwayDirectory, props: dict[str, Any]) -> float:
    with _password(directory):
        started = time.perf_counter()
        found = provider.read("id", provider.check({}, props).inputs)
        seconds = time.perf_counter() - started
    if not found.id:
        raise RuntimeError(f"the group {LARGE_GROUP} does not exist")
    return seconds


def _ldapadd(directory: ThrowAwayDirectory) -> float:
    entry = "\n".join(
        [
            f"dn: {directory.group_dn(LDAPADD_GROUP)}",
            *(f"objectClass: {name}" for name in ("top", "groupofnames", "nestedgroup", "ipausergroup", "ipaobject")),
            f"cn: {LDAPADD_GROUP}",
            "description: bench",
            "ipaUniqueID: autogenerate",
            "",
        ]
    )
    password = directory.state.root / "bench-password"
    password.touch(mode=0o600)
    password.write_text(directory.operator_password)
    started = time.perf_counter()
    subprocess.run(
        ["ldapadd", "-x", "-H", _uri(directory), "-D", directory.operator_dn, "-y", str(password)],
        input=entry,
        text=True,
        check=True,
        capture_output=True,
        timeout=30,
        # libldap replaces `localhost` by the machine's own name, which is not in the certificate.
        env={**os.environ, "LDAPTLS_CACERT": str(directory.ca_file), "LDAPTLS_REQCERT": "allow"},
    )
    seconds = time.perf_counter() - started
    password.unlink()
    _remove(directory, LDAPADD_GROUP)
    return seconds


def _uri(directory: ThrowAwayDirectory) -> str:
    return f"ldaps://{directory.host}:{directory.ldaps_port}"


def _props(directory: ThrowAwayDirectory, name: str) -> dict[str, Any]:
    return {
        "servers": [f"{directory.host}:{directory.ldaps_port}"],
        "tls": "ldaps",
        "caCertificate": directory.ca_pem,
        "bindDn": directory.operator_dn,
        "suffix": directory.suffix,
        "name": name,
        "description": "bench",
        "existingGroup": "refuse",
        "protect": False,
    }


def _remove(directory: ThrowAwayDirectory, name: str) -> None:
    settings = directory_of(
        [f"{directory.host}:{directory.ldaps_port}"], "ldaps", directory.ca_pem, directory.operator_dn
    )
    with open_groups(settings, directory.suffix, directory.operator_password) as ipa:
        ipa.delete_group(name)


def _add_members(directory: ThrowAwayDirectory, start: int, stop: int) -> None:
    members = [directory.user_dn(f"m{number}") for number in range(start, stop)]
    with connection(directory.state, directory.endpoint, directory.admin_dn, "admin") as admin:
        for first in range(0, len(members), 1000):
            change = {"member": [(ldap3.MODIFY_ADD, members[first : first + 1000])]}
            admin.modify(directory.group_dn(LARGE_GROUP), change)  # type: ignore[no-untyped-call]


@contextmanager
def _password(directory: ThrowAwayDirectory) -> Iterator[None]:
    os.environ["FREEIPA_BIND_PASSWORD"] = directory.operator_password
    try:
        yield
    finally:
        del os.environ["FREEIPA_BIND_PASSWORD"]


@contextmanager
def _recorded_requests() -> Iterator[list[str]]:
    """Record the kinds of the requests that ldap3 sends inside the block, without the final unbind."""
    send = BaseStrategy.send
    requests: list[str] = []

    def record(strategy: BaseStrategy, kind: str, *rest: object) -> object:
        if kind != "unbindRequest":
            requests.append(kind)
        return send(strategy, kind, *rest)  # type: ignore[arg-type]

    with patch.object(BaseStrategy, "send", record):
        yield requests
