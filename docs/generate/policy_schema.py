"""The JSON Schema of the organisation's file for policies, ``stacks/policies.schema.json``.

Editors complete names from it, and ``python -m components check`` finds names that do not exist.
"""

import json
from typing import Any

from components.config.policy_settings import ALL, LEVEL_KEY, LEVELS
from policies.rule import Rule
from policies.rules import RULES


def render_policy_schema() -> str:
    """Return the text of ``stacks/policies.schema.json``."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Levels and settings of the policies, for --policy-pack-config",
        "type": "object",
        "properties": {
            ALL: _either("Level of every policy without a level of its own", {}),
            **dict(map(_policy, RULES)),
        },
        "additionalProperties": False,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _policy(rule: Rule) -> tuple[str, dict[str, Any]]:
    settings = {
        each.name: {**each.type, "description": each.description, "default": each.default} for each in rule.settings
    }
    return rule.id, _either(rule.summary, settings, rule.level)


def _either(description: str, settings: dict[str, Any], default: str | None = None) -> dict[str, Any]:
    level = {"enum": list(LEVELS), **({} if default is None else {"default": default})}
    settings = {LEVEL_KEY: level, **settings}
    return {
        "description": description,
        "anyOf": [{"enum": list(LEVELS)}, {"type": "object", "properties": settings, "additionalProperties": False}],
    }
