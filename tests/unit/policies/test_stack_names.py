"""The names in a stack file, told without reading all of it, are those that a reading of all of it tells."""

from pathlib import Path

import pytest

from components.config.problems import InvalidTenancy
from components.config.stack_file import read_stack
from policies import stack_names
from policies.stack_names import Names, names_in, names_of
from tests.support.tenancies import ABSENT, stack_text

KEYS = ("clusterName", "externalIp", "pangeoDomain", "domainSuffix")
SPELLINGS = (
    "other",
    "'other'",
    '"oth\\x65r"',
    "!!str other",
    "!other other",
    "&a other",
    "|\n    hub.example.org",
    ">-\n    hub.\n    example.org",
    "HUB.Example.org.",
    "192.0.2.7",
    "'2001:DB8::7'",
    "2001:db8:0::7",
    "true",
    "yes",
    "~",
    "",
    "''",
    "12",
    "1.e5",
    "1e.5",
    "1:30",
    "2026-11-23",
    "[other]",
    "{other: 1}",
    "{secure: v1:abc}",
    "hub.example.org # the old one",
    "'hub.example.org",
    "a: b",
)


def told(path: Path) -> Names | str:
    try:
        return names_in(path)
    except InvalidTenancy as wrong:
        return str(wrong)


def told_by_all_of_it(path: Path) -> Names | str:
    try:
        return names_of(read_stack(path))
    except InvalidTenancy as wrong:
        return str(wrong)


@pytest.mark.parametrize("path", sorted(Path("stacks").glob("Pulumi.*.yaml")), ids=lambda path: path.stem)
def test_of_every_stack_in_the_repository(path: Path) -> None:
    assert names_in(path) == names_of(read_stack(path))


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_however_a_name_is_spelled(key: str, spelling: str, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.other.yaml"
    path.write_text(f"{stack_text(**{key: ABSENT} if key in KEYS[:2] else {})}  pangeo:{key}: {spelling}\n")

    assert told(path) == told_by_all_of_it(path)


@pytest.mark.parametrize(
    "line",
    [
        "  pangeo:clusterName: twice",
        "  pangeo:pangeoDomian: hub.example.org",
        "  pangoe:pangeoDomain: hub.example.org",
        "  pangeoDomain: hub.example.org",
        "  <<: {pangeo:pangeoDomain: hub.example.org}",
        "  ? [pangeo:pangeoDomain]\n  : hub.example.org",
        "  pangeo:protect: *nobody",
        "config: {pangeo:clusterName: twice}",
        "---\nconfig: {}",
        "}",
        "\tpangeo:protect: true",
        "  pangeo:notebook: " + "[" * 200,
        "  pangeo:notebook: " + "{a: " * 2000 + "}" * 2000,
    ],
)
def test_a_file_that_may_mean_something_else_is_read_as_a_whole(line: str, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.other.yaml"
    path.write_text(f"{stack_text()}{line}\n")

    assert told(path) == told_by_all_of_it(path)
    assert isinstance(told(path), str)


@pytest.mark.parametrize("text", ["", "config:\n", "- a\n", "config: [a]\n", "\x00", "config: {a: b}\n"])
def test_what_is_no_stack_file_has_no_names(text: str, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.other.yaml"
    path.write_text(text)

    assert told(path) == told_by_all_of_it(path)


def test_a_plain_file_is_not_read_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(stack_names, "read_stack")
    path = tmp_path / "Pulumi.other.yaml"
    path.write_text(stack_text(pangeoDomain="hub.example.org"))

    assert names_in(path) == Names("vis-pangeo", "hub.example.org", "vis_pangeo_notebook_users")


def test_a_wrong_value_that_names_nothing_hides_no_name(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.other.yaml"
    path.write_text(stack_text(notebookRamGb="2Gi", identity="nobody"))

    assert names_in(path).namespace == "vis-pangeo"


def test_a_file_that_is_not_there_or_not_text_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.binary.yaml").write_bytes(b"\xff\xfe")

    for name, said in {"none": "there is no such file", "binary": "is not UTF-8 text"}.items():
        with pytest.raises(InvalidTenancy, match=said):
            names_in(tmp_path / f"Pulumi.{name}.yaml")
