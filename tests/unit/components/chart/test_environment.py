"""Environment variables in the chart's values, escaped for KubeSpawner and for Kubernetes."""

import pytest

from components.chart.dask_access import notebook_environment
from components.chart.environment import render_environment, variable_names
from components.chart.values import chart_values
from tests.support.tenancies import tenancy

REFERENCE = {"secret": "s3", "key": "secret-key"}


def test_servers_have_the_declared_variables_and_the_programs() -> None:
    changed = tenancy(notebook__environment={"A": "1", "B": REFERENCE})
    assert chart_values(changed)["jupyterhub"]["singleuser"]["extraEnv"] == {
        **notebook_environment(changed),
        "A": "1",
        "B": {"valueFrom": {"secretKeyRef": {"name": "s3", "key": "secret-key"}}},
    }


def test_values_without_variables_are_those_of_earlier_versions() -> None:
    assert chart_values(tenancy())["jupyterhub"]["singleuser"]["extraEnv"] == notebook_environment(tenancy())


@pytest.mark.parametrize("text", ["{username}", "{", "a}b", "{{x}}"])
def test_kubespawner_leaves_braces_as_they_are(text: str) -> None:
    assert str(render_environment({"A": text})["A"]).format(username="anna") == text


@pytest.mark.parametrize("text", ["$(JUPYTERHUB_API_TOKEN)", "$$", "a$b"])
def test_kubernetes_leaves_dollars_as_they_are(text: str) -> None:
    assert render_environment({"A": text})["A"].replace("$$", "$") == text


def test_names_of_declared_variables_are_listed_for_dask() -> None:
    assert variable_names(tenancy(notebook__environment={"B": REFERENCE, "A": "1"})) == ("A", "B")
    assert variable_names(tenancy()) == ()
