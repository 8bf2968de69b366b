from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from components.config.notebook import DEFAULT_IMAGE
from components.config.stack_file import stack_path, stacks
from docs.generate.schema import editor_schema
from tests.support.tenancies import settings

VALIDATOR = jsonschema.Draft202012Validator(editor_schema())


def stack_document(**changes: Any) -> dict[str, Any]:
    return {"config": {f"pangeo:{key}": value for key, value in settings(**changes).items()}}


def find_values(tree: Any, key: str) -> Iterator[object]:
    if isinstance(tree, dict):
        yield from (value for name, value in tree.items() if name == key)
    for inner in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from find_values(inner, key)


def test_the_schema_accepts_good_stack_files() -> None:
    jsonschema.Draft202012Validator.check_schema(editor_schema())
    secure = {"secure": "v1:abc"}
    good = [
        stack_document(),
        stack_document(notebookCpus="2", protect="true"),
        stack_document(identityBindPassword=secure, kubernetes__kubeconfig=secure),
        {**stack_document(), "encryptionsalt": "v1:abc"},
        {"config": {**stack_document()["config"], "aws:region": "eu"}},
        *(yaml.safe_load(stack_path(name).read_text()) for name in stacks()),
    ]
    for stack in good:
        assert list(VALIDATOR.iter_errors(stack)) == []


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
def test_the_schema_rejects_mistakes(changes: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(stack_document(**changes))


def test_the_schema_has_no_titles_made_of_class_names() -> None:
    assert [title for title in find_values(editor_schema(), "title") if isinstance(title, str)] == [
        "Stack file of a Pangeo tenancy"
    ]


def test_descriptions_are_one_line_and_hold_unit_and_update() -> None:
    descriptions = [text for text in find_values(editor_schema(), "description") if isinstance(text, str)]
    assert [text for text in descriptions if "\n" in text or "``" in text] == []
    keys = editor_schema()["properties"]["config"]["properties"]
    assert keys["pangeo:notebookStorageGb"]["description"].endswith("(GB; may only grow)")
    assert keys["pangeo:clusterName"]["description"].endswith("(cannot be changed after the first pulumi up)")


def test_the_default_image_is_a_string() -> None:
    image = editor_schema()["$defs"]["Notebook"]["properties"]["image"]
    assert image["type"] == "string"
    assert image["default"] == DEFAULT_IMAGE
