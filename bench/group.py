"""The FreeIPA group: made by the provider against a bare ``ldapadd``, and looked at whatever its number of members."""

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
from components.freeipa.groups import groups
from components.freeipa.settings import directory as directory_of
from local.directory.client import connection
from tests.support.directory import ThrowAwayDirectory

MEMBERS = (0, 1, 100, 1000, 10_000)
ROUND_TRIPS_AT_MOST = 3
MADE, BARE, CROWDED = "bench_made", "bench_bare", "bench_crowded"


def made(directory: ThrowAwayDirectory, repetitions: int) -> Comparison:
    """Seconds of the provider's ``create`` in its running plugin, against the program ``ldapadd``."""
    return Comparison(
        name="group",
        description="the provider makes the FreeIPA group: connect, verify, log in, add",
        baseline="a bare ldapadd of the same entry",
        limit=None,
        pairs=measure_in_turn(lambda: _provider(directory), lambda: _ldapadd(directory), repetitions),
        notes=("ldapadd is a process of its own; the limit is on round trips and flatness",),
    )


def round_trips(directory: ThrowAwayDirectory) -> Amounts:
    """How often the provider waits for an answer of the directory while it makes a group."""
    with _counted() as sent:
        _provider_creates(FreeIpaGroupProvider(), directory, _props(directory, MADE))
    _remove(directory, MADE)
    return Amounts(
        "group-round-trips",
        "LDAP requests of one creation of the group, its log-in among them",
        "requests",
        {"create": len(sent)},
        {"create": ROUND_TRIPS_AT_MOST},
        (" ".join(sent),),
    )


def by_members(directory: ThrowAwayDirectory, repetitions: int, sizes: tuple[int, ...] = MEMBERS) -> Growth:
    """Seconds of the provider's ``read`` of a group with N members."""
    provider = FreeIpaGroupProvider()
    props = _props(directory, CROWDED)
    _provider_creates(provider, directory, props)
    points = {}
    try:
        present = 0
        for size in sizes:
            _add_members(directory, present, size)
            present = size
            points[size] = tuple(_read(provider, directory, props) for _ in range(repetitions + 1))[1:]
    finally:
        _remove(directory, CROWDED)
    return Growth(
        name="group-members",
        description="the provider reads a group with N members",
        size="members",
        points=points,
        flat=True,
    )


def _provider(directory: ThrowAwayDirectory) -> float:
    started = time.perf_counter()
    _provider_creates(FreeIpaGroupProvider(), directory, _props(directory, MADE))
    seconds = time.perf_counter() - started
    _remove(directory, MADE)
    return seconds


def _provider_creates(provider: FreeIpaGroupProvider, directory: ThrowAwayDirectory, props: dict[str, Any]) -> None:
    with _password(directory):
        provider.create(provider.check({}, props).inputs)


def _read(provider: FreeIpaGroupProvider, directory: ThrowAwayDirectory, props: dict[str, Any]) -> float:
    with _password(directory):
        started = time.perf_counter()
        found = provider.read("id", provider.check({}, props).inputs)
        seconds = time.perf_counter() - started
    if not found.id:
        raise RuntimeError(f"{CROWDED} is not found")
    return seconds


def _ldapadd(directory: ThrowAwayDirectory) -> float:
    entry = "\n".join(
        [
            f"dn: {directory.group_dn(BARE)}",
            *(f"objectClass: {name}" for name in ("top", "groupofnames", "nestedgroup", "ipausergroup", "ipaobject")),
            f"cn: {BARE}",
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
        # libldap takes `localhost` for the machine's own name, which the certificate does not have.
        env={**os.environ, "LDAPTLS_CACERT": str(directory.ca_file), "LDAPTLS_REQCERT": "allow"},
    )
    seconds = time.perf_counter() - started
    password.unlink()
    _remove(directory, BARE)
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
    where = directory_of([f"{directory.host}:{directory.ldaps_port}"], "ldaps", directory.ca_pem, directory.operator_dn)
    with groups(where, directory.suffix, directory.operator_password) as there:
        there.delete_group(name)


def _add_members(directory: ThrowAwayDirectory, start: int, stop: int) -> None:
    members = [directory.user_dn(f"m{number}") for number in range(start, stop)]
    with connection(directory.state, directory.endpoint, directory.admin_dn, "admin") as admin:
        for first in range(0, len(members), 1000):
            change = {"member": [(ldap3.MODIFY_ADD, members[first : first + 1000])]}
            admin.modify(directory.group_dn(CROWDED), change)  # type: ignore[no-untyped-call]


@contextmanager
def _password(directory: ThrowAwayDirectory) -> Iterator[None]:
    os.environ["FREEIPA_BIND_PASSWORD"] = directory.operator_password
    try:
        yield
    finally:
        del os.environ["FREEIPA_BIND_PASSWORD"]


@contextmanager
def _counted() -> Iterator[list[str]]:
    """The kinds of the requests that ldap3 sends inside the block, as it hands them to its socket; not the goodbye."""
    send = BaseStrategy.send
    sent: list[str] = []

    def counted(strategy: BaseStrategy, kind: str, *rest: object) -> object:
        if kind != "unbindRequest":
            sent.append(kind)
        return send(strategy, kind, *rest)  # type: ignore[arg-type]

    with patch.object(BaseStrategy, "send", counted):
        yield sent
