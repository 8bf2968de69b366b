"""Values that users may choose for a Dask cluster, and the messages for others."""

from typing import Any

import pytest

from components.in_gateway.option_values import (
    MAX_VARIABLES,
    MAX_VARIABLES_BYTES,
    canonical_image,
    check_cores,
    check_environment,
    check_memory,
    choose_image,
    escape_references,
    select_images,
    select_patterns,
)

IMAGES = [
    {"name": "docker.io/example/notebook:7", "pulled": "mirror.example.org/docker.io/example/notebook:7", "groups": []},
    {"name": "docker.io/example/gpu:7", "pulled": "docker.io/example/gpu:7", "groups": ["modellers"]},
]
OWN = str(IMAGES[0]["pulled"])
GPU = "docker.io/example/gpu:7"


def approved(own: str, *groups: str) -> dict[str, str]:
    return select_images(IMAGES, groups, own)


def refusal(check: Any, *arguments: Any) -> str:
    """Return the message, which must be one line."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the tests compare the message
        check(*arguments)
    message = str(caught.value)
    assert "\n" not in message
    assert "\r" not in message
    return message


@pytest.mark.parametrize("value", [1, 4, 2.5, 16])
def test_memory_is_a_number_of_gigabytes(value: float) -> None:
    assert check_memory(value, 1, 16) == value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("8 GB", "worker_memory is '8 GB', not a number of gigabytes; write worker_memory=8"),
        ("8GiB", "worker_memory is '8GiB', not a number of gigabytes; write worker_memory=8"),
        ("much", "worker_memory is 'much', not a number of gigabytes; write worker_memory=1"),
        (None, "worker_memory is None, not a number of gigabytes; write worker_memory=1"),
        (True, "worker_memory is True, not a number of gigabytes; write worker_memory=1"),
        (float("inf"), "worker_memory is inf; write a number of gigabytes from 1 to 16"),
        (
            8 * 1024**3,
            "worker_memory is a number of gigabytes, not of bytes; write worker_memory=8 instead of 8589934592",
        ),
        (32, "worker_memory is 32; write a number of gigabytes from 1 to 16"),
        (0.5, "worker_memory is 0.5; write a number of gigabytes from 1 to 16"),
        (float("nan"), "worker_memory is nan; write a number of gigabytes from 1 to 16"),
        (10**400, f"worker_memory is 1{'0' * 79}…; write a number of gigabytes from 1 to 16"),
    ],
)
def test_other_memory_is_refused_with_a_message(value: object, message: str) -> None:
    assert refusal(check_memory, value, 1, 16) == message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("2", "worker_cores is '2', not a number of cores; write worker_cores=2"),
        (True, "worker_cores is True, not a number of cores; write worker_cores=0.5"),
        (None, "worker_cores is None, not a number of cores; write worker_cores=0.5"),
        (5, "worker_cores is 5; write a number of cores from 0.5 to 4"),
        (float("nan"), "worker_cores is nan; write a number of cores from 0.5 to 4"),
        (float("-inf"), "worker_cores is -inf; write a number of cores from 0.5 to 4"),
        (10**400, f"worker_cores is 1{'0' * 79}…; write a number of cores from 0.5 to 4"),
    ],
)
def test_other_cores_are_refused_with_a_message(value: object, message: str) -> None:
    assert check_cores(2, 0.5, 4) == 2
    assert refusal(check_cores, value, 0.5, 4) == message


def test_environment_is_names_and_strings() -> None:
    variables = {"MALLOC_TRIM_THRESHOLD_": "0", "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "LONG": "ä" * 1000}

    assert check_environment(variables) == variables
    assert check_environment({}) == {}


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"OMP_NUM_THREADS": 1}, 'environment: OMP_NUM_THREADS is 1, not a string; write "1"'),
        ({"DEBUG": True}, 'environment: DEBUG is True, not a string; write "True"'),
        ({"A": ["x"]}, "environment: A is not a string; write its value in quotes"),
        ({"1A": "x"}, "environment: '1A' is not a name of letters, digits and underscores"),
        ({"A=B\n": "x"}, "environment: 'A=B\\n' is not a name of letters, digits and underscores"),
        ({"": "x"}, "environment: '' is not a name of letters, digits and underscores"),
        ({"PATH": "/x"}, "environment: PATH is reserved for the cluster itself; leave it out"),
        (
            {"DASK_GATEWAY_API_TOKEN": "x"},
            "environment: DASK_GATEWAY_API_TOKEN is reserved for the cluster itself; leave it out",
        ),
        (
            {"JUPYTERHUB_API_TOKEN": "x"},
            "environment: JUPYTERHUB_API_TOKEN is reserved for the cluster itself; leave it out",
        ),
        (
            {"dask_distributed__comm__tls__ca_file": "x"},
            "environment: dask_distributed__comm__tls__ca_file is reserved for the cluster itself; leave it out",
        ),
        ({"A": "a\0b"}, "environment: A contains a character that an environment variable cannot have"),
        ({"A": "\ud800"}, "environment: A contains a character that an environment variable cannot have"),
        (
            {"A": 1, "B": 2.5},
            'environment: A is 1, not a string; write "1"; B is 2.5, not a string; write "2.5"',
        ),
        (["A"], 'environment is [\'A\'], not a dictionary; write for example {"NAME": "value"}'),
    ],
)
def test_other_environment_is_refused_with_a_message(variables: Any, message: str) -> None:
    assert refusal(check_environment, variables) == message


def test_size_of_the_environment_is_bounded() -> None:
    assert check_environment({f"A{number}": "x" for number in range(MAX_VARIABLES)})
    assert "101 variables" in refusal(check_environment, {f"A{number}": "x" for number in range(MAX_VARIABLES + 1)})
    assert check_environment({"A": "x" * (MAX_VARIABLES_BYTES - 1)})
    assert "32769 bytes" in refusal(check_environment, {"A": "x" * MAX_VARIABLES_BYTES})


def test_message_shortens_what_the_user_wrote() -> None:
    assert len(refusal(check_environment, {"x" * 100_000 + "-": "", **{f"{n}": "" for n in range(100)}})) < 1000
    assert len(refusal(choose_image, "x" * 100_000, OWN, {})) < 1000


def test_references_are_not_replaced_by_kubernetes() -> None:
    assert escape_references("a$(HOME)$b$$") == "a$$(HOME)$$b$$$$"


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("pangeo/pangeo-notebook:1", "docker.io/pangeo/pangeo-notebook:1"),
        (" docker.io/pangeo/pangeo-notebook:1 ", "docker.io/pangeo/pangeo-notebook:1"),
        ("index.docker.io/pangeo/pangeo-notebook:1", "docker.io/pangeo/pangeo-notebook:1"),
        ("python:3.12", "docker.io/library/python:3.12"),
        ("registry.example.org:5000/a/b:1", "registry.example.org:5000/a/b:1"),
        ("localhost/a:1", "localhost/a:1"),
    ],
)
def test_image_has_one_full_name(reference: str, name: str) -> None:
    assert canonical_image(reference) == name


@pytest.mark.parametrize("empty", ["", " "])
def test_image_is_by_default_that_of_the_users_server(empty: str) -> None:
    assert choose_image(empty, "own.example.org/a:1", approved("own.example.org/a:1")) == "own.example.org/a:1"


@pytest.mark.parametrize("name", ["docker.io/example/notebook:7", "example/notebook:7", OWN])
def test_approved_image_is_pulled_from_the_mirror(name: str) -> None:
    assert choose_image(name, "own.example.org/a:1", approved("own.example.org/a:1")) == OWN


def test_image_of_the_users_server_is_approved() -> None:
    assert choose_image("own:1", "own:1", approved("own:1")) == "own:1"
    # The hub has permitted it, although the gateway does not know the user's group.
    assert choose_image(GPU, GPU, approved(GPU)) == GPU


def test_image_of_a_groups_profile_is_approved_for_its_members() -> None:
    assert choose_image(GPU, OWN, approved(OWN, "modellers", "others")) == GPU
    assert refusal(choose_image, GPU, OWN, approved(OWN, "others")) == (
        "image is 'docker.io/example/gpu:7', which is not approved here; leave image out to use that of your server, "
        "docker.io/example/notebook:7"
    )


def test_refusal_names_the_approved_images() -> None:
    assert refusal(choose_image, "example/notebook", OWN, approved(OWN, "modellers")) == (
        "image is 'example/notebook', which is not approved here; leave image out to use that of your server, "
        "docker.io/example/notebook:7, or write one of: docker.io/example/gpu:7"
    )


PATTERNS: list[dict[str, Any]] = [
    {
        "pattern": r"^docker\.io/own/[a-z]+:1$",
        "prefix": "mirror.example.org/",
        "shown": "docker.io/own/*",
        "groups": [],
    },
    {"pattern": r"^quay\.io/own/[a-z]+:1$", "prefix": "", "shown": "quay.io/own/*", "groups": ["modellers"]},
]


def test_image_that_matches_a_pattern_is_approved_for_its_groups() -> None:
    anna, mona = select_patterns(PATTERNS, []), select_patterns(PATTERNS, ["modellers"])
    assert choose_image("docker.io/own/a:1", OWN, {}, anna) == "mirror.example.org/docker.io/own/a:1"
    assert choose_image("quay.io/own/a:1", OWN, {}, mona) == "quay.io/own/a:1"
    assert refusal(choose_image, "quay.io/own/a:1", OWN, {}, anna) == (
        "image is 'quay.io/own/a:1', which is not approved here; leave image out to use that of your server, "
        f"{OWN}, or write one of: docker.io/own/*"
    )


@pytest.mark.parametrize(
    "image", ["docker.io/own/a:1\n", "docker.io/own/a:1 x", "docker.io/own/a:11", "x/docker.io/own/a:1", "own/a:1"]
)
def test_pattern_must_match_the_whole_image(image: str) -> None:
    assert "not approved" in refusal(choose_image, image, OWN, {}, PATTERNS)
