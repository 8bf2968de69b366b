import yaml

from local.paths import PROJECT


def test_stack_files_are_in_their_own_folder() -> None:
    assert yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())["stackConfigDir"] == "stacks"
