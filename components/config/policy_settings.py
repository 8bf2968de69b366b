"""The organisation's levels and settings of policies, ``stacks/policies.json``: mistakes and changes. Pure.

The engine ignores an unknown name that has a level, so a misspelt name silently leaves a policy at its default. The
rules are given as data, because this package does not import the policy pack.

Format: ``parsePolicyPackConfig`` in pulumi/pulumi, ``pkg/resource/analyzer/config.go``.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components.config.problems import InvalidTenancy, Problem
from components.config.schema import find_nearest

LEVELS = ("disabled", "advisory", "mandatory")
"""The levels of a policy, from the weakest."""

ALL = "all"
"""The name that sets the level of every policy without a level of its own."""

LEVEL_KEY = "enforcementLevel"
"""The key of the level beside a policy's settings."""

_ENVIRONMENTS = "environments"


@dataclass(frozen=True)
class KnownPolicy:
    """A policy of the pack: its default level, and the default values of its settings by name."""

    level: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class PolicyFile:
    """A valid file. Without a file, everything has its default."""

    levels: Mapping[str, str]
    """The given levels by policy, or ``all``."""
    settings: Mapping[str, Mapping[str, Any]]
    """The given settings by policy."""

    def level(self, name: str, policy: KnownPolicy) -> str:
        """Return the level that the engine applies to a policy."""
        return self.levels.get(name) or self.levels.get(ALL) or policy.level


NO_FILE = PolicyFile({}, {})


def read_policy_file(text: str, known: Mapping[str, KnownPolicy], *, source: str) -> PolicyFile:
    """Read the file's text.

    Args:
        text: the text; blank text sets nothing.
        known: the pack's policies by name.
        source: the file in messages.

    Raises:
        InvalidTenancy: it is not JSON, or contains a name, level or setting that does not exist; the error holds every
            problem.
    """
    repeated: list[str] = []
    try:
        document = json.loads(text, object_pairs_hook=lambda pairs: _without_repetitions(pairs, repeated))
    except (ValueError, RecursionError) as error:
        if not text.strip():
            return NO_FILE
        raise InvalidTenancy(source, [Problem("", "", f"is not JSON: {error}")]) from None
    if not isinstance(document, dict):
        raise InvalidTenancy(source, [Problem("", "", "must be an object with the policies' names as keys")])
    problems = [Problem(key, "", "is repeated; remove one of them") for key in repeated]
    problems += (problem for name, value in document.items() for problem in _problems(name, value, known))
    if problems:
        raise InvalidTenancy(source, problems)
    levels, settings = {}, {}
    for name, value in document.items():
        given = {LEVEL_KEY: value} if isinstance(value, str) else dict(value)
        level = given.pop(LEVEL_KEY, None)
        if level is not None:
            levels[name] = level
        if given:
            settings[name] = given
    return PolicyFile(levels, settings)


def describe_policy_changes(
    now: PolicyFile, base: PolicyFile | None, known: Mapping[str, KnownPolicy]
) -> Iterator[str]:
    """Yield a sentence for each policy below its default level, and for each level and setting that is changed.

    Args:
        now: the file in force.
        base: the file before the change; None if there is nothing to compare with, and settings are then compared with
            the defaults.
        known: the pack's policies by name.
    """
    for name, policy in known.items():
        level, before = now.level(name, policy), (base or NO_FILE).level(name, policy)
        is_lower = LEVELS.index(level) < LEVELS.index(policy.level)
        if is_lower or level != before:
            yield f"{name} is {level} (default: {policy.level}{_base(before, base)})"
        given, given_before = now.settings.get(name, {}), (base or NO_FILE).settings.get(name, {})
        for setting, default in policy.settings.items():
            value, old = given.get(setting, default), given_before.get(setting, default)
            if value != old:
                yield (f"{name}: {setting} is {_show(value)} (default: {_show(default)}{_base(_show(old), base)})")


def _base(value: str, base: PolicyFile | None) -> str:
    return "" if base is None else f", before this change: {value}"


def _show(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _problems(name: str, value: object, known: Mapping[str, KnownPolicy]) -> Iterator[Problem]:
    if name == _ENVIRONMENTS:
        yield Problem(name, "", "takes levels and settings from elsewhere, where no review sees them; write them here")
        return
    if name != ALL and name not in known:
        nearest = find_nearest(name, known)
        hint = f"did you mean {nearest}?" if nearest else "docs/policies.md lists all"
        yield Problem(name, "", f"is not the name of a policy, and would be ignored; {hint}")
        return
    if isinstance(value, str):
        yield from _level_problems(name, value)
        return
    if not isinstance(value, dict):
        yield Problem(name, _show(value), f"must be a level ({', '.join(LEVELS)}) or an object with settings")
        return
    if LEVEL_KEY in value:
        yield from _level_problems(f"{name}.{LEVEL_KEY}", value[LEVEL_KEY])
    settings = known[name].settings if name in known else {}
    for setting in value:
        if setting != LEVEL_KEY and setting not in settings:
            nearest = find_nearest(setting, [*settings, LEVEL_KEY])
            hint = f"did you mean {nearest}?" if nearest else f"its settings: {', '.join(settings) or 'none'}"
            yield Problem(f"{name}.{setting}", "", f"is not a setting of this policy; {hint}")


def _level_problems(key: str, level: object) -> Iterator[Problem]:
    if level not in LEVELS:
        yield Problem(key, _show(level), f"is not a level; write {', '.join(LEVELS[:-1])} or {LEVELS[-1]}")


def _without_repetitions(pairs: list[tuple[str, Any]], repeated: list[str]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    repeated += (name for name in dict.fromkeys(names) if names.count(name) > 1)
    return dict(pairs)


def parse_known_policies(schema: Mapping[str, Any]) -> dict[str, KnownPolicy]:
    """Return the pack's policies from the schema of the file, ``stacks/policies.schema.json``."""
    known = {}
    for name, either in schema["properties"].items():
        if name != ALL:
            settings = dict(either["anyOf"][1]["properties"])
            level = settings.pop(LEVEL_KEY)["default"]
            known[name] = KnownPolicy(level, {key: setting["default"] for key, setting in settings.items()})
    return known
