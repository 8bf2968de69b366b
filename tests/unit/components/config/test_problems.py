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


KEYS_WITH_VALUES = [
    *(("TOKEN=hunter2", "x"), ("TOKEN = hunter2", "x"), ("TOKEN:hunter2", None)),
    *((f"ghp_{'a1' * 15}hunter2", "x"), ("1TOKEN=hunter2", {"secret": "a", "key": "b"})),
]

MISPLACED_ACCESS_KEYS: list[dict[str, Any]] = [
    *({"credentials": "AKIAIOSFODNN7:hunter2"}, {"credentials": ["AKIAIOSFODNN7", "hunter2"]}),
    *({"credentials": {"secret": "hunter2+"}}, {"credentials": {"secret": "s3", "accessKeyIdKey": "hunter2+"}}),
    *({"groupCredentials": "hunter2"}, {"groupCredentials": ["hunter2"]}),
    {"groupCredentials": [{"group": "ocean", "secret": "hunter2+"}]},
    *({key: "wJalrXUtnFEMI/K7MDENGbPxRfiCYEXAMhunter2"} for key in ("region", "scratchBucket")),
]

QUERIES = ["?X-Amz-Signature=hunter2", "bucket?a=b&c=hunter2", "#hunter2", "?hunter2"]


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
        *({"notebook__environment": {name: value}} for name, value in KEYS_WITH_VALUES),
        {"notebook__groupEnvironment": {"ocean": {"TOKEN=hunter2": "x"}}},
        {"notebook__groupEnvironment": {"TOKEN=hunter2": {}}},
        {"notebook__profiles": [{"name": "a", "environment": {"TOKEN=hunter2": "x"}}]},
        {"registries": {"login=hunter2": ""}},
        {"registries": "hunter2"},
        {"registries": {"pullSecrets": "hunter2"}},
        {"registries": {"pullSecrets": ["Hunter2hunter2"]}},
        {"ingress": {"tls": {"secretName": "LS0tLS1CRUdJTiBhunter2"}}},
        {"ingress": {"tls": "hunter2"}},
        {"notebook": "hunter2"},
        {"notebook__profiles": "hunter2"},
        {"objectStore": "hunter2"},
        *({"objectStore": {"endpoint": "https://s3.example.org", **keys}} for keys in MISPLACED_ACCESS_KEYS),
        *({"objectStore": {"endpoint": f"https://s3.example.org/{end}"}} for end in QUERIES),
        {"network": {"proxy": {"http": "http://proxy.example.org:3128?auth=hunter2"}}},
        {"identity__server": "https://ipa.example.org#hunter2"},
        *({"notebook__image": f"https://anna:hunter2{end}x@r.example.org/a:1"} for end in "?#"),
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
