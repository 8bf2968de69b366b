"""What holds for every rule: it takes a good tenancy, leaves others alone, and does not pass what it cannot see."""

import pytest

from policies import kinds
from policies.rule import Rule
from policies.rules import RULES
from tests.unit.policies import declared
from tests.unit.policies.declared import UNKNOWN

OF_RESOURCES = [rule.id for rule in RULES if rule.find]
OF_STACKS = [rule.id for rule in RULES if rule.find_in_stack]

NOT_KNOWN = {
    "log-in-by-directory": declared.release(hub__config__JupyterHub__authenticator_class=UNKNOWN),
    "log-in-by-group": declared.release(hub__config__LDAPAuthenticator__allowed_groups=UNKNOWN),
    "no-allow-existing-users": declared.release(hub__config__Authenticator__allow_existing_users=UNKNOWN),
    "verified-directory-tls": declared.release(hub__config__LDAPAuthenticator__tls_kwargs=UNKNOWN),
    "known-settings": declared.release(hub__config=UNKNOWN),
    "reviewed-hub-code": declared.release(hub__extraConfig=UNKNOWN),
    "group-name": declared.group(name=UNKNOWN),
    "tls-on-every-host": declared.ingress(spec__rules=[{"host": UNKNOWN}]),
    "ingress-host": declared.ingress(spec__rules=[{"host": UNKNOWN}]),
    "no-public-services": declared.release(proxy__service__type=UNKNOWN),
    "pod-security": declared.namespace(metadata__labels=UNKNOWN),
    "network-policies": declared.release(singleuser__networkPolicy__egress=UNKNOWN),
    "tenancy-protected": declared.group(protect=UNKNOWN),
    "homes-outlive-users": declared.release(hub__config__KubeSpawner__delete_pvc=UNKNOWN),
    "idle-servers-stop": declared.release(cull__timeout=UNKNOWN),
    "sessions-are-short": declared.release(hub__config__JupyterHub__cookie_max_age_days=UNKNOWN),
    "retained-expandable-volumes": declared.release(singleuser__storage__dynamic__storageClass=UNKNOWN),
    "exact-chart": declared.of_release(version=UNKNOWN),
    "approved-images": declared.release(singleuser__image__name=UNKNOWN),
    "no-latest-image": declared.release(hub__image=UNKNOWN),
    "guaranteed-resources": declared.release(singleuser__cpu__limit=UNKNOWN),
    "dask-limits": declared.gateway(gateway__extraConfig__limits=UNKNOWN),
}
"""For each rule a tenancy in which a preview does not know what the rule looks at."""

MANDATORY_IN_THE_ISSUE = 20


@pytest.mark.parametrize("name", OF_RESOURCES)
def test_a_good_tenancy_is_refused_nothing(name: str) -> None:
    assert [declared.of(name, each).sentences for each in declared.a_good_stack()] == [
        [] for _ in declared.a_good_stack()
    ]
    assert any(declared.of(name, each).applies for each in declared.a_good_stack())


@pytest.mark.parametrize("name", OF_STACKS)
def test_a_good_stack_is_refused_nothing(name: str) -> None:
    assert declared.of_stack(name, declared.a_good_stack(), organisation=_no_other_stack(name)) == []


@pytest.mark.parametrize("name", OF_RESOURCES)
def test_resources_it_is_not_about_are_left_alone(name: str) -> None:
    assert not declared.of(name, declared.random_bytes("0" * 64)).applies
    other = declared.of_release(chart="prometheus", values={"server": {"image": UNKNOWN}})
    assert not declared.of(name, other).applies


@pytest.mark.parametrize("name", OF_RESOURCES)
def test_what_a_preview_does_not_know_is_not_passed(name: str) -> None:
    (said,) = declared.of(name, NOT_KNOWN[name]).sentences
    assert said.startswith("could not be checked: ")
    assert "is not known in a preview" in said


@pytest.mark.parametrize("name", OF_RESOURCES)
def test_values_that_are_not_known_as_a_whole_are_not_passed(name: str) -> None:
    if kinds.RELEASE in declared.rule(name).on:
        (said,) = declared.of(name, declared.of_release(chart="x", values=UNKNOWN)).sentences
        assert said.startswith("could not be checked: values is not known")


def test_every_rule_about_the_hub_refuses_a_hub_without_values() -> None:
    """What is mandatory for a hub is refused where the chart's defaults are unsafe; the others have safe defaults."""
    empty = declared.of_release(values={"jupyterhub": {}, "dask-gateway": {}})
    refused = {rule.id for rule in RULES if kinds.RELEASE in rule.on and declared.of(rule.id, empty).sentences}
    safe_by_default = {"tls-on-every-host", "known-settings", "exact-chart"}
    named_only = {"approved-images", "no-latest-image"}
    assert refused == {rule.id for rule in RULES if kinds.RELEASE in rule.on} - safe_by_default - named_only


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_says_what_why_and_what_to_do(rule: Rule) -> None:
    assert rule.id == rule.id.lower()
    assert rule.summary
    assert not rule.summary.endswith(".")
    assert rule.reason.endswith(".")
    assert rule.fix.endswith(".")
    assert bool(rule.find) != bool(rule.find_in_stack)


def test_rules_have_names_of_their_own_and_most_are_mandatory() -> None:
    names = [rule.id for rule in RULES]
    assert len(names) == len(set(names))
    assert sum(rule.level == "mandatory" for rule in RULES) >= MANDATORY_IN_THE_ISSUE


def test_a_setting_that_a_rule_does_not_have_is_refused_by_name() -> None:
    (said,) = declared.of("guaranteed-resources", declared.release(), organisation={"mostCpu": 4}).sentences
    assert said == (
        "in the file for --policy-pack-config, mostCpu: no setting of this rule; it has mostCpus, mostRamGb"
    )


def _no_other_stack(name: str) -> dict[str, str]:
    return {"folder": "policies"} if name == "unique-names" else {}
