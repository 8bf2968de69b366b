"""The policy reference, ``docs/policies.md``."""

import json
from collections.abc import Iterator

from policies import traits
from policies.rule import Rule
from policies.rules import RULES, THEMES

EXAMPLE = {
    "approved-images": {"registries": ["docker.io/pangeo", "registry.example.org/vis"]},
    "retained-expandable-volumes": {"classes": ["csi-cinder-sc-retain"]},
    "guaranteed-resources": {"mostCpus": 16, "mostRamGb": 64},
    "sessions-are-short": "mandatory",
}
"""Example of a file for ``--policy-pack-config``."""


def render_policies() -> str:
    """The reference as Markdown."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    mandatory = sum(rule.level == "mandatory" for rule in RULES)
    yield "# Policies"
    yield ""
    yield "<!-- Generated from policies/rules by `python -m docs.generate`; do not edit. -->"
    yield ""
    yield (
        f"{len(RULES)} rules that every tenancy keeps to, checked against what the program declares in every preview: "
        f"{mandatory} are mandatory and stop it, the others advise. What a preview cannot know counts as not kept."
    )
    yield ""
    yield "```"
    yield "pulumi preview --policy-pack policies --policy-pack-config stacks/policies.json"
    yield "pulumi up --policy-pack policies --policy-pack-config stacks/policies.json"
    yield "```"
    yield ""
    yield (
        "`up` previews first, and a refused preview changes nothing; with `--skip-preview` what comes before the "
        "refused resource would be changed. `make up` and `make preview` always run the rules, with "
        "`local/tenancy/policies.json`."
    )
    yield ""
    yield (
        "The organisation's file, `stacks/policies.json` here, sets a rule's level (`mandatory`, `advisory`, "
        "`disabled`) and its settings; what it leaves out is as below. A list replaces the default list. A rule's name "
        "that does not exist is ignored by the engine; a setting that does not exist is refused."
    )
    yield ""
    yield "```json"
    yield json.dumps(EXAMPLE, indent=2)
    yield "```"
    yield ""
    yield (
        "`known-settings` goes by the classes of "
        + ", ".join(f"{name} {version}" for name, version in traits.packages().items())
        + "; after a change of the hub's packages run `python -m policies.traits` with an interpreter that has them."
    )
    for theme, rules in THEMES.items():
        yield ""
        yield f"## {theme}"
        for rule in rules:
            yield from _section(rule)


def _section(rule: Rule) -> Iterator[str]:
    yield ""
    yield f"### `{rule.id}`"
    yield ""
    about = ", ".join(kind.words for kind in rule.on) or "the stack as a whole"
    yield f"**{_as_text(rule.summary)}.** {rule.level.capitalize()}, {rule.severity}; looks at {about}."
    yield ""
    yield _as_text(rule.reason)
    yield ""
    yield f"*What to do:* {_as_text(rule.fix)}"
    if rule.settings:
        yield ""
        yield "| Setting | | Default |"
        yield "|---|---|---|"
        for setting in rule.settings:
            yield f"| `{setting.name}` | {setting.words} | `{json.dumps(setting.default)}` |"


def _as_text(sentence: str) -> str:
    """Escape angle brackets and underscores, which Markdown would take for HTML and emphasis."""
    return sentence.replace("<", r"\<").replace("_", r"\_")
