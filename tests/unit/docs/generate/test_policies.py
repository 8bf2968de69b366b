import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from docs.generate.policies import DOCUMENT, EXAMPLE, document, main
from local.paths import LOCAL
from policies.rule import CHECKOUT
from policies.rules import RULES

LEVELS = ("mandatory", "advisory", "disabled")


def test_what_is_written_down_is_what_the_rules_say() -> None:
    assert (CHECKOUT / DOCUMENT).read_text(encoding="utf-8") == document(), "run python -m docs.generate.policies"


def test_a_stale_file_is_found_and_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    DOCUMENT.parent.mkdir()
    assert main(["--check"]) == 1
    assert "docs/policies.md: is out of date" in capsys.readouterr().out
    assert main([]) == 0
    assert main(["--check"]) == 0


def test_every_rule_and_setting_is_described() -> None:
    assert re.findall(r"^### `([\w-]+)`$", document(), re.MULTILINE) == [rule.id for rule in RULES]
    for rule in RULES:
        for setting in rule.settings:
            assert f"| `{setting.name}` | {setting.words} |" in document()


@pytest.mark.parametrize(
    "organisation",
    [
        EXAMPLE,
        *(json.loads((folder / "policies.json").read_text()) for folder in (LOCAL / "tenancy", CHECKOUT / "stacks")),
    ],
    ids=["the document's", "the local tenancy's", "the other tenancies'"],
)
def test_an_organisations_file_names_rules_and_settings_that_exist(organisation: dict[str, Any]) -> None:
    rules = {rule.id: rule for rule in RULES}
    for name, given in organisation.items():
        if isinstance(given, str):
            assert name in rules
            assert given in LEVELS
        else:
            rules[name].with_settings(given)
            for setting in rules[name].settings:
                jsonschema.validate(given.get(setting.name, setting.default), setting.type)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_default_is_what_its_setting_may_be(rule: Any) -> None:
    for setting in rule.settings:
        jsonschema.Draft202012Validator.check_schema(setting.type)
        jsonschema.validate(setting.default, setting.type)
