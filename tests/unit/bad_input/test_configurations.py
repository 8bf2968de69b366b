"""Whatever a stack says, it is a tenancy or a list of problems."""

import json
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from components.config.problems import InvalidTenancy
from components.config.stack_file import read_config, read_stack
from components.config.strict_yaml import UnreadableYaml, load
from tests.support.tenancies import settings as smallest
from tests.unit.bad_input.outcomes import tenancy_or_problems
from tests.unit.bad_input.strategies import FULL_SETTINGS, changed, keys, texts_of_stack_files, values, words

SECRET = "sesame-open-4711"


def from_the_engine(tree: Mapping[str, Any]) -> dict[str, object]:
    """As the engine hands a configuration over: objects as JSON, all else as text."""
    return {key: json.dumps(value) if isinstance(value, dict | list) else value for key, value in tree.items()}


def test_the_good_one_they_are_grown_from_is_good() -> None:
    assert tenancy_or_problems(lambda: read_config(FULL_SETTINGS, source="made up")) is not None


@given(changed(FULL_SETTINGS))
def test_a_good_configuration_with_anything_changed(tree: dict[str, Any]) -> None:
    tenancy_or_problems(lambda: read_config(tree, source="made up"))


@given(changed(FULL_SETTINGS))
def test_the_same_as_the_engine_hands_it_over(tree: dict[str, Any]) -> None:
    tenancy_or_problems(lambda: read_config(from_the_engine(tree), source="made up"))


@given(st.dictionaries(keys, values, max_size=6))
def test_any_configuration_at_all(tree: dict[str, Any]) -> None:
    tenancy_or_problems(lambda: read_config(tree, source="made up"))


@given(st.sampled_from(["identity", "storage", "kubernetes", "notebook"]), words)
@example("identity", "[" * 100_000)
@example("identity", '{"a":' * 100_000)
@example("identity", "1" * 5000)
def test_an_object_that_is_any_text(key: str, text: str) -> None:
    tenancy_or_problems(lambda: read_config({**smallest(), key: text}, source="made up"))


@given(texts_of_stack_files())
@example("config: {pangeo:notebookCpus: !!int many}")
@example("config: {pangeo:protect: !!bool maybe}")
@example("config: {pangeo:clusterName: !!timestamp never}")
@example("config: {pangeo:clusterName: !!binary aGFsbG8=}")
@example("config: {pangeo:clusterName: !!set {a, b}}")
@example(f"config: {{pangeo:notebookCpus: {'1' * 5000}}}")
@example('config: {"pangeo:\\ud800": 1, "pangeo:clusterName": "\\ud800"}')
@example('config: {"pangeo:\\e[2Jcleared": 1, "\\n": 2}')
@example("config: {? [pangeo:a] : b}")
@example("config: {5: 6, pangeo:5: 6, pangeo:identity: {5: 6, null: 7}}")
def test_any_stack_file(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Pulumi.made.yaml"
        path.write_text(text, encoding="utf-8", newline="")
        tenancy_or_problems(lambda: read_stack(path, source="made up"))


@given(st.binary(max_size=60))
def test_a_stack_file_of_any_bytes(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Pulumi.made.yaml"
        path.write_bytes(content)
        tenancy_or_problems(lambda: read_stack(path, source="made up"))


@given(st.text(st.sampled_from("!&*?|>-:{}[],#%@`\"' \n\tab1.e~<=\\xu\ud800"), max_size=40))
def test_text_is_data_or_is_refused(text: str) -> None:
    with suppress(UnreadableYaml):
        load(text)


@given(
    st.sampled_from(["clusterName", "externalIp", "pangeoDomain", "notebookCpus", "notebookStorageGb", "domainSuffix"]),
    words,
)
def test_what_was_set_as_a_secret_is_in_no_message(key: str, before: str) -> None:
    secret = f"{before}{SECRET}"
    said = ""
    try:
        read_config({**smallest(), key: secret}, source="made up", secret_keys=[f"pangeo:{key}"])
    except InvalidTenancy as invalid:
        said = str(invalid)
    assert SECRET not in said.lower()
