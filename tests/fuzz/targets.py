"""Fuzz targets: each takes bytes, and raises an exception only if it has found a fault."""

import functools
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import given

from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import Kubeconfig
from components.config.stack_file import read_config, read_stack
from components.freeipa.errors import InvalidSetting
from tests.support.tenancies import CA_CERTIFICATE, stack_text
from tests.unit.bad_input.directory_server import DirectoryServer, check_answer, good_answer, tlv
from tests.unit.bad_input.outcomes import check_outcome
from tests.unit.bad_input.readers import READERS
from tests.unit.bad_input.strategies import FULL_SETTINGS, KUBECONFIG, SECRET_KEYS, changed

Target = Callable[[bytes], object]


def stack_file(content: bytes) -> None:
    """Read a stack file."""
    path = Path(_folder.name) / "Pulumi.random.yaml"
    path.write_bytes(content)
    check_outcome(lambda: read_stack(path, source="random"))


def kubeconfig(content: bytes) -> None:
    """Read a kubeconfig."""
    try:
        Kubeconfig(content.decode("utf-8", "replace") + "\n", None, None).access()
    except CannotAsk as error:
        assert str(error).isprintable()  # noqa: PT017 - both outcomes are correct


def text(content: bytes) -> None:
    """Normalise an address, a name or a DN; the first byte selects which."""
    if not content:
        return
    reader = READERS[content[0] % len(READERS)]
    with suppress(ValueError, InvalidSetting):
        value = reader(content[1:].decode("utf-8", "replace"))
        assert not isinstance(value, str) or reader(value) == value


def directory_answer(content: bytes) -> None:
    """Read a directory's answer to a search; the request's message ID is inserted in the place of 1."""
    check_answer(_server(), lambda message_id: content.replace(b"\x02\x01\x01", tlv(0x02, message_id), 2))


def configuration(content: bytes) -> None:
    """Read a configuration that hypothesis changes; the bytes are its choices."""
    _read_changed_configuration.hypothesis.fuzz_one_input(content)  # type: ignore[attr-defined]


@given(changed(FULL_SETTINGS))
def _read_changed_configuration(tree: dict[str, Any]) -> None:
    check_outcome(lambda: read_config(tree, source="random", secret_keys=SECRET_KEYS))


TARGETS: Mapping[str, Target] = {
    target.__name__.replace("_", " "): target
    for target in (stack_file, kubeconfig, text, directory_answer, configuration)
}

SEEDS: Mapping[str, tuple[bytes, ...]] = {
    "stack file": (stack_text().encode(), stack_text(identity__caCertificate=CA_CERTIFICATE).encode()),
    "kubeconfig": (str(dict(KUBECONFIG)).replace("'", '"').encode(),),
    "text": tuple(
        bytes([kind]) + seed
        for kind, seed in enumerate(
            (b"hub.example.org", b"dc=a,dc=b", b"modellers", b"Users", b"dc=a, dc=b", b"ipa.x.org:636", b"uid=a,dc=b")
        )
    ),
    "directory answer": (good_answer(b"\1"),),
    "configuration": (bytes(64), bytes(range(256))),
}
"""Valid inputs, which the fuzzer changes."""

_folder = tempfile.TemporaryDirectory(prefix="fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None)


@functools.cache
def _server() -> DirectoryServer:
    return DirectoryServer()
