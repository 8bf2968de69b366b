"""Every accepted spelling of every key violates no mandatory rule, apart from the listed exceptions."""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from pulumi_policy.proxy import unknown_checking_proxy

from components.config.controllers import INGRESS_NGINX
from components.config.schema import find_section, is_map_of_sections
from components.config.section import Section
from components.config.tenancy import Tenancy
from policies.pack import read_tenancy
from policies.rule import Context
from policies.rules import RULES
from tests.support.declared_resources import declare_resources
from tests.support.spellings import ANY_NAME, COMPANIONS, SPELLINGS
from tests.support.tenancies import settings
from tests.unit.policies.declared import STACK, as_engine_passes

REFUSED: Mapping[tuple[str, object], set[str]] = {
    ("storage.create.reclaimPolicy", "Delete"): {"retained-expandable-volumes"},
    ("storage.create.allowVolumeExpansion", False): {"retained-expandable-volumes"},
    ("protect", "false"): {"tenancy-protected", "homes-outlive-users"},
}
"""Values that the program accepts and that rules refuse in order to protect data."""

STORAGE = {"create": {"provisioner": "cinder.csi.openstack.org"}}

OF_THE_WHOLE_STACK = "complete-tenancy"
"""The rule that also needs the resources that ``__main__.py`` declares beside the component."""

ORGANISATION: Mapping[str, Mapping[str, object]] = {
    "retained-expandable-volumes": {"classes": ["csi-cinder", "csi.cinder", "cephfs", "nfs"]},
    "approved-images": {"mirrors": ["registry.example.org/cache"]},
    "unique-names": {"folder": "policies"},
    "comparable-names": {"folder": "policies"},
}
"""Settings of the rules: the existing storage classes and the mirror in the table, and a folder without stack files."""


def keys_below(section: type[Section], prefix: str = "") -> Iterator[str]:
    """Yield every key that has a value, with its path."""
    for name, field in section.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        inner = find_section(field.annotation)
        if inner is None:
            yield key
        else:
            yield from keys_below(inner, f"{key}.{ANY_NAME}." if is_map_of_sections(field) else f"{key}.")


def configuration(key: str, value: object) -> dict[str, str]:
    """Return a stack's configuration as the engine passes it, with one value."""
    changes = {
        name: each
        for path, given in COMPANIONS.items()
        if f"{key}.".startswith(f"{path}.")
        for name, each in given.items()
    }
    tree = copy.deepcopy(settings(**{"storage": STORAGE, "ingress": {"controller": INGRESS_NGINX}, **changes}))
    *parents, last = key.split(".")
    inner: Any = tree
    for parent in parents:
        inner = inner.setdefault(parent, {})
        inner = inner[0] if isinstance(inner, list) else inner
    inner[last] = value
    return {f"pangeo:{name}": each if isinstance(each, str) else json.dumps(each) for name, each in tree.items()}


_known_violations: dict[tuple[str, object], dict[str, list[str]]] = {}


def find_violations(config: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the messages of the mandatory rules on everything that the component declares.

    Spellings of the same value give equal tenancies, whose violations are the same.
    """
    tenancy = read_tenancy(STACK, tuple(config.items()))
    key = (tenancy.model_dump_json(), tenancy.kubernetes.kubeconfig)
    if key not in _known_violations:
        _known_violations[key] = _find_violations(tenancy)
    return _known_violations[key]


def _find_violations(tenancy: Tenancy) -> dict[str, list[str]]:
    resources = [
        replace(each, props=unknown_checking_proxy(as_engine_passes(each.props))) for each in declare_resources(tenancy)
    ]
    context = Context(STACK, tenancy, bind_passwords=("correct horse battery staple",))
    found: dict[str, list[str]] = {}
    for rule in RULES:
        if rule.level != "mandatory" or rule.id == OF_THE_WHOLE_STACK:
            continue
        own = replace(context, settings=rule.merge_settings(ORGANISATION.get(rule.id, {})))
        messages = [str(each) for each in rule.check_stack(resources, own)] if rule.check_stack else []
        for resource in resources if rule.check else ():
            if rule.check and rule.applies_to(resource):
                messages += rule.check(resource, own)
        if messages:
            found[rule.id] = messages
    return found


def test_every_key_of_the_model_has_spellings() -> None:
    assert set(keys_below(Tenancy)) - set(SPELLINGS) == set()


@pytest.mark.parametrize(
    ("key", "value"),
    [pytest.param(key, value, id=f"{key}={value!r:.40}") for key, values in SPELLINGS.items() for value in values],
)
def test_an_accepted_spelling_violates_no_rule(key: str, value: object) -> None:
    assert find_violations(configuration(key, value)) == {}


@pytest.mark.parametrize(
    ("case", "rules"), REFUSED.items(), ids=lambda each: str(each) if isinstance(each, tuple) else ""
)
def test_values_that_endanger_data_are_refused(case: tuple[str, object], rules: set[str]) -> None:
    assert set(find_violations(configuration(*case))) == rules
