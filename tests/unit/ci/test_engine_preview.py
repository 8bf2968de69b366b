"""The policies, notes and errors of a preview, and the stack file of a preview by the stand-ins."""

from pathlib import Path

import pytest
import yaml

from ci.__main__ import main
from ci.preview.engine_preview import (
    CLUSTER_NOT_REQUIRED,
    DIRECTORY_NOT_REQUIRED,
    DNS_NOT_REQUIRED,
    Policies,
    error_lines,
    find_policies,
)
from ci.preview.official_cli import missing_programs, switch_notes
from local.previews.stand_in_stack import without_secrets
from local.previews.tenancy_preview import main as preview_by_stand_ins


def test_error_lines_are_unique_and_without_prefix() -> None:
    output = "\n code: 255\n stdout: Previewing\n stderr: error: incorrect passphrase\nerror: incorrect passphrase\n"

    assert error_lines(output) == ["incorrect passphrase"]


def test_error_is_the_last_line_without_error_lines() -> None:
    assert error_lines("one\ntwo\n\n") == ["two"]
    assert error_lines("") == []


def test_policies_are_found_with_the_organisations_settings(tmp_path: Path) -> None:
    assert find_policies(tmp_path) is None
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "PulumiPolicy.yaml").touch()
    assert find_policies(tmp_path) == Policies(tmp_path / "policies", None)
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "policies.json").touch()
    assert find_policies(tmp_path) == Policies(tmp_path / "policies", tmp_path / "stacks" / "policies.json")


def test_notes_name_the_checks_that_only_warn() -> None:
    assert switch_notes({}) == []
    assert switch_notes({"PANGEO_DNS_CHECK": "refuse", "PANGEO_CLUSTER_CHECK": "warn"}) == [CLUSTER_NOT_REQUIRED]
    assert switch_notes({"PANGEO_DNS_CHECK": "warn"}) == [DNS_NOT_REQUIRED]
    assert switch_notes({"PANGEO_DIRECTORY_CHECK": "warn"}) == [DIRECTORY_NOT_REQUIRED]


def test_missing_programs_of_the_cli_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert missing_programs() == ["pulumi", "pulumi-language-python"]
    assert main(["preview", "vis"]) == 1
    assert "pulumi and pulumi-language-python not on PATH; install the Pulumi CLI" in capsys.readouterr().err


def test_encrypted_values_are_left_out_and_named() -> None:
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
    kept, left_out = without_secrets(text)

    assert yaml.safe_load(kept) == {"config": {"pangeo:clusterName": "vis", "pangeo:kubernetes": {"context": "vis"}}}
    assert left_out == ["pangeo:identityBindPassword", "pangeo:kubernetes.kubeconfig"]


def test_encrypted_section_is_left_out_completely() -> None:
    text = yaml.safe_dump({"config": {"pangeo:kubernetes": {"secure": "v1:a"}, "pangeo:clusterName": "vis"}})

    assert without_secrets(text)[1] == ["pangeo:kubernetes"]


def test_nothing_is_left_out_without_secrets() -> None:
    assert without_secrets("config: {pangeo:clusterName: vis}\n")[1] == []


@pytest.mark.usefixtures("no_official_cli")
def test_stack_without_a_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert preview_by_stand_ins(["climat", "--markdown", str(tmp_path / "a.md")]) == 1
    message = capsys.readouterr().err

    assert "stacks/Pulumi.climat.yaml" in message
    assert "did you mean the stack climate?" in message
    assert "Traceback" not in message


@pytest.fixture
def no_official_cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
