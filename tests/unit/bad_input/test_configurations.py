"""Random configurations: each is a tenancy or a list of problems."""

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
from tests.support.tenancies import settings as minimal_settings
from tests.unit.bad_input.outcomes import check_outcome
from tests.unit.bad_input.strategies import FULL_SETTINGS, SECRET_KEYS, changed, keys, stack_files, texts, values

SECRET = "sesame-open-4711"


def as_engine_config(tree: Mapping[str, Any]) -> dict[str, object]:
    """A configuration as the engine passes it: sections as JSON, all else as it is."""
    return {key: json.dumps(value) if isinstance(value, dict | list) else value for key, value in tree.items()}


def test_the_unchanged_configuration_is_valid() -> None:
    assert check_outcome(lambda: read_config(FULL_SETTINGS, source="random", secret_keys=SECRET_KEYS)) is not None


@given(changed(FULL_SETTINGS))
def test_a_changed_configuration_is_read_or_refused(tree: dict[str, Any]) -> None:
    check_outcome(lambda: read_config(tree, source="random", secret_keys=SECRET_KEYS))


@given(changed(FULL_SETTINGS))
def test_a_changed_engine_configuration_is_read_or_refused(tree: dict[str, Any]) -> None:
    check_outcome(lambda: read_config(as_engine_config(tree), source="random", secret_keys=SECRET_KEYS))


@given(st.dictionaries(keys, values, max_size=6))
def test_a_random_configuration_is_read_or_refused(tree: dict[str, Any]) -> None:
    check_outcome(lambda: read_config(tree, source="random", secret_keys=SECRET_KEYS))


@given(st.sampled_from(["identity", "storage", "kubernetes", "notebook"]), texts)
@example("identity", "[" * 100_000)
@example("identity", '{"a":' * 100_000)
@example("identity", "1" * 5000)
def test_random_text_for_a_section_is_refused(key: str, text: str) -> None:
    check_outcome(lambda: read_config({**minimal_settings(), key: text}, source="random"))


@given(stack_files())
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
def test_a_changed_stack_file_is_read_or_refused(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Pulumi.random.yaml"
        path.write_text(text, encoding="utf-8", newline="")
        check_outcome(lambda: read_stack(path, source="random"))


@given(st.binary(max_size=60))
def test_a_stack_file_of_random_bytes_is_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Pulumi.random.yaml"
        path.write_bytes(content)
        check_outcome(lambda: read_stack(path, source="random"))


@given(st.text(st.sampled_from("!&*?|>-:{}[],#%@`\"' \n\tab1.e~<=\\xu\ud800"), max_size=40))
def test_random_yaml_is_loaded_or_refused(text: str) -> None:
    with suppress(UnreadableYaml):
        load(text)


@given(
    st.sampled_from(["clusterName", "externalIp", "pangeoDomain", "notebookCpus", "notebookStorageGb", "domainSuffix"]),
    texts,
)
def test_no_message_shows_a_value_set_as_a_secret(key: str, before: str) -> None:
    secret = f"{before}{SECRET}"
    message = ""
    try:
        read_config({**minimal_settings(), key: secret}, source="random", secret_keys=[f"pangeo:{key}"])
    except InvalidTenancy as invalid:
        message = str(invalid)
    assert SECRET not in message.lower()
