"""What is fuzzed: each target takes bytes, and raises nothing unless it has found a fault."""

import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import Kubeconfig
from components.config.stack_file import read_stack
from components.freeipa.errors import InvalidSetting
from tests.support.tenancies import CA_CERTIFICATE, stack_text
from tests.unit.bad_input import test_configurations, test_directory_answers, test_kubeconfigs, test_words
from tests.unit.bad_input.outcomes import tenancy_or_problems

Target = Callable[[bytes], object]


def stack_file(content: bytes) -> None:
    """The text of a stack file."""
    path = Path(_folder.name) / "Pulumi.made.yaml"
    path.write_bytes(content)
    tenancy_or_problems(lambda: read_stack(path, source="made up"))


def kubeconfig(content: bytes) -> None:
    """The text of a kubeconfig."""
    try:
        Kubeconfig(content.decode("utf-8", "replace") + "\n", None, None).access()
    except CannotAsk as refusal:
        assert str(refusal).isprintable()  # noqa: PT017 - to lead somewhere is as good as to be refused


def word(content: bytes) -> None:
    """An address, a name, a DN; the first byte says of which kind."""
    if not content:
        return
    read = test_words.READERS[content[0] % len(test_words.READERS)]
    with suppress(ValueError, InvalidSetting):
        again = read(content[1:].decode("utf-8", "replace"))
        assert not isinstance(again, str) or read(again) == again


def directory_answer(content: bytes) -> None:
    """What a directory answers to a search; the number of the message is put where it belongs."""
    test_directory_answers.a_result_or_a_sentence(
        _answers(), lambda number: content.replace(b"\x02\x01\x01", test_directory_answers.tlv(0x02, number), 2)
    )


def configuration(content: bytes) -> None:
    """A configuration grown by hypothesis from a good one; the bytes are its choices."""
    fuzz = test_configurations.test_a_good_configuration_with_anything_changed.hypothesis.fuzz_one_input  # type: ignore[attr-defined]
    fuzz(content)


TARGETS: Mapping[str, Target] = {
    target.__name__.replace("_", " "): target
    for target in (stack_file, kubeconfig, word, directory_answer, configuration)
}

SEEDS: Mapping[str, tuple[bytes, ...]] = {
    "stack file": (stack_text().encode(), stack_text(identity__caCertificate=CA_CERTIFICATE).encode()),
    "kubeconfig": (str(dict(test_kubeconfigs.GOOD)).replace("'", '"').encode(),),
    "word": tuple(
        bytes([kind]) + text
        for kind, text in enumerate(
            (b"hub.example.org", b"dc=a,dc=b", b"modellers", b"Users", b"dc=a, dc=b", b"ipa.x.org:636", b"uid=a,dc=b")
        )
    ),
    "directory answer": (test_directory_answers.good(b"\1"),),
    "configuration": (bytes(64), bytes(range(256))),
}
"""Good inputs that the made-up ones are grown from."""

_folder = tempfile.TemporaryDirectory(prefix="fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
_running: list[test_directory_answers.Answers] = []


def _answers() -> test_directory_answers.Answers:
    if not _running:
        _running.append(test_directory_answers.Answers())
    return _running[0]
