import yaml

from components.config.tenancy import Tenancy
from docs.generate.engine_config import engine_config, render_project_file
from tests.support.tenancies import settings


def test_the_engine_requires_the_keys_that_the_model_requires() -> None:
    required = {key for key, entry in engine_config().items() if "default" not in entry}
    assert required == {f"pangeo:{field.alias}" for field in Tenancy.model_fields.values() if field.is_required()}
    assert {entry["type"] for entry in engine_config().values()} <= {"string", "integer", "boolean", "object"}


def test_the_engine_has_the_defaults_of_the_model() -> None:
    block = engine_config()
    defaults = {key.removeprefix("pangeo:"): entry["default"] for key, entry in block.items() if "default" in entry}
    plain = Tenancy.model_validate(settings())
    assert Tenancy.model_validate({**settings(), **defaults}) == plain


def test_only_the_block_config_of_the_project_file_changes() -> None:
    before = "name: pangeo  # comment\n# generated\n"
    after = "# another comment\nplugins: {}\n"
    text = render_project_file(f"{before}config:\n  pangeo:old:\n    type: string\n{after}")
    assert text.startswith(f"{before}config:\n  pangeo:clusterName:\n")
    assert text.endswith(after)
    assert yaml.safe_load(text)["config"] == engine_config()
    assert render_project_file(text) == text


def test_a_project_file_without_config_gets_the_block() -> None:
    assert yaml.safe_load(render_project_file("name: pangeo\n")) == {"name": "pangeo", "config": engine_config()}
