"""The policy reference, ``docs/policies.md``."""

import json
from collections.abc import Iterator

from policies import traits
from policies.allowed_settings import ALLOWED
from policies.rule import Rule
from policies.rules import RULES, THEMES

EXAMPLE = {
    "approved-images": {"registries": ["quay.io/pangeo", "registry.example.org/vis"]},
    "retained-expandable-volumes": {"classes": ["csi-cinder-sc-retain"]},
    "guaranteed-resources": {"mostCpus": 16, "mostRamGb": 64},
    "sessions-are-short": "mandatory",
}
"""Example of a file for ``--policy-pack-config``."""

ALLOWING_RULE = "program-values"
"""The rule with an allow-list."""


def render_policies() -> str:
    """Return the policy reference as Markdown."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    mandatory = sum(rule.level == "mandatory" for rule in RULES)
    yield "# Policies"
    yield ""
    yield "<!-- Generated from policies/rules by `python -m docs.generate`; do not edit. -->"
    yield ""
    yield (
        f"Every preview checks the resources that the program declares against {len(RULES)} rules. A violation of one "
        f"of the {mandatory} mandatory rules fails the preview; the other rules only warn. A value that a preview does "
        "not know is a violation. The rules compare the resources with the configuration as the program reads it, so "
        "they accept every spelling of a value that the program accepts."
    )
    yield ""
    yield "```"
    yield "pulumi preview --policy-pack policies --policy-pack-config stacks/policies.json"
    yield "pulumi up --policy-pack policies --policy-pack-config stacks/policies.json"
    yield "```"
    yield ""
    yield (
        "`pulumi up` runs a preview first and changes nothing if the preview fails. With `--skip-preview`, the "
        "resources before the refused one would be changed. `make up` and `make preview` always check the rules, with "
        "`local/tenancy/policies.json`."
    )
    yield ""
    yield (
        "The organisation's file, here `stacks/policies.json`, sets the level (`mandatory`, `advisory`, `disabled`) "
        "and the settings of rules; otherwise the values below apply. A list replaces the default list. An unknown "
        "setting is an error. The engine ignores an unknown rule with a level, so `python -m components check` and the "
        "previews of CI refuse a name, level or setting that does not exist. The summary of a preview in CI lists "
        "every rule below its default level, and every level and setting that the pull request changes."
    )
    yield ""
    yield "```json"
    yield json.dumps(EXAMPLE, indent=2)
    yield "```"
    yield ""
    yield (
        "`known-settings` knows the classes of "
        + ", ".join(f"{name} {version}" for name, version in traits.package_versions().items())
        + ". After a change of the hub's packages, run `python -m policies.traits` with an interpreter that has them."
    )
    for theme, rules in THEMES.items():
        yield ""
        yield f"## {theme}"
        for rule in rules:
            yield from _section(rule)
            if rule.id == ALLOWING_RULE:
                yield from _allowed_settings()


def _section(rule: Rule) -> Iterator[str]:
    yield ""
    yield f"### `{rule.id}`"
    yield ""
    subject = ", ".join(kind.label for kind in rule.kinds) or (
        "every resource" if rule.check else "the stack as a whole"
    )
    yield f"**{_escape(rule.summary)}.** {rule.level.capitalize()}, {rule.severity}; applies to {subject}."
    yield ""
    yield _escape(rule.reason)
    yield ""
    yield f"*Fix:* {_escape(rule.fix)}"
    if rule.settings:
        yield ""
        yield "| Setting | Meaning | Default |"
        yield "|---|---|---|"
        for setting in rule.settings:
            yield f"| `{setting.name}` | {setting.description} | `{json.dumps(setting.default)}` |"


def _allowed_settings() -> Iterator[str]:
    yield ""
    yield (
        "These settings may differ without an entry in `furtherSettings`, if their values are numbers, true, false or "
        "one short line. `*` stands for one key, `**` for all keys below."
    )
    yield ""
    yield "| Settings | Reason |"
    yield "|---|---|"
    for each in ALLOWED:
        yield f"| {', '.join(f'`{pattern}`' for pattern in each.patterns)} | {each.reason} |"


def _escape(sentence: str) -> str:
    """Escape angle brackets, which would be HTML, and underscores, which would be emphasis."""
    return sentence.replace("<", r"\<").replace("_", r"\_")
