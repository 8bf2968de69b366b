"""The command line in an operator's folder."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from components.cli.app import app
from components.cli.diagnose.result import broken, good
from components.cli.output import print_results
from components.cli.verify.checks import CHECKS
from components.version import program_version
from tests.support.tenancies import DOMAIN, domain_of, stack_text

FLAGS = {
    "--external-ip": "192.0.2.1",
    "--cpus": "2",
    "--ram-gb": "4",
    "--storage-gb": "10",
    "--server": "ipa.example.org",
    "--realm": "EXAMPLE.ORG",
    "--bind-dn": "uid=deployer,cn=users,cn=accounts,dc=example,dc=org",
}


def run(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, words, input=typed)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "new",
        "check",
        "capacity",
        "members",
        "members list",
        "members add",
        "members remove",
        "members archive-home",
        "members delete-archive",
        "members delete-home",
        "status",
        "doctor",
        "verify",
        "usage",
        "terms",
        "images",
        "repair",
    ],
)
def test_help_of_every_command_has_examples(command: str) -> None:
    shown = run(*command.split(), "--help")

    assert shown.exit_code == 0
    examples = shown.stdout.partition("Examples:\n")[2].splitlines()
    assert any(line.strip().startswith(f"python -m components {command}".strip()) for line in examples)


def test_help_of_verify_lists_what_each_check_proves() -> None:
    lines = {" ".join(line.split()) for line in run("verify", "--help").stdout.splitlines()}

    assert {f"{check.subject} {check.proves}" for check in CHECKS} <= lines


@pytest.mark.parametrize("seconds", ["0", "nan", "inf", "1e12"])
def test_time_limit_of_verify_that_no_clock_can_reach_is_refused(seconds: str) -> None:
    assert run("verify", "vis", "--limit", seconds).exit_code == 2


def test_version_is_that_of_the_project() -> None:
    assert run("--version").stdout == f"{program_version()}\n"


def test_check_prints_the_same_as_text_and_json(stacks: Path) -> None:
    (stacks / "Pulumi.bad.yaml").write_text(stack_text(clusterName="other", externalIp="x"))
    found = run("check", "--json")
    by_name = {Path(each["stack"]).name: each for each in json.loads(found.stdout)}

    assert found.exit_code == 1
    assert by_name["Pulumi.bad.yaml"]["problems"][0]["key"] == "pangeo:externalIp"
    assert by_name["Pulumi.vis.yaml"]["good"] is True
    assert by_name["Pulumi.vis.yaml"]["url"] == f"https://{DOMAIN}"
    assert "99 expected users need" in by_name["Pulumi.vis.yaml"]["warnings"][0]
    assert run("check", "vis").exit_code == 0
    assert "stacks/Pulumi.vis.yaml: good" in run("check", "vis").stdout


def test_collision_is_reported_at_both_stacks(stacks: Path) -> None:
    (stacks / "Pulumi.vos.yaml").write_text(stack_text())
    reports = json.loads(run("check", "--json").stdout)

    assert [each["good"] for each in reports] == [False, False]
    assert "is also the namespace of" in reports[1]["problems"][0]["message"]


def test_capacity_is_printed_as_table_or_json(stacks: Path) -> None:
    [found] = json.loads(run("capacity", "--json").stdout)

    assert found["capacity"]["workers"] == 2
    assert found["capacity"]["workersNeeded"] > 2
    table = run("capacity").stdout
    assert "nodes needed" in table
    assert "vis: warning: 99 expected users need" in table
    assert "pool" not in table


THREE_POOLS = [
    {"name": "core", "count": 1, "cpus": 4, "ramGb": 16, "labels": {"pool": "core"}, "purposes": ["hub"]},
    {
        **{"name": "users", "count": 6, "cpus": 16, "ramGb": 64, "labels": {"pool": "users"}},
        "purposes": ["notebooks", "daskSchedulers", "daskWorkers"],
    },
    {
        **{"name": "gpu", "count": 2, "cpus": 32, "ramGb": 256, "gpus": 4, "labels": {"pool": "gpu"}},
        "purposes": ["notebooks", "daskWorkers"],
    },
]


def test_capacity_reports_each_pool(stacks: Path) -> None:
    profiles = [{"name": "Standard"}, {"name": "GPU", "pool": "gpu", "gpus": 1}]
    more = {"notebook": {"profiles": profiles}, "dask": {"workerGpus": {"max": 1}}}
    (stacks / "Pulumi.vis.yaml").write_text(stack_text(workers={"pools": THREE_POOLS}, **more))

    table = [line.split() for line in run("capacity").stdout.splitlines()]
    assert ["vis", "core", "1", "hub", "3.92", "CPUs,", "13.3", "GB", "–", "–", "–"] in table
    (gpu,) = [line for line in table if line[:2] == ["vis", "gpu"]]
    assert gpu[-7:] == ["8", "GPU:", "8", "with", "a", "GPU:", "8"]
    [found] = json.loads(run("capacity", "--json").stdout)
    assert [each["gpus"] for each in found["capacity"]["pools"]] == [0, 0, 8]
    assert "capacity of 9 nodes in 3 pools" in run("check", "vis").stdout


def test_capacity_shows_the_size_of_the_notebooks_that_it_counts(stacks: Path) -> None:
    profiles = [{"name": "Standard"}, {"name": "GPU", "cpus": 6, "gpus": 2, "default": True}]
    (stacks / "Pulumi.vis.yaml").write_text(stack_text(workers={"pools": THREE_POOLS}, notebook={"profiles": profiles}))

    (row,) = [line.split() for line in run("capacity").stdout.splitlines() if "2 GPUs" in line]
    assert row[:7] == ["vis", "6", "CPUs,", "4", "GB,", "2", "GPUs"]


def test_check_refuses_a_profile_that_fits_on_no_pool(stacks: Path) -> None:
    profiles = [{"name": "Standard"}, {"name": "Huge", "ramGb": 200}]
    (stacks / "Pulumi.vis.yaml").write_text(stack_text(workers={"pools": THREE_POOLS}, notebook={"profiles": profiles}))
    found = run("check", "vis")

    assert found.exit_code == 1
    assert "pangeo:notebook.profiles[1]" in found.stderr + found.stdout


def test_new_writes_a_stack_that_passes_check(stacks: Path) -> None:
    words = [word for pair in FLAGS.items() for word in pair]
    made = run("new", "ocean", *words)

    assert made.exit_code == 0, made.output
    assert f"https://{domain_of('192.0.2.1')} for ocean_notebook_users" in made.stdout
    assert run("check", "ocean").exit_code == 0
    assert run("new", "ocean", *words).exit_code == 1


def test_new_without_a_terminal_names_missing_keys(stacks: Path) -> None:
    refused = run("new", "ocean")

    assert refused.exit_code == 1
    for key in ("externalIp", "notebookCpus", "notebookRamGb", "notebookStorageGb", "identity"):
        assert f"pangeo:{key}" in refused.stderr
    assert not (stacks / "Pulumi.ocean.yaml").exists()


def test_new_asks_at_a_terminal_and_enter_accepts_suggestions(stacks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.cli.new.is_terminal", lambda: True)
    typed = "\n".join([FLAGS["--external-ip"], "", "8", "", FLAGS["--server"], FLAGS["--realm"], FLAGS["--bind-dn"]])
    made = run("new", "ocean", typed=f"{typed}\n")

    assert made.exit_code == 0, made.output
    text = (stacks / "Pulumi.ocean.yaml").read_text()
    assert "pangeo:notebookCpus: 2\n" in text
    assert "pangeo:notebookRamGb: 8\n" in text


def test_unknown_stack_is_reported_with_a_suggestion(stacks: Path) -> None:
    for command in (
        ["status", "vus"],
        ["doctor", "vus"],
        ["capacity", "vus"],
        ["repair", "vus"],
        ["members", "add", "vus", "alice"],
    ):
        refused = run(*command)
        assert refused.exit_code == 1
        assert "did you mean the stack vis?" in refused.stderr


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file or directory"),
        (b"", "contains no valid PEM certificate"),
        (b"garbage", "contains no valid PEM certificate"),
        (b"-----BEGIN CERTIFICATE-----\nZ\n-----END CERTIFICATE-----\n", "contains no valid PEM certificate"),
        (b"-----BEGIN PRIVATE KEY-----\n", "contains a private key"),
        (b"\xff\xfe", "it is not PEM text"),
    ],
)
def test_unusable_certificate_file_is_reported(stacks: Path, content: bytes | None, why: str) -> None:
    if content is not None:
        Path("ca.pem").write_bytes(content)
    for command, option in ((["doctor", "vis"], "--ca-file"), (["new", "vos"], "--identity-ca-file")):
        refused = run(*command, option, "ca.pem")
        assert refused.exit_code == 1
        assert refused.stderr.startswith(f"{option}: 1 problem\n  ca.pem cannot be used: ")
        assert why in refused.stderr


def test_good_stacks_are_printed_beside_problems_of_others(stacks: Path) -> None:
    for name in ("bad", "worse"):
        (stacks / f"Pulumi.{name}.yaml").write_text("config: [")
    table = run("capacity")

    assert table.exit_code == 1
    assert "vis" in table.stdout
    assert [name for name in ("bad", "worse") if f"stacks/Pulumi.{name}.yaml: 1 problem" not in table.stderr] == []
    assert [each["stack"] for each in json.loads(run("capacity", "--json").stdout)] == ["vis"]


def test_every_command_reports_a_folder_without_stacks(stacks: Path) -> None:
    (stacks / "Pulumi.vis.yaml").unlink()
    for command in ("check", "capacity", "status", "doctor", "repair"):
        refused = run(command)
        assert refused.exit_code == 1
        assert "no stack file" in refused.output or "there are: none" in refused.output


def test_members_are_changed_only_for_a_named_stack(stacks: Path) -> None:
    refused = run("members", "add", "", "alice")

    assert refused.exit_code == 1
    assert "does not exist" in refused.stderr


def test_every_command_reports_an_unreadable_stack_file(stacks: Path) -> None:
    (stacks / "Pulumi.folder.yaml").mkdir()
    (stacks / "Pulumi.binary.yaml").write_bytes(b"\xff\xfe")
    for stack, why in (("folder", "cannot be read: Is a directory"), ("binary", "is not UTF-8 text")):
        for command in (["status"], ["doctor"], ["capacity"], ["repair"], ["members", "list"]):
            refused = run(*command, stack)
            assert refused.exit_code == 1
            assert why in refused.stderr


def test_control_characters_in_options_are_escaped(stacks: Path) -> None:
    refused = run("members", "list", "vis", "--bind-dn", "\x1b[2J")

    assert refused.exit_code == 1
    assert "\x1b" not in refused.stderr


def test_control_characters_of_a_server_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    print_results("vis, \x1b[3J", [broken("hub", "said \x1b[2J[bold]x", "do")], as_json=False)
    out = capsys.readouterr().out

    assert "\x1b" not in out
    assert "[bold]x" in out


def test_preview_imports_no_command() -> None:
    program = "import components.pangeo_cluster, components.preflight.cluster, sys"
    ask = "print([name for name in ('typer', 'rich', 'components.cli') if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}; {ask}"], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.strip() == "[]"


def test_ascii_terminal_shows_good_and_broken_differently(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding="ascii", errors="replace"))
    print_results("vis", [good("domain", "resolves"), broken("hub", "is down", "do")], as_json=False)
    sys.stdout.flush()

    assert [line.split()[:2] for line in shown.getvalue().decode().splitlines()[:2]] == [["+", "domain"], ["X", "hub"]]
