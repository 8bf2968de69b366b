from typing import Any

import pytest

from components.config.problems import InvalidTenancy, Problem, format_value
from tests.support.tenancies import ABSENT, problem, problems


def test_problems_are_aligned_lines_below_the_file_name() -> None:
    invalid = InvalidTenancy(
        "stacks/Pulumi.vis.yaml",
        [
            Problem("pangeo:notebookRamGb", '"2Gi"', "is not a number of gigabytes; write 2"),
            Problem("pangeo:notebokCpus", "1", "is not a known key; did you mean notebookCpus?"),
        ],
    )
    assert str(invalid).splitlines() == [
        "stacks/Pulumi.vis.yaml: 2 problems",
        '  pangeo:notebookRamGb  "2Gi"  is not a number of gigabytes; write 2',
        "  pangeo:notebokCpus    1      is not a known key; did you mean notebookCpus?",
    ]


def test_a_problem_of_the_whole_file_has_no_key() -> None:
    assert str(InvalidTenancy("x", [Problem("", "", "is not UTF-8 text")])) == "x: 1 problem\n  is not UTF-8 text"


@pytest.mark.parametrize(
    ("changes", "field", "nearest"),
    [
        ({"notebookCpus": ABSENT, "notebokCpus": 2}, "notebokCpus", "notebookCpus"),
        ({"NotebookCPUs": 2, "notebookCpus": ABSENT}, "NotebookCPUs", "notebookCpus"),
        ({"notebook__startTimeout": 3}, "notebook.startTimeout", "startTimeoutSeconds"),
        ({"identity__realm": ABSENT, "identity__relm": "X"}, "identity.relm", "realm"),
        ({"notebook__profiles": [{"name": "A", "cpu": 2}]}, "notebook.profiles[0].cpu", "cpus"),
    ],
)
def test_an_unknown_key_is_reported_once_with_the_nearest_key(
    changes: dict[str, Any], field: str, nearest: str
) -> None:
    found = problem(**changes)
    assert found.key == f"pangeo:{field}"
    assert found.message == f"is not a known key; did you mean {nearest}?"


def test_an_unknown_key_without_a_near_one_lists_all_keys() -> None:
    assert (
        problem(ingress__xyzzy=1).message
        == "is not a known key; known keys: annotations, className, controller, redirectedBy, tls, userSubdomains"
    )


def test_a_missing_key_is_reported_with_an_example() -> None:
    assert problem(clusterName=ABSENT) == Problem(
        "pangeo:clusterName", "(missing)", "is required; write for example vis-pangeo"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"identityBindPasword": "hunter2"},
        {"bindPw": "hunter2"},
        {"identity__bindPassword": "hunter2"},
        {"identity__password": {"plain": "hunter2"}},
        {"kubernetes": "token: hunter2"},
        {"kubernetes__kubeconfig": ["hunter2"]},
        {"kubernetes__token": "hunter2"},
        {"identity__caCertificate": "-----BEGIN PRIVATE KEY-----\nhunter2"},
        {"identity__server": "ldaps://admin:hunter2@ipa.example.org"},
        {"identity__adminUsers": {"a": "hunter2"}},
        {"registries": {"mirror": "user:hunter2@registry.example.org"}},
        {"network": {"proxy": {"noProxy": ["user:hunter2@host"]}}},
        {"notebook__environment": "AWS_SECRET_ACCESS_KEY=hunter2"},
        {"notebook__groupEnvironment": "AWS_SECRET_ACCESS_KEY=hunter2"},
        {"notebook__groupEnvironment": {"ocean": "AWS_SECRET_ACCESS_KEY=hunter2"}},
        {"notebook__profiles": [{"name": "a", "environment": "AWS_SECRET_ACCESS_KEY=hunter2"}]},
    ],
)
def test_no_message_shows_a_possible_secret(changes: dict[str, Any]) -> None:
    found = problems(**changes)
    assert found
    assert "hunter2" not in str(InvalidTenancy("x", found))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "(empty)"),
        (True, "true"),
        (2.0, "2"),
        ({"a": 1}, "{…}"),
        ([1], "[…]"),
        ("plain", "plain"),
        ("", '""'),
        (" padded ", '" padded "'),
        ("esc\x1b[31m", '"esc\\u001b[31m"'),
        ("x" * 60, "x" * 47 + "…"),
        ("-----BEGIN CERTIFICATE-----\nMII", "(PEM)"),
        ("user:word@registry.example.org", "[hidden]@registry.example.org"),
        ("image:1@sha256:0f", "image:1@sha256:0f"),
    ],
)
def test_a_value_is_shown_on_one_short_line(value: object, text: str) -> None:
    assert format_value(value) == text
