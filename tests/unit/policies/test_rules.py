"""Properties of every rule: it accepts a good tenancy, ignores other resources, and refuses unknown values."""

import pytest

from policies import kinds
from policies.rule import Rule
from policies.rules import RULES
from tests.unit.policies import declared
from tests.unit.policies.declared import RESOURCE_RULES, STACK_RULES, UNKNOWN

UNKNOWN_VALUES = {
    "known-resources": declared.namespace(metadata__name=UNKNOWN),
    "program-objects": declared.group(servers=[UNKNOWN]),
    "log-in-by-directory": declared.release(hub__config__JupyterHub__authenticator_class=UNKNOWN),
    "log-in-by-group": declared.release(hub__config__LDAPAuthenticator__allowed_groups=UNKNOWN),
    "known-permissions": declared.release(hub__loadRoles=UNKNOWN),
    "profiles-change-sizes": declared.release(singleuser__profileList=UNKNOWN),
    "no-allow-existing-users": declared.release(hub__config__Authenticator__allow_existing_users=UNKNOWN),
    "verified-directory-tls": declared.release(hub__config__LDAPAuthenticator__tls_kwargs=UNKNOWN),
    "known-settings": declared.release(hub__config=UNKNOWN),
    "reviewed-hub-code": declared.release(hub__extraConfig=UNKNOWN),
    "release-inputs": declared.release_with(namespace=UNKNOWN),
    "reviewed-chart": declared.release_with(values__digests__chart=UNKNOWN),
    "program-values": declared.release(hub__args=UNKNOWN),
    "group-name": declared.group(name=UNKNOWN),
    "tls-on-every-host": declared.ingress(spec__rules=[{"host": UNKNOWN}]),
    "ingress-host": declared.ingress(spec__rules=[{"host": UNKNOWN}]),
    "known-annotations": declared.ingress(metadata__annotations=UNKNOWN),
    "separate-volumes": declared.storage_class(parameters=UNKNOWN),
    "declared-variables": declared.release(singleuser__extraEnv__X=UNKNOWN),
    "no-public-services": declared.release(proxy__service__type=UNKNOWN),
    "pod-security": declared.namespace(metadata__labels=UNKNOWN),
    "network-policies": declared.release(singleuser__networkPolicy__egress=UNKNOWN),
    "tenancy-protected": declared.group(protect=UNKNOWN),
    "homes-outlive-users": declared.release(hub__config__KubeSpawner__delete_pvc=UNKNOWN),
    "idle-servers-stop": declared.release(cull__timeout=UNKNOWN),
    "sessions-are-short": declared.release(hub__config__JupyterHub__cookie_max_age_days=UNKNOWN),
    "retained-expandable-volumes": declared.release(singleuser__storage__dynamic__storageClass=UNKNOWN),
    "shared-folders": declared.release(singleuser__storage__extraVolumes=UNKNOWN),
    "exact-chart": declared.release_with(version=UNKNOWN),
    "approved-images": declared.release(singleuser__image__name=UNKNOWN),
    "no-latest-image": declared.release(hub__image=UNKNOWN),
    "guaranteed-resources": declared.release(singleuser__cpu__limit=UNKNOWN),
    "limited-temporary-storage": declared.release(singleuser__extraResource__limits=UNKNOWN),
    "dask-limits": declared.gateway(gateway__extraConfig__limits=UNKNOWN),
}
"""A resource for each rule in which a preview does not know the value that the rule checks."""

MIN_MANDATORY_RULES = 20


@pytest.mark.parametrize("name", RESOURCE_RULES)
def test_a_good_tenancy_violates_no_rule(name: str) -> None:
    assert [declared.check(name, each).messages for each in declared.good_stack()] == [
        [] for _ in declared.good_stack()
    ]
    assert any(declared.check(name, each).applies for each in declared.good_stack())


@pytest.mark.parametrize("name", STACK_RULES)
def test_a_good_stack_violates_no_rule(name: str) -> None:
    assert declared.check_stack(name, declared.good_stack(), organisation=_no_other_stack(name)) == []


@pytest.mark.parametrize("name", [each for each in RESOURCE_RULES if declared.rule(each).kinds])
def test_a_rule_ignores_other_resources(name: str) -> None:
    assert not declared.check(name, declared.random_secret("0" * 64)).applies
    other = declared.release_with(chart="prometheus", values={"server": {"image": UNKNOWN}})
    assert not declared.check(name, other).applies


@pytest.mark.parametrize("name", RESOURCE_RULES)
def test_an_unknown_value_is_a_violation(name: str) -> None:
    (message,) = declared.check(name, UNKNOWN_VALUES[name]).messages
    assert message.startswith("could not be checked: ")
    assert "is not known in a preview" in message


@pytest.mark.parametrize("name", RESOURCE_RULES)
def test_unknown_chart_values_are_a_violation(name: str) -> None:
    if kinds.RELEASE in declared.rule(name).kinds:
        (message,) = declared.check(name, declared.release_with(chart="x", values=UNKNOWN)).messages
        assert message.startswith("could not be checked: values is not known")


def test_a_hub_without_values_violates_the_rules_on_the_hub() -> None:
    """Most defaults of the charts are unsafe; the exceptions are listed here."""
    empty = declared.release_with(values={"jupyterhub": {}, "dask-gateway": {}})
    refused = {rule.id for rule in RULES if kinds.RELEASE in rule.kinds and declared.check(rule.id, empty).messages}
    # chart/values.yaml disables Dask.
    safe_by_default = {
        *("known-permissions", "profiles-change-sizes", "tls-on-every-host", "known-settings"),
        *("dask-limits", "release-inputs", "reviewed-chart", "shared-folders", "declared-variables"),
    }
    named_only = {"approved-images", "no-latest-image"}
    assert refused == {rule.id for rule in RULES if kinds.RELEASE in rule.kinds} - safe_by_default - named_only


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_has_a_summary_a_reason_and_a_fix(rule: Rule) -> None:
    assert rule.id == rule.id.lower()
    assert rule.summary
    assert not rule.summary.endswith(".")
    assert rule.reason.endswith(".")
    assert rule.fix.endswith(".")
    assert bool(rule.check) != bool(rule.check_stack)


def test_rule_names_are_unique_and_most_rules_are_mandatory() -> None:
    names = [rule.id for rule in RULES]
    assert len(names) == len(set(names))
    assert sum(rule.level == "mandatory" for rule in RULES) >= MIN_MANDATORY_RULES


def _no_other_stack(name: str) -> dict[str, str]:
    return {"folder": "policies"} if name in ("unique-names", "comparable-names") else {}
