from pathlib import Path

import pytest

from components.cli import pulumi_cli
from components.cli.pulumi_cli import PulumiFailed, fix_for, read_list, read_object, run_pulumi, without_credentials


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Environment of a program ``pulumi`` that is a shell script; write it with ``script``."""
    return {"PATH": f"{tmp_path}:/usr/bin:/bin"}


def script(folder: Path, text: str) -> None:
    program = folder / "pulumi"
    program.touch(mode=0o755)
    program.write_text(f"#!/bin/sh\n{text}\n")


@pytest.mark.parametrize(
    ("messages", "fix"),
    [
        ("error: incorrect passphrase", "the passphrase is not this stack's"),
        ("error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or …", "set PULUMI_CONFIG_PASSPHRASE, or"),
        ("error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions", "log in to the"),
        ("error: no stack named 'vis' found", "this backend does not have the stack"),
        ('error: performing HTTP request: Get "https://api": dial tcp: refused', "the backend cannot be used"),
        ('error: unable to open state directory "file:///x": no such file', "the backend cannot be used"),
        ("error: could not import deployment: the stack is currently locked by 1 lock(s).", "wait for the other run"),
        ("error: something else", ""),
    ],
)
def test_each_message_has_its_own_fix(messages: str, fix: str) -> None:
    assert fix_for(messages).startswith(fix)
    assert bool(fix_for(messages)) is bool(fix)


def test_all_messages_are_shown_and_the_output_is_not(tmp_path: Path, environment: dict[str, str]) -> None:
    script(tmp_path, "echo sesame-open; echo 'warning: one' >&2; printf 'error: \\033[2Jtwo\\n' >&2; exit 6")
    with pytest.raises(PulumiFailed) as failure:
        run_pulumi(["config", "--show-secrets"], environment, purpose="it cannot be read")

    assert str(failure.value) == (
        "it cannot be read: pulumi config --show-secrets failed with exit code 6\nwarning: one\nerror: \\x1b[2Jtwo"
    )


def test_missing_program_is_reported(tmp_path: Path) -> None:
    with pytest.raises(PulumiFailed, match="it cannot be read: the pulumi program is not on PATH\n→ install"):
        run_pulumi(["config"], {"PATH": str(tmp_path)}, purpose="it cannot be read")


def test_call_has_a_time_limit(tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi_cli, "TIMEOUT_SECONDS", 0.3)
    script(tmp_path, "exec sleep 600")
    with pytest.raises(PulumiFailed, match=r"pulumi config did not end within 0\.3 s\n→ check the network"):
        run_pulumi(["config"], environment, purpose="it cannot be read")


@pytest.mark.parametrize("output", ["", "{", "1"])
def test_other_output_than_expected_is_refused(output: str, tmp_path: Path, environment: dict[str, str]) -> None:
    script(tmp_path, f"echo '{output}'")
    for read in (read_object, read_list):
        with pytest.raises(PulumiFailed, match="printed other data than was expected"):
            read(["whoami"], environment, purpose="it cannot be read")


def test_credentials_in_urls_are_hidden() -> None:
    text = "error: open s3://key:secret@bucket.example/x: denied"
    assert without_credentials(text) == "error: open s3://[hidden]@bucket.example/x: denied"
