"""How a preview is run: with which policies, by which CLI, without which secrets."""

from pathlib import Path

import pytest
import yaml

from ci.__main__ import main
from ci.preview.engine_preview import CLUSTER_NOT_ASKED, DNS_NOT_ASKED, Policies, last_words, policies_of
from ci.preview.official_cli import missing_programs, notes_on
from local.previews.stand_in_stack import without_secrets
from local.previews.tenancy_preview import main as preview_by_stand_ins


def test_a_failed_commands_errors_are_its_last_words() -> None:
    output = "\n code: 255\n stdout: Previewing\n stderr: error: incorrect passphrase\nerror: incorrect passphrase\n"

    assert last_words(output) == ["incorrect passphrase"]


def test_a_failure_without_the_word_error_is_told_by_its_last_line() -> None:
    assert last_words("one\ntwo\n\n") == ["two"]
    assert last_words("") == []


def test_the_policies_are_the_projects_with_what_the_organisation_tells_them(tmp_path: Path) -> None:
    assert policies_of(tmp_path) is None
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "PulumiPolicy.yaml").touch()
    assert policies_of(tmp_path) == Policies(tmp_path / "policies", None)
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "policies.json").touch()
    assert policies_of(tmp_path) == Policies(tmp_path / "policies", tmp_path / "stacks" / "policies.json")


def test_a_preview_says_what_it_did_not_rely_on() -> None:
    assert notes_on({}) == []
    assert notes_on({"PANGEO_DNS_CHECK": "refuse", "PANGEO_CLUSTER_CHECK": "warn"}) == [CLUSTER_NOT_ASKED]
    assert notes_on({"PANGEO_DNS_CHECK": "warn"}) == [DNS_NOT_ASKED]


def test_without_the_official_cli_the_command_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert missing_programs() == ["pulumi", "pulumi-language-python"]
    assert main(["preview", "vis"]) == 1
    assert "pulumi and pulumi-language-python not on PATH: install the Pulumi CLI" in capsys.readouterr().err


def test_a_stand_in_preview_needs_no_passphrase_and_says_what_it_left_out() -> None:
    text = yaml.safe_dump(
        {
            "encryptionsalt": "v1:salt",
            "config": {
                "pangeo:clusterName": "vis",
                "pangeo:identityBindPassword": {"secure": "v1:a"},
                "pangeo:kubernetes": {"context": "vis", "kubeconfig": {"secure": "v1:b"}},
            },
        }
    )
    opened, left_out = without_secrets(text)

    assert yaml.safe_load(opened) == {"config": {"pangeo:clusterName": "vis", "pangeo:kubernetes": {"context": "vis"}}}
    assert left_out == ["pangeo:identityBindPassword", "pangeo:kubernetes.kubeconfig"]


def test_a_group_encrypted_as_a_whole_is_left_out_whole() -> None:
    text = yaml.safe_dump({"config": {"pangeo:kubernetes": {"secure": "v1:a"}, "pangeo:clusterName": "vis"}})

    assert without_secrets(text)[1] == ["pangeo:kubernetes"]


def test_nothing_is_said_to_be_left_out_of_a_file_without_secrets() -> None:
    assert without_secrets("config: {pangeo:clusterName: vis}\n")[1] == []


@pytest.mark.usefixtures("no_official_cli")
def test_a_stack_without_a_file_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert preview_by_stand_ins(["climat", "--markdown", str(tmp_path / "a.md")]) == 1
    said = capsys.readouterr().err

    assert "stacks/Pulumi.climat.yaml" in said
    assert "did you mean the stack climate?" in said
    assert "Traceback" not in said


@pytest.fixture
def no_official_cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
