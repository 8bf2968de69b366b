"""Environment variables in the chart's values, escaped for KubeSpawner and for Kubernetes."""

import json

import pytest

from components.chart.dask_access import notebook_environment
from components.chart.environment import render_environment, variable_names
from components.chart.profiles import profile_list
from components.chart.server_code import HOME_VARIABLES
from components.chart.values import chart_values
from components.config.notebook import MAX_ENVIRONMENT_SIZE
from tests.support.tenancies import tenancy

REFERENCE = {"secret": "s3", "key": "secret-key"}


def test_servers_have_the_declared_variables_and_the_programs() -> None:
    changed = tenancy(notebook__environment={"A": "1", "B": REFERENCE})
    assert chart_values(changed)["jupyterhub"]["singleuser"]["extraEnv"] == {
        **HOME_VARIABLES,
        **notebook_environment(changed),
        "A": "1",
        "B": {"valueFrom": {"secretKeyRef": {"name": "s3", "key": "secret-key"}}},
    }


def test_values_without_variables_have_only_the_programs_own() -> None:
    values = chart_values(tenancy())["jupyterhub"]
    assert values["singleuser"]["extraEnv"] == {**HOME_VARIABLES, **notebook_environment(tenancy())}
    assert "group_overrides" not in values["hub"]["config"]["KubeSpawner"]


def test_a_profile_has_its_own_variables() -> None:
    profiles = [{"name": "Large", "environment": {"A": "{2}"}}, {"name": "Small"}]
    large, small = profile_list(tenancy(notebook__profiles=profiles))
    assert large["kubespawner_override"] == {"environment": {"A": "{{2}}"}}
    assert small["kubespawner_override"] == {}


def test_members_of_a_group_have_its_variables() -> None:
    groups = {"ocean": {"A": REFERENCE}, "air": {"A": {"secret": "air", "key": "k"}}}
    changed = chart_values(tenancy(notebook__groupEnvironment=groups))["jupyterhub"]["hub"]["config"]
    overrides = changed["KubeSpawner"]["group_overrides"]
    assert sorted(overrides) == ["environment-air", "environment-ocean"]
    assert overrides["environment-ocean"] == {
        "groups": ["ocean"],
        "spawner_override": {
            "environment": {"A": {"valueFrom": {"secretKeyRef": {"name": "s3", "key": "secret-key"}}}}
        },
    }
    known = changed["FreeIpaAuthenticator"]["profile_groups"]
    assert [dn.partition(",")[0] for dn in known] == ["cn=air", "cn=ocean"]


@pytest.mark.parametrize("text", ["{username}", "{", "a}b", "{{x}}"])
def test_kubespawner_leaves_braces_as_they_are(text: str) -> None:
    assert str(render_environment({"A": text})["A"]).format(username="anna") == text


@pytest.mark.parametrize("text", ["$(JUPYTERHUB_API_TOKEN)", "$$", "a$b"])
def test_kubernetes_leaves_dollars_as_they_are(text: str) -> None:
    assert render_environment({"A": text})["A"].replace("$$", "$") == text


def test_names_of_declared_variables_are_listed_for_dask() -> None:
    assert variable_names(tenancy(notebook__environment={"B": REFERENCE, "A": "1"})) == ("A", "B")
    assert variable_names(tenancy()) == ()


def test_listed_names_include_those_of_groups_and_profiles() -> None:
    changed = tenancy(
        notebook__groupEnvironment={"ocean": {"C": "1"}, "air": {"A": "1"}},
        notebook__profiles=[{"name": "x", "environment": {"B": "1", "A": "1"}}],
    )
    assert variable_names(changed) == ("A", "B", "C")


@pytest.mark.parametrize("character", ["x", "{", "$", '"', "€", "\n"])
def test_hubs_secret_has_room_for_the_most_variables(character: str) -> None:
    stored = len(json.dumps(character)) - 2 + (character in "{$")
    size = 3000 // stored
    many = {f"A{number}": character * size for number in range(MAX_ENVIRONMENT_SIZE // (size * stored + 10))}
    values = chart_values(tenancy(notebook__groupEnvironment={"ocean": many}))["jupyterhub"]
    files = sum(len(file["stringData"]) for file in values["hub"]["extraFiles"].values())
    assert files + len(json.dumps(values)) < 1024**2
