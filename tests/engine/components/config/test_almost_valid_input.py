"""Stack files that are almost valid: what the engine makes of them, the program's refusal, and that of ``check``."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from components.cli.pulumi_cli import PulumiFailed
from components.cli.stack import open_stack
from components.config.problems import InvalidTenancy
from components.config.stack_file import read_stack
from tests.engine.policies.reviewed_stack import STACK, Reviewed, ReviewedStack

pytestmark = pytest.mark.engine

TOKEN = "hunter2hunter2"
KUBECONFIG = f'{{"apiVersion": "v1", "clusters": [], "users": [{{"name": "a", "user": {{"token": "{TOKEN}"}}}}]}}'


@pytest.fixture
def stack(reviewed: ReviewedStack) -> Iterator[ReviewedStack]:
    """The workspace; its stack file is restored after the test."""
    yield reviewed
    path(reviewed).unlink()
    reviewed.write(STACK)


def path(stack: ReviewedStack) -> Path:
    return stack.folder / "stacks" / f"Pulumi.{STACK}.yaml"


def refusal_of_check(stack: ReviewedStack) -> str:
    with pytest.raises(InvalidTenancy) as refused:
        read_stack(path(stack))
    return str(refused.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("notebookCpus", 1e-9),
        ("notebookRamGb", 0.00001),
        ("notebookRamGb", "2,5"),
        ("externalIp", "255.255.255.255"),
    ],
)
def test_an_impossible_value_is_refused_by_the_program_and_by_check(
    stack: ReviewedStack, key: str, value: object
) -> None:
    stack.write(STACK, **{key: value})
    found, checked = stack.preview(), refusal_of_check(stack)

    assert found.violations == []
    for refusal in (found.refusal, checked):
        assert f"pangeo:{key} " in refusal
        assert "Traceback" not in refusal


def test_memory_is_deployed_with_every_digit(stack: ReviewedStack) -> None:
    """The policy ``guaranteed-resources`` compares the release's values with the stack file."""
    stack.write(
        STACK, notebookRamGb=3.7252902984, notebook={"profiles": [{"name": "Small", "cpus": 0.01, "ramGb": 0.1}]}
    )
    assert stack.preview() == Reviewed([], "")


@pytest.mark.parametrize(("written", "deployed"), [("010", "8"), ("0x10", "16"), ("1_0", "10")])
def test_a_number_that_the_engine_reads_differently_is_refused(
    stack: ReviewedStack, written: str, deployed: str
) -> None:
    file = path(stack)
    file.write_text(file.read_text().replace("notebookStorageGb: 10", f"notebookStorageGb: {written}"))

    assert stack.stack.get_config("pangeo:notebookStorageGb").value == deployed
    assert "Pulumi reads a value like this as a number in another notation" in refusal_of_check(stack)


def test_a_date_that_the_engine_rewrites_is_refused(stack: ReviewedStack) -> None:
    stack.write(STACK, ingress={"annotations": {"note": "DATE"}})
    file = path(stack)
    file.write_text(file.read_text().replace("note: DATE", "note: 2026-01-30"))

    assert "2026-01-30 00:00:00 +0000 UTC" in stack.stack.get_config("pangeo:ingress").value
    assert "Pulumi reads a value like this as a date in another notation" in refusal_of_check(stack)


@pytest.mark.parametrize("form", ["quoted", "flow", "block"])
def test_a_kubeconfig_in_plain_text_is_refused_and_not_shown(stack: ReviewedStack, form: str) -> None:
    text = KUBECONFIG if form != "block" else yaml.safe_dump(yaml.safe_load(KUBECONFIG))
    stack.write(STACK, kubernetes={"kubeconfig": yaml.safe_load(text) if form == "flow" else text})
    found, checked = stack.preview(), refusal_of_check(stack)

    for refusal in (found.refusal, checked):
        assert "pangeo:kubernetes.kubeconfig" in refusal
        assert TOKEN not in refusal
    assert "is a secret in plain text" in checked


def test_a_file_with_an_environment_is_read_by_program_and_commands(
    stack: ReviewedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The backend of this test has no Pulumi ESC: the engine's own message names that."""
    file = path(stack)
    text = file.read_text()
    file.write_text(f"environment: []\n{text}")
    assert stack.preview() == Reviewed([], "")

    file.write_text(f"environment: [org/vis]\n{text}")
    assert read_stack(file).cluster_name == "reviewed"
    for key, value in stack.variables.items():
        monkeypatch.setenv(key, value)
    monkeypatch.chdir(stack.folder)
    with pytest.raises(PulumiFailed, match="its Pulumi ESC environment cannot be opened") as failed:
        open_stack(STACK)
    assert "does not support environments" in str(failed.value)


def test_a_key_set_without_path_is_refused_by_the_program_and_by_check(stack: ReviewedStack) -> None:
    file = path(stack)
    file.write_text(f"{file.read_text()}  pangeo:identity.realm: EXAMPLE.ORG\n")
    for refusal in (stack.preview().refusal, refusal_of_check(stack)):
        assert "is a key of a section; set it with: pulumi config set --path pangeo:identity.realm" in refusal
