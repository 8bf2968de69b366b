"""The rules in the real engine: violations of mandatory rules stop it, and the project's program violates none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi import automation

from local.tenancy.engine import preview_and_up
from policies.rules import RULES
from tests.engine.policies import broken
from tests.engine.policies.reviewed_stack import NO_CLUSTER, SETTINGS, STACK, Reviewed, ReviewedStack

pytestmark = pytest.mark.engine

MANDATORY = [rule.id for rule in RULES if rule.level == "mandatory"]


@pytest.fixture(scope="session")
def all_broken(reviewed: ReviewedStack) -> Reviewed:
    """Preview a program that violates every mandatory rule, next to a stack file with the same names."""
    reviewed.write("neighbour")
    reviewed.write(
        STACK,
        protect=False,
        ingress={**SETTINGS["ingress"], "annotations": broken.ANNOTATIONS},
        network={"reach": broken.REACH},
    )
    try:
        with reviewed.changed_chart(broken.CHART_FILES):
            return reviewed.preview(broken.violate_everything, organisation=broken.ORGANISATION)
    finally:
        (reviewed.folder / "stacks" / "Pulumi.neighbour.yaml").unlink()
        reviewed.write(STACK)


def test_the_program_violates_no_rule(reviewed: ReviewedStack) -> None:
    assert reviewed.preview() == Reviewed([], "")


def test_other_spellings_of_values_violate_no_rule(reviewed: ReviewedStack) -> None:
    reviewed.write(
        STACK,
        externalIp=" 192.0.2.10 ",
        domainSuffix="NIP.io.",
        notebookCpus="1.50",
        notebookRamGb=1.23456789,
        identity={**SETTINGS["identity"], "adminUsers": ["Admin"], "adminGroup": "Pangeo_Admins"},
        dask={"idleMinutes": "never"},
    )
    try:
        assert reviewed.preview() == Reviewed([], "")
    finally:
        reviewed.write(STACK)


def test_a_secret_kubeconfig_is_only_allowed_in_a_provider(reviewed: ReviewedStack) -> None:
    """The engine decrypts secret configuration for policies."""
    secret = automation.ConfigValue(NO_CLUSTER, secret=True)
    reviewed.stack.set_config("pangeo:kubernetes.kubeconfig", secret, path=True)
    try:
        assert reviewed.preview() == Reviewed([], "")
        found = reviewed.preview(broken.copy_kubeconfig)
    finally:
        reviewed.write(STACK)
    assert "metadata.annotations.note contains the cluster's kubeconfig" in found.by("no-plain-text-secrets")
    assert "https://127.0.0.1:9" not in found.by("no-plain-text-secrets")


@pytest.fixture
def neighbour(reviewed: ReviewedStack) -> Iterator[Path]:
    """The file of another stack with the same clusterName; it is removed after the test."""
    path = reviewed.folder / "stacks" / "Pulumi.neighbour.yaml"
    reviewed.write("neighbour", externalIp="192.0.2.11")
    yield path
    path.unlink()
    reviewed.write(STACK)


def test_one_name_in_other_clusters_and_directories_is_accepted(reviewed: ReviewedStack, neighbour: Path) -> None:
    other = {"context": "vos"}, {**SETTINGS["identity"], "realm": "OTHER.ORG"}
    reviewed.write("neighbour", externalIp="192.0.2.11", kubernetes=other[0], identity=other[1])
    reviewed.write(STACK, kubernetes={"context": "none"})
    assert reviewed.preview() == Reviewed([], "")


def test_one_namespace_in_one_cluster_is_refused_with_different_directories(
    reviewed: ReviewedStack, neighbour: Path
) -> None:
    reviewed.write("neighbour", externalIp="192.0.2.11", identity={**SETTINGS["identity"], "realm": "OTHER.ORG"})
    assert "reviewed is also the namespace of the stack neighbour" in reviewed.preview().by("unique-names")


def test_another_file_that_cannot_be_read_is_only_a_warning(reviewed: ReviewedStack, neighbour: Path) -> None:
    neighbour.write_text("config: [\n")
    (violation,), refusal = reviewed.preview()
    assert (violation.policy, violation.level, refusal) == ("comparable-names", "advisory", "")
    assert "the stack neighbour (Pulumi.neighbour.yaml) cannot be read" in violation.message


def test_settings_of_an_unknown_rule_are_an_error(reviewed: ReviewedStack) -> None:
    """The engine ignores an unknown rule with a level."""
    assert 'invalid enforcement level ""' in reviewed.preview(organisation={"unknown-rule": {"mostCpus": 2}}).refusal
    assert reviewed.preview(organisation={"unknown-rule": "disabled"}) == Reviewed([], "")


def test_an_edit_of_the_charts_values_that_admits_everybody_stops_the_preview(reviewed: ReviewedStack) -> None:
    text = "jupyterhub: {hub: {config: {Authenticator: {allow_all: true}}}}\n"
    with reviewed.changed_chart({"values.yaml": text}):
        found = reviewed.preview()
    assert found.refusal
    assert {each.policy for each in found.violations} == {"log-in-by-group", "program-values", "reviewed-chart"}
    assert "hub.config.Authenticator.allow_all is true: every user of the directory could log in" in found.by(
        "log-in-by-group"
    )
    assert (
        "jupyterhub.hub.config.Authenticator.allow_all, in chart/values.yaml, is true; the program does not set it"
        in found.by("program-values")
    )


@pytest.mark.parametrize("rule", MANDATORY)
def test_a_mandatory_rule_stops_the_preview(all_broken: Reviewed, rule: str) -> None:
    assert all_broken.refusal
    assert broken.MESSAGES[rule] in all_broken.by(rule)


def test_violations_show_no_secret(all_broken: Reviewed) -> None:
    text = all_broken.refusal + "".join(each.message for each in all_broken.violations)
    assert broken.PLAIN not in text
    assert "correct horse" not in text


def test_an_unknown_value_stops_the_preview(reviewed: ReviewedStack) -> None:
    found = reviewed.preview(broken.make_cpus_unknown)
    assert found.refusal
    assert "could not be checked: values.jupyterhub.singleuser.cpu.limit is not known in a preview" in found.by(
        "guaranteed-resources"
    )


def test_an_organisation_sets_bounds_and_levels(reviewed: ReviewedStack) -> None:
    bounds = {"guaranteed-resources": {"mostCpus": 2}}
    assert "singleuser.profileList[0]: 4 CPUs is not between 0 and 2" in reviewed.preview(organisation=bounds).by(
        "guaranteed-resources"
    )
    softer = {"guaranteed-resources": {"mostCpus": 2, "enforcementLevel": "advisory"}}
    found = reviewed.preview(organisation=softer)
    assert [(each.policy, each.level) for each in found.violations] == [("guaranteed-resources", "advisory")]
    assert not found.refusal


def test_a_wrong_setting_is_an_error_with_its_name(reviewed: ReviewedStack) -> None:
    wrong = {"guaranteed-resources": {"mostCpus": "many"}}
    assert "mostCpus" in reviewed.preview(organisation=wrong).refusal


def test_a_refused_up_changes_nothing(reviewed: ReviewedStack) -> None:
    found = reviewed.preview(
        broken.violate_everything, operation=lambda **options: preview_and_up(reviewed.stack, **options)
    )
    assert found.refusal
    assert "Updating" not in found.refusal
    assert reviewed.resources() == []
