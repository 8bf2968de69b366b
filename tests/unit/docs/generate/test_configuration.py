import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from components.config.schema import find_section
from components.config.section import Section
from components.config.stack_file import stack_path, stacks
from components.config.tenancy import Tenancy
from docs.generate.configuration import DOCUMENT, document, editor_schema, generated, main, pulumi_config
from tests.support.tenancies import settings

EDITOR = jsonschema.Draft202012Validator(editor_schema())


@pytest.mark.parametrize("path", generated())
def test_what_is_written_down_is_what_the_model_says(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == generated()[path], "run python -m docs.generate.configuration"


def test_a_stale_file_is_found_and_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("stacks").mkdir()
    assert main(["--check"]) == 1
    assert "docs/configuration.md: is out of date" in capsys.readouterr().out
    assert main([]) == 0
    assert main(["--check"]) == 0
    DOCUMENT.write_text("old")
    assert main(["--check"]) == 1


def keys(group: type[Section]) -> Iterator[str]:
    for name, field in group.model_fields.items():
        yield field.alias or name
        if inner := find_section(field.annotation):
            yield from keys(inner)


def test_every_key_has_a_row() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \|", document(), re.MULTILINE))
    assert rows == {*keys(Tenancy), "identityBindPassword"}


def as_stack(**changes: Any) -> dict[str, Any]:
    return {"config": {f"pangeo:{key}": value for key, value in settings(**changes).items()}}


def test_the_editors_schema_takes_good_stacks() -> None:
    jsonschema.Draft202012Validator.check_schema(editor_schema())
    secure = {"secure": "v1:abc"}
    good = [
        as_stack(),
        as_stack(notebookCpus="2", protect="true"),
        as_stack(identityBindPassword=secure, kubernetes__kubeconfig=secure),
        {**as_stack(), "encryptionsalt": "v1:abc"},
        {"config": {**as_stack()["config"], "aws:region": "eu"}},
        *(yaml.safe_load(stack_path(name).read_text()) for name in stacks()),
    ]
    for stack in good:
        assert list(EDITOR.iter_errors(stack)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"notebokCpus": 1},
        {"notebookCpus": 0},
        {"notebookCpus": "two"},
        {"identityBindPassword": "plain"},
        {"identity__relm": "X"},
        {"identity__tls": "none"},
        {"storage": {"create": {}}},
    ],
)
def test_the_editors_schema_refuses_slips(changes: dict[str, Any]) -> None:
    assert not EDITOR.is_valid(as_stack(**changes))


def test_the_engines_block_wants_what_the_model_wants() -> None:
    block = pulumi_config()
    required = {key for key, said in block.items() if "default" not in said}
    assert required == {f"pangeo:{field.alias}" for field in Tenancy.model_fields.values() if field.is_required()}
    assert {said["type"] for said in block.values()} <= {"string", "integer", "boolean", "object"}


def test_the_engines_defaults_are_the_models() -> None:
    block = pulumi_config()
    defaults = {key.removeprefix("pangeo:"): said["default"] for key, said in block.items() if "default" in said}
    plain = Tenancy.model_validate(settings())
    assert Tenancy.model_validate({**settings(), **defaults}) == plain
