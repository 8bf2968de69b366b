import json
import re
from typing import Any

import jsonschema
import pytest

from docs.generate.policies import EXAMPLE, render_policies
from local.paths import LOCAL
from policies.rule import CHECKOUT
from policies.rules import RULES

LEVELS = ("mandatory", "advisory", "disabled")


def test_every_rule_and_setting_is_described() -> None:
    assert re.findall(r"^### `([\w-]+)`$", render_policies(), re.MULTILINE) == [rule.id for rule in RULES]
    for rule in RULES:
        for setting in rule.settings:
            assert f"| `{setting.name}` | {setting.description} |" in render_policies()


@pytest.mark.parametrize(
    "organisation",
    [
        EXAMPLE,
        *(json.loads((folder / "policies.json").read_text()) for folder in (LOCAL / "tenancy", CHECKOUT / "stacks")),
    ],
    ids=["the document's", "the local tenancy's", "the other tenancies'"],
)
def test_policy_files_contain_only_existing_rules_and_settings(organisation: dict[str, Any]) -> None:
    rules = {rule.id: rule for rule in RULES}
    for name, given in organisation.items():
        if isinstance(given, str):
            assert name in rules
            assert given in LEVELS
        else:
            rules[name].merge_settings(given)
            for setting in rules[name].settings:
                jsonschema.validate(given.get(setting.name, setting.default), setting.type)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_settings_default_matches_its_schema(rule: Any) -> None:
    for setting in rule.settings:
        jsonschema.Draft202012Validator.check_schema(setting.type)
        jsonschema.validate(setting.default, setting.type)
