"""The organisation's file for policies: names that the engine would ignore, and what a change weakens."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.config.policy_settings import (
    NO_FILE,
    KnownPolicy,
    PolicyFile,
    describe_policy_changes,
    parse_known_policies,
    read_policy_file,
)
from components.config.problems import InvalidTenancy

KNOWN = {
    "log-in-by-group": KnownPolicy("mandatory", {}),
    "guaranteed-resources": KnownPolicy("mandatory", {"mostCpus": 64, "mostRamGb": 512, "mostGpus": 8}),
    "sessions-are-short": KnownPolicy("advisory", {}),
}

NOT_A_LEVEL = "must be a level (disabled, advisory, mandatory) or an object with settings"


def read(document: Any) -> PolicyFile:
    text = document if isinstance(document, str) else json.dumps(document)
    return read_policy_file(text, KNOWN, source="stacks/policies.json")


def problems(document: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidTenancy) as refused:
        read(document)
    return [(each.key, each.message) for each in refused.value.problems]


def changes(now: Any, base: Any = None) -> list[str]:
    return list(describe_policy_changes(read(now), None if base is None else read(base), KNOWN))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("log-in-by-grup", "is not the name of a policy, and would be ignored; did you mean log-in-by-group?"),
        ("Log-in-by-group", "is not the name of a policy, and would be ignored; did you mean log-in-by-group?"),
        ("names-of-its-own", "is not the name of a policy, and would be ignored; docs/policies.md lists all"),
        ("environments", "takes levels and settings from elsewhere, where no review sees them; write them here"),
    ],
)
def test_a_name_that_the_engine_would_ignore_is_refused(name: str, message: str) -> None:
    values: tuple[object, ...] = ("mandatory", "disabled", {"mostCpus": 2}, {}, [])
    for value in values:
        assert problems({name: value}) == [(name, message)]


@pytest.mark.parametrize("level", ["Mandatory", "off", "remediate", "", "disabled "])
def test_a_level_must_exist(level: str) -> None:
    for document, key in (
        ({"log-in-by-group": level}, "log-in-by-group"),
        ({"log-in-by-group": {"enforcementLevel": level}}, "log-in-by-group.enforcementLevel"),
        ({"all": level}, "all"),
    ):
        assert problems(document) == [(key, "is not a level; write disabled, advisory or mandatory")]


@pytest.mark.parametrize(
    ("document", "key", "message"),
    [
        (
            {"guaranteed-resources": {"mostCpu": 2}},
            "guaranteed-resources.mostCpu",
            "is not a setting of this policy; did you mean mostCpus?",
        ),
        (
            {"log-in-by-group": {"enforcmentLevel": "mandatory"}},
            "log-in-by-group.enforcmentLevel",
            "is not a setting of this policy; did you mean enforcementLevel?",
        ),
        ({"all": {"x": 1}}, "all.x", "is not a setting of this policy; its settings: none"),
        ({"log-in-by-group": None}, "log-in-by-group", NOT_A_LEVEL),
        ({"log-in-by-group": False}, "log-in-by-group", NOT_A_LEVEL),
        ([], "", "must be an object with the policies' names as keys"),
        ('{"all": "mandatory", "all": "disabled"}', "all", "is repeated; remove one of them"),
    ],
)
def test_other_mistakes_are_refused(document: Any, key: str, message: str) -> None:
    assert problems(document) == [(key, message)]


@pytest.mark.parametrize("text", ["{", "nonsense", "[" * 100_000, "{'a': 1}"])
def test_text_that_is_not_json_is_refused(text: str) -> None:
    [(key, message)] = problems(text)
    assert key == ""
    assert message.startswith("is not JSON: ")


@pytest.mark.parametrize("text", ["", " \n", "{}"])
def test_an_empty_file_sets_nothing(text: str) -> None:
    assert read(text) == NO_FILE


def test_all_mistakes_are_reported_at_once() -> None:
    assert len(problems({"a": "mandatory", "b": "x", "guaranteed-resources": {"c": 1, "enforcementLevel": "x"}})) == 4


@pytest.mark.parametrize(
    "now",
    [
        {"log-in-by-group": "disabled"},
        {"log-in-by-group": {"enforcementLevel": "disabled"}},
        {"all": "mandatory", "log-in-by-group": "disabled", "sessions-are-short": "advisory"},
    ],
)
def test_a_disabled_policy_is_described_with_its_former_level(now: Any) -> None:
    assert changes(now, {}) == ["log-in-by-group is disabled (default: mandatory, before this change: mandatory)"]


def test_a_policy_below_its_default_is_described_also_if_the_change_does_not_touch_it() -> None:
    now = {"log-in-by-group": "advisory"}
    assert changes(now, now) == ["log-in-by-group is advisory (default: mandatory, before this change: advisory)"]
    assert changes(now) == ["log-in-by-group is advisory (default: mandatory)"]


def test_the_level_of_all_affects_every_policy_without_its_own() -> None:
    assert changes({"all": "advisory", "log-in-by-group": "mandatory"}) == [
        "guaranteed-resources is advisory (default: mandatory)"
    ]
    assert [each.partition(" is ")[0] for each in changes({"all": {"enforcementLevel": "disabled"}})] == list(KNOWN)


def test_a_raised_level_is_described_where_it_changes() -> None:
    raised = {"sessions-are-short": "mandatory"}
    assert changes(raised, {}) == ["sessions-are-short is mandatory (default: advisory, before this change: advisory)"]
    assert changes({}, raised) == ["sessions-are-short is advisory (default: advisory, before this change: mandatory)"]
    assert changes(raised, raised) == []


def test_changed_settings_are_described_with_the_former_value() -> None:
    base = {"guaranteed-resources": {"mostCpus": 8}}
    assert changes({"guaranteed-resources": {"mostCpus": 32, "mostRamGb": 512}}, base) == [
        "guaranteed-resources: mostCpus is 32 (default: 64, before this change: 8)"
    ]
    assert changes({}, base) == ["guaranteed-resources: mostCpus is 64 (default: 64, before this change: 8)"]
    assert changes(base, base) == []
    assert changes(base) == ["guaranteed-resources: mostCpus is 8 (default: 64)"]


def test_the_shipped_file_contains_only_existing_names() -> None:
    known = parse_known_policies(json.loads(Path("stacks/policies.schema.json").read_text()))
    for path in (Path("stacks/policies.json"), Path("local/tenancy/policies.json")):
        read_policy_file(path.read_text(), known, source=str(path))
