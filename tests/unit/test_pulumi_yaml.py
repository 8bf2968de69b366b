"""The engine's own check of a stack's configuration, as the model has it."""

import yaml

from docs.generate.configuration import pulumi_config
from local.paths import PROJECT


def project() -> dict[str, object]:
    loaded: dict[str, object] = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())
    return loaded


def test_the_config_block_is_the_models() -> None:
    assert project()["config"] == pulumi_config()


def test_stack_files_are_in_their_own_folder() -> None:
    assert project()["stackConfigDir"] == "stacks"
