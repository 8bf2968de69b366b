import re
from pathlib import Path
from typing import Any

import pytest

from components.cli.new import settings_of
from components.cli.stack_writer import number, stack_text, write_new
from components.config.problems import InvalidTenancy
from components.config.stack_file import read_stack
from tests.support.tenancies import CA_CERTIFICATE, settings, tenancy


def refused(stack: str, wanted: dict[str, Any], folder: Path) -> InvalidTenancy:
    with pytest.raises(InvalidTenancy) as raised:
        write_new(stack, wanted, folder)
    return raised.value


def test_what_is_written_reads_back_as_what_was_asked(tmp_path: Path) -> None:
    wanted = settings(
        clusterName="vis",
        identity__caCertificate=CA_CERTIFICATE,
        identity__server=["ipa1.example.org", "ipa2.example.org"],
        ingress={"className": "nginx", "tls": {"clusterIssuer": "letsencrypt"}},
    )
    path, written = write_new("vis", wanted, tmp_path / "stacks")

    assert path == tmp_path / "stacks" / "Pulumi.vis.yaml"
    assert written == read_stack(path) == tenancy(**wanted)


def test_every_key_has_the_models_own_words_above_it() -> None:
    lines = stack_text("vis", settings(ingress={"tls": {"secretName": "pangeo-tls"}})).splitlines()
    keys = [at for at, line in enumerate(lines) if re.match(r"  +[A-Za-z:]+:( |$)", line)]

    assert len(keys) == 12
    assert [lines[at] for at in keys if not lines[at - 1].lstrip().startswith("# ")] == []
    text = "\n".join(lines)
    assert "Memory of each user's notebook server, limit and guarantee (GB)\n  pangeo:notebookRamGb: 4" in text
    assert "cannot change after the first up\n  pangeo:externalIp: 192.171.139.83" in text


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.vis.yaml"
    path.write_text("mine")

    assert "is there already and is left as it is" in str(refused("vis", settings(), tmp_path))
    assert path.read_text() == "mine"


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    said = str(refused("vis", settings(notebookRamGb="2Gi", externalIp="x"), tmp_path))

    assert "2 problems" in said
    assert "write 2" in said
    assert list(tmp_path.iterdir()) == []


def test_a_group_or_domain_that_another_stack_has_is_refused(tmp_path: Path) -> None:
    write_new("vis", settings(), tmp_path)

    assert "is taken by" in str(refused("vos", settings(), tmp_path))
    write_new("vos", settings(clusterName="vos", externalIp="192.0.2.1"), tmp_path)


@pytest.mark.parametrize("name", ["../vis", "a/b", "", "vis.yaml", "a b"])
def test_a_name_that_leads_out_of_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    assert "is no name of a stack" in str(refused(name, settings(), tmp_path / "stacks"))
    assert list(tmp_path.iterdir()) == []


def test_numbers_are_numbers_and_the_rest_is_left_to_the_model() -> None:
    assert (number("2"), number("0.5"), number("2Gi")) == (2, 0.5, "2Gi")


def test_flags_nest_as_a_stack_file_does_and_what_was_not_given_is_left_out() -> None:
    flags = {"clusterName": "vis", "notebookCpus": "2", "identity.server": "ipa.example.org", "ingress.className": None}

    assert settings_of(flags, ask=False) == {
        "clusterName": "vis",
        "notebookCpus": 2,
        "identity": {"server": "ipa.example.org"},
    }
