"""The names in a stack file, read without the settings that do not affect them."""

from pathlib import Path

import pytest

from components.config.problems import InvalidTenancy
from components.config.stack_file import read_names, read_stack
from components.config.tenancy import Names
from tests.support.tenancies import ABSENT, DOMAIN, stack_text


def write(folder: Path, text: str) -> Path:
    path = folder / "Pulumi.other.yaml"
    path.write_text(text)
    return path


def names(settings: Names) -> tuple[str, str, str]:
    return settings.namespace, settings.domain, settings.notebook_users_group


@pytest.mark.parametrize("path", sorted(Path("stacks").glob("Pulumi.*.yaml")), ids=lambda path: path.stem)
def test_names_are_those_of_the_tenancy(path: Path) -> None:
    assert names(read_names(path)) == names(read_stack(path))


@pytest.mark.parametrize("spelling", ["HUB.Example.org.", "' hub.example.org '", ">-\n    hub.example.org"])
def test_names_are_normalised(spelling: str, tmp_path: Path) -> None:
    path = write(tmp_path, f"{stack_text()}  pangeo:pangeoDomain: {spelling}\n")

    assert names(read_names(path)) == ("vis-pangeo", "hub.example.org", "vis_pangeo_notebook_users")


def test_wrong_values_of_other_settings_hide_no_name(tmp_path: Path) -> None:
    path = write(tmp_path, stack_text(notebookRamGb="2Gi", identity="nobody", identityBindPassword="plain text"))

    assert names(read_names(path)) == ("vis-pangeo", DOMAIN, "vis_pangeo_notebook_users")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("pangeo:pangeoDomian: hub.example.org", "did you mean pangeoDomain?"),
        ("pangoe:pangeoDomain: hub.example.org", "write pangeo:pangeoDomain"),
        ("pangeoDomain: hub.example.org", "has no namespace"),
        ("pangeo:pangeoDomain: {secure: v1:abc}", "is encrypted"),
        ("pangeo:pangeoDomain: 192.0.2.7", "is an IP address"),
        ("pangeo:clusterName: twice", "is repeated"),
    ],
)
def test_a_key_that_may_affect_the_names_is_refused(line: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidTenancy, match=message):
        read_names(write(tmp_path, f"{stack_text()}  {line}\n"))


@pytest.mark.parametrize("key", ["clusterName", "externalIp"])
def test_a_missing_name_is_refused(key: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidTenancy, match=f"pangeo:{key}.*is required"):
        read_names(write(tmp_path, stack_text(**{key: ABSENT})))


@pytest.mark.parametrize("text", ["", "config:\n", "- a\n", "config: [a]\n", "\x00", "config: {a: b}\n"])
def test_a_file_without_settings_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidTenancy):
        read_names(write(tmp_path, text))
