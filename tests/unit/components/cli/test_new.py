import re
from pathlib import Path
from typing import Any

import pytest

from components.cli.new import nest_settings
from components.cli.stack_writer import parse_number, stack_text, write_stack
from components.config.problems import InvalidTenancy
from components.config.stack_file import read_stack
from tests.support.tenancies import CA_CERTIFICATE, settings, tenancy
from tests.support.tenancies import stack_text as existing_stack_text


def refused(stack: str, wanted: dict[str, Any], folder: Path) -> InvalidTenancy:
    with pytest.raises(InvalidTenancy) as raised:
        write_stack(stack, wanted, folder)
    return raised.value


def test_written_stack_file_reads_back_the_same(tmp_path: Path) -> None:
    wanted = settings(
        clusterName="vis",
        identity__caCertificate=CA_CERTIFICATE,
        identity__server=["ipa1.example.org", "ipa2.example.org"],
        ingress={"className": "nginx", "tls": {"clusterIssuer": "letsencrypt"}},
    )
    path, written, warnings = write_stack("vis", wanted, tmp_path / "stacks")

    assert path == tmp_path / "stacks" / "Pulumi.vis.yaml"
    assert written == read_stack(path) == tenancy(**wanted)
    assert warnings == ()


def test_every_key_has_its_description_above_it() -> None:
    lines = stack_text("vis", settings(ingress={"tls": {"secretName": "pangeo-tls"}})).splitlines()
    keys = [at for at, line in enumerate(lines) if re.match(r"  +[A-Za-z:]+:( |$)", line)]

    assert len(keys) == 12
    assert [lines[at] for at in keys if not lines[at - 1].lstrip().startswith("# ")] == []
    text = "\n".join(lines)
    assert "Memory of each notebook server, both guaranteed and the limit (GB)\n  pangeo:notebookRamGb: 4" in text
    assert "(cannot be changed after the first pulumi up)\n  pangeo:externalIp: 192.171.139.83" in text


def test_existing_file_is_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.vis.yaml"
    path.write_text("mine")

    assert "already exists and was not changed" in str(refused("vis", settings(), tmp_path))
    assert path.read_text() == "mine"


def test_all_problems_are_reported_and_nothing_is_written(tmp_path: Path) -> None:
    message = str(refused("vis", settings(notebookRamGb="2Gi", externalIp="x"), tmp_path))

    assert "2 problems" in message
    assert "write 2" in message
    assert list(tmp_path.iterdir()) == []


def test_names_of_another_stack_are_refused(tmp_path: Path) -> None:
    write_stack("vis", settings(), tmp_path)

    message = str(refused("vos", settings(), tmp_path))
    assert [f"{word} of {tmp_path}/Pulumi.vis.yaml" in message for word in ("namespace", "group", "domain")] == [
        True
    ] * 3
    other_directory = settings(externalIp="192.0.2.1", identity__realm="OTHER.ORG")
    assert "is also the namespace of" in str(refused("vos", other_directory, tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["Pulumi.vis.yaml"]


def test_collisions_among_other_stacks_and_unreadable_ones_do_not_prevent_a_new_one(tmp_path: Path) -> None:
    for name in ("vis", "vos"):
        (tmp_path / f"Pulumi.{name}.yaml").write_text(existing_stack_text())
    (tmp_path / "Pulumi.bad.yaml").write_text("\x00")

    written = write_stack("new", settings(clusterName="new", externalIp="192.0.2.1"), tmp_path)
    (warning,) = written.warnings
    assert warning.startswith(f"{tmp_path}/Pulumi.bad.yaml cannot be read, so its names cannot be compared: ")


@pytest.mark.parametrize("name", ["../vis", "a/b", "", "vis.yaml", "a b"])
def test_stack_name_outside_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    assert "is not a stack name" in str(refused(name, settings(), tmp_path / "stacks"))
    assert list(tmp_path.iterdir()) == []


def test_numbers_are_parsed_and_other_text_stays() -> None:
    assert (parse_number("2"), parse_number("0.5"), parse_number("2Gi")) == (2, 0.5, "2Gi")


def test_flags_are_nested_and_missing_ones_left_out() -> None:
    flags = {"clusterName": "vis", "notebookCpus": "2", "identity.server": "ipa.example.org", "ingress.className": None}

    assert nest_settings(flags, ask=False) == {
        "clusterName": "vis",
        "notebookCpus": 2,
        "identity": {"server": "ipa.example.org"},
    }
